// Hands things to the program one by one, in order, on ticks of their own. A listener that throws fails alone: what
// comes after it is handed over all the same.

import { soon } from "./turn.js";

export class Delivery<T> {
  readonly #deliver: (item: T) => void;
  readonly #emptied: (() => void) | undefined;
  #items: T[] = [];
  #next = 0;
  #scheduled = false;
  #held = false;

  /** `emptied` is called when the last of what was there has been delivered. */
  constructor(deliver: (item: T) => void, emptied?: () => void) {
    this.#deliver = deliver;
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
    soon(this.#run);
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
