// What is missing. Multicast says nothing about what it could not repair: a number in each message does.

export class GapDetector {
  readonly #next = new Map<string, number>();
  gaps = 0;
  missing = 0;

  /** Takes the next number of a stream, which begins with the first one that is heard. */
  take(stream: string, number: number): void {
    const expected = this.#next.get(stream) ?? number;
    if (number > expected) {
      this.gaps++;
      this.missing += number - expected;
    }
    this.#next.set(stream, number + 1);
  }
}
