// Detects lost messages by their sequence numbers: multicast does not report losses that it could not repair.

export class GapDetector {
  readonly #next = new Map<string, number>();
  gaps = 0;
  missing = 0;

  /** Checks the next number of a stream. A stream begins with its first number received. */
  take(stream: string, number: number): void {
    const expected = this.#next.get(stream) ?? number;
    if (number > expected) {
      this.gaps++;
      this.missing += number - expected;
    }
    this.#next.set(stream, number + 1);
  }
}
