// Calls the program for items one by one, in order, never inside of a call of the program's. If a listener throws, the
// items after it are delivered nevertheless.

export class Delivery<T> {
  readonly #deliver: (item: T) => void;
  readonly #later: (callback: () => void) => void;
  readonly #emptied: (() => void) | undefined;
  #items: T[] = [];
  #next = 0;
  #scheduled = false;
  #held = false;

  /** `later`: when to deliver. `emptied` is called when no items are left. */
  constructor(deliver: (item: T) => void, later: (callback: () => void) => void, emptied?: () => void) {
    this.#deliver = deliver;
    this.#later = later;
    this.#emptied = emptied;
  }

  get empty(): boolean {
    return this.#next === this.#items.length;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#schedule();
  }

  /** The array is the delivery's own from now on. */
  addAll(items: T[]): void {
    this.#items = this.empty ? items : this.#items.slice(this.#next).concat(items);
    this.#next = 0;
    this.#schedule();
  }

  /** Nothing is delivered from now on, not even what was on its way. */
  hold(): void {
    this.#held = true;
  }

  /** Undoes `hold`. */
  release(): void {
    this.#held = false;
    this.#schedule();
  }

  /** Forgets what has not been delivered. */
  clear(): void {
    this.#items = [];
    this.#next = 0;
  }

  #schedule(): void {
    if (this.#scheduled || this.#held || this.empty) return;
    this.#scheduled = true;
    this.#later(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    // What is added meanwhile waits for another tick.
    let rest = this.#items.length - this.#next;
    try {
      while (rest-- > 0 && !this.#held && !this.empty) this.#deliver(this.#items[this.#next++]!);
    } finally {
      if (this.empty) this.clear();
      else this.#items.splice(0, this.#next);
      this.#next = 0;
      this.#schedule();
      if (this.empty) this.#emptied?.();
    }
  };
}
