// The pending operations of a socket that watch its peers: any number of them, unlike sends and receives.

import type { Waiter } from "./waiter.js";

export class Watchers {
  /** Whether each of them keeps the process alive. */
  readonly #alive = new Map<Waiter, boolean>();
  /** How many of them do. */
  #count = 0;

  /** A waiter that was not added before. */
  add(waiter: Waiter, alive: boolean): void {
    this.#alive.set(waiter, alive);
    if (alive) this.#count++;
  }

  remove(waiter: Waiter): void {
    if (this.#alive.get(waiter)) this.#count--;
    this.#alive.delete(waiter);
  }

  get empty(): boolean {
    return this.#alive.size === 0;
  }

  get keepAlive(): boolean {
    return this.#count > 0;
  }

  /** The names of the methods that are pending. */
  get calls(): string[] {
    return [...this.#alive.keys()].flatMap(({ call }) => call ?? []);
  }

  /** Operations that begin meanwhile make their first attempt themselves. */
  retry(): void {
    for (const waiter of [...this.#alive.keys()]) waiter.retry();
  }

  close(): void {
    for (const waiter of [...this.#alive.keys()]) waiter.close();
  }
}
