// Waits until a socket has a number of peers.

import { offAbort, onAbort } from "../../core/abort.js";
import type { Core } from "../../core/open-socket.js";
import { unfinishedError } from "../../core/state-errors.js";
import { clearTimeout, setTimeout } from "../../runtime/timers.js";

export class PeerWait {
  readonly promise: Promise<number>;
  readonly count: number;
  readonly #core: Core;
  readonly #timeout: number;
  readonly #signal: AbortSignal | undefined;
  readonly #look: () => number;
  readonly #ended: (wait: PeerWait) => void;
  #resolve!: (count: number) => void;
  #reject!: (reason: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  /**
   * `timeout` is in milliseconds; below 0 there is none. `look` returns the number of peers. Calls `ended` when the promise has
   * settled.
   */
  constructor(
    core: Core,
    count: number,
    timeout: number,
    signal: AbortSignal | undefined,
    look: () => number,
    ended: (wait: PeerWait) => void,
  ) {
    this.#core = core;
    this.count = count;
    this.#signal = signal;
    this.#look = look;
    this.#ended = ended;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timeout = timeout;
    // `setTimeout` accepts an int32. Longer waits get no timer.
    if (timeout >= 0 && timeout < 2 ** 31) this.#timer = setTimeout(() => this.#timeOut(), timeout);
  }

  /** Call last: a signal that is not Node's own runs user code, which may close the socket. */
  listen(): void {
    const signal = this.#signal;
    if (signal === undefined || this.#over) return;
    try {
      onAbort(signal, this.#abort);
      if (signal.aborted) this.#abort();
    } catch (error) {
      this.#settle(() => this.#reject(error));
    }
  }

  resolve(count: number): void {
    this.#settle(() => this.#resolve(count));
  }

  giveUp(code: "ETIMEDOUT" | "ECANCELED"): void {
    const operation = {
      call: "waitForPeers()",
      direction: "watching",
      timeout: this.#timeout,
      outOfTurn: undefined,
    } as const;
    this.#settle(() => this.#reject(unfinishedError(this.#core, code, operation)));
  }

  /** Looks once more: peers may have joined while this thread was busy. */
  #timeOut(): void {
    const count = this.#look();
    if (count >= this.count) this.resolve(count);
    else this.giveUp("ETIMEDOUT");
  }

  readonly #abort = (): void => {
    this.#settle(() => {
      try {
        this.#reject(this.#signal?.reason);
      } catch (error) {
        this.#reject(error);
      }
    });
  };

  #settle(act: () => void): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    act();
    offAbort(this.#signal, this.#abort);
    this.#ended(this);
  }
}
