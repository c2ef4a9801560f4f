// Delivers items to listeners one by one, in order and asynchronously. If a listener throws, later items are still
// delivered.

export class Delivery<T> {
  readonly #deliver: (item: T) => void;
  readonly #later: (callback: () => void) => void;
  readonly #emptied: (() => void) | undefined;
  #items: T[] = [];
  #next = 0;
  #scheduled = false;
  #held = false;

  /** `later` schedules a delivery. `emptied` is called when no items are left. */
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

  /** Adds the items of an array, which the caller must not use afterwards. */
  addAll(items: T[]): void {
    this.#items = this.empty ? items : this.#items.slice(this.#next).concat(items);
    this.#next = 0;
    this.#schedule();
  }

  /** Stops the delivery, including items that are already scheduled. */
  hold(): void {
    this.#held = true;
  }

  /** Continues after `hold`. */
  release(): void {
    this.#held = false;
    this.#schedule();
  }

  /** Drops all items that have not been delivered. */
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
    // Items that are added meanwhile are delivered in a later tick.
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
