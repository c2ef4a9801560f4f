// Reports the messages that a socket drops, at most once in a second.

import type { Core } from "../../core/open-socket.js";
import { clearInterval, setInterval } from "../../runtime/timers.js";
import { type DropCounts, dropsSince } from "../drops.js";
import { statisticsOf } from "../statistics.js";

/** The time between two reports, in milliseconds. */
const interval = 1000;

export class DropWatch {
  readonly #core: Core;
  readonly #report: (dropped: DropCounts, total: DropCounts) => void;
  #timer: NodeJS.Timeout | undefined;
  #last: DropCounts | undefined;

  constructor(core: Core, report: (dropped: DropCounts, total: DropCounts) => void) {
    this.#core = core;
    this.#report = report;
  }

  /** Starts or ends the reports. */
  set active(active: boolean) {
    if (active === (this.#timer !== undefined)) return;
    if (!active) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#last = this.#read();
    this.#timer = setInterval(() => this.look(), interval);
    this.#timer.unref();
  }

  /** Reports what was dropped since the last report. */
  look(): void {
    if (this.#timer === undefined) return;
    // A hook of async_hooks has closed the socket while the timer was created.
    if (this.#core.handle === 0) this.active = false;
    const [last, now] = [this.#last, this.#read()];
    if (now === undefined) return;
    this.#last = now;
    if (last !== undefined && now.total > last.total) this.#report(dropsSince(last, now), now);
  }

  /** Undefined once the socket or its context is closed. */
  #read(): DropCounts | undefined {
    try {
      return statisticsOf(this.#core).dropped;
    } catch {
      return undefined;
    }
  }
}
