// The operations of one direction that wait in order, for sockets with `sendQueue` or `receiveQueue`. Each settles exactly
// once: by an attempt that succeeds or fails, its timeout, its signal, the overflow of the queue, or the closing of the
// socket.

import type { QueueSettings } from "../arguments/queue-options.js";
import { errorOf, type ZmqError } from "../binding/errors.js";
import { noticeLater } from "../diagnostics/channels.js";
import { turnIsOver, turnOfOthers } from "./fairness.js";
import { identityOf } from "./identity.js";
import type { Core, Losses } from "./open-socket.js";
import { wouldBlock } from "./pending.js";
import { type Operation, QueueEntry } from "./queue-entry.js";
import { busyReading, busyWriting, isOutOfTurn, unfinishedError } from "./state-errors.js";
import type { Waiter } from "./waiter.js";

/** Why a queue drops a message. */
type Loss = keyof Losses;

/** Sends of one retry, however little of the turn's budget is left. */
const fewest = 16;

/** @internal */
export class OperationQueue implements Waiter {
  /** Undefined if no further operation may wait behind another one. Those that wait already are not affected. */
  settings: QueueSettings | undefined;
  readonly lost: Losses = { overflow: 0, replaced: 0, expired: 0 };
  readonly #core: Core;
  readonly #direction: "sending" | "receiving";
  #first: QueueEntry | undefined;
  #last: QueueEntry | undefined;
  #length = 0;
  /** The newest operation of each topic, up to the last operation without a topic: others must not overtake that one. */
  readonly #byTopic = new Map<string, QueueEntry>();
  /** Whether the queue is registered with the core. */
  #waiting = false;
  /** Set if the last attempt failed because the socket must first do the opposite of send and receive. */
  #outOfTurn: ZmqError | undefined;

  constructor(core: Core, direction: "sending" | "receiving") {
    this.#core = core;
    this.#direction = direction;
  }

  /** The number of messages in the queue. A `sendMany` only waits for its turn. */
  get messages(): number {
    let count = 0;
    for (let entry = this.#first; entry !== undefined; entry = entry.next) {
      if (!entry.operation.takesOver) count++;
    }
    return count;
  }

  /** The name of the operation that is next. */
  get call(): string {
    return this.#first?.operation.call ?? this.#direction;
  }

  /**
   * Queues an operation. Without others before it, an attempt must have failed. Never throws: errors reject the promise.
   */
  add<T>(operation: Operation<T>): Promise<T> {
    const core = this.#core;
    const { uses } = core;
    const entry = new QueueEntry<T>(operation, this.#leave);
    const { promise } = entry;
    try {
      if (!entry.listen()) return promise;
      // Checked again: the signal, and hooks of async_hooks for the promise, may have used or closed the socket.
      if (core.handle === 0) this.#giveUp(entry as QueueEntry, "ECANCELED");
      else {
        core.usable();
        this.#insert(entry as QueueEntry);
      }
      if (core.uses !== uses) core.touched();
    } catch (error) {
      this.#leave(entry as QueueEntry);
      entry.reject(error);
    }
    return promise;
  }

  /** Continues after an operation that had taken over the socket. */
  resume(): void {
    if (this.#first === undefined || this.#waiting) return;
    if (this.#core.handle === 0) {
      this.close();
      return;
    }
    try {
      if (!this.#drain()) this.#wait();
    } catch (error) {
      for (let entry = this.#first; entry !== undefined; entry = this.#first) {
        this.#leave(entry);
        entry.reject(error);
      }
    }
    this.#core.touched();
  }

  retry(): boolean {
    // The result of another operation may have run user code that emptied the queue.
    if (!this.#waiting) return true;
    if (!this.#drain()) return false;
    this.#release();
    return true;
  }

  close(): void {
    if (this.#core.handle !== 0) this.#drain(true);
    for (let entry = this.#first; entry !== undefined; entry = this.#first) {
      this.#remove(entry);
      this.#giveUp(entry, "ECANCELED");
    }
    this.#release();
  }

  /**
   * Attempts the operations in order. True if none waits for the socket any longer. Sends continue in the next turn of the
   * event loop if the budget of this one is used up, unless `all` is set. Receives do not, since a message that was
   * prefetched causes no wake-up.
   */
  #drain(all = this.#direction === "receiving"): boolean {
    const core = this.#core;
    let sent = 0;
    for (let entry = this.#first; entry !== undefined; entry = this.#first) {
      let result: unknown;
      try {
        result = entry.operation.attempt();
      } catch (error) {
        if (isOutOfTurn(error)) {
          this.#outOfTurn = error;
          return false;
        }
        this.#remove(entry);
        // The attempt has processed libzmq's commands, and may have consumed the wake-up of the other direction.
        core.touched();
        entry.finish(turnOfOthers(core.orders[this.#direction]), () => entry.reject(error));
        continue;
      }
      this.#outOfTurn = undefined;
      if (result === wouldBlock) return false;
      this.#remove(entry);
      entry.finish(turnOfOthers(core.orders[this.#direction]), () => entry.resolve(result));
      if (entry.operation.takesOver) return true;
      if (all || this.#first === undefined) continue;
      const over = turnIsOver();
      // Some in any case: messages that the full queue refuses may have used up the budget.
      if (++sent >= fewest && over) {
        core.touched();
        return false;
      }
    }
    return true;
  }

  /** Inserts an operation, according to `overflow`, or rejects it. */
  #insert(entry: QueueEntry): void {
    const core = this.#core;
    const { settings } = this;
    if (settings === undefined) throw this.#direction === "sending" ? busyWriting(core) : busyReading(core);
    const { max, ttl } = settings;
    const { topic, takesOver } = entry.operation;
    const before = this.#first;
    const former = topic === undefined ? undefined : this.#byTopic.get(topic);
    if (former !== undefined) {
      this.#link(entry, former);
      this.#discard(former, "Message was replaced by a newer one with the same topic", "replaced");
      this.#dropOldest(max, entry);
      // A hook of async_hooks has closed the socket.
      if (!entry.queued) return;
    } else {
      if (this.#length >= max && !this.#makeRoom(entry, settings)) return;
      // A hook of async_hooks has aborted the signal, or closed the socket.
      if (entry.aborted) return;
      if (core.handle === 0) {
        this.#giveUp(entry, "ECANCELED");
        return;
      }
      this.#link(entry, undefined);
    }
    if (topic !== undefined) this.#byTopic.set(topic, entry);
    else if (this.#byTopic.size > 0) this.#byTopic.clear();
    entry.start(takesOver ? undefined : ttl, this.#expire);
    if (this.#first === undefined) return;
    this.#wait();
    // Another operation is the first one now, as in `#leave`.
    if (before !== undefined && this.#first !== before) core.touched();
  }

  /** Drops the oldest operations, but not `newest`, until `length` are left. Returns whether it dropped any. */
  #dropOldest(length: number, newest: QueueEntry): boolean {
    let dropped = false;
    for (let next = this.#first; next !== undefined && this.#length > length; ) {
      const oldest = next;
      next = oldest.next;
      // Hooks of async_hooks may have removed it.
      if (!oldest.queued || oldest.operation.takesOver || oldest === newest) continue;
      dropped = true;
      this.#discard(
        oldest,
        "Message was dropped from the full send queue in favor of a newer one",
        "overflow",
      );
    }
    return dropped;
  }

  /** Drops the oldest operations, several if `max` was lowered, or rejects the new one and returns false. */
  #makeRoom(entry: QueueEntry, { max, overflow }: QueueSettings): boolean {
    if (overflow === "dropOldest" || overflow === "latestByTopic") {
      if (this.#dropOldest(max - 1, entry)) return true;
    }
    if (this.#direction === "receiving") {
      entry.refuse(
        errorOf("ENOBUFS", "Receive queue is full").explain(
          `${max} operations wait, the limit receiveQueue.max: await them, or raise the limit`,
        ),
        this.#core.orders.receiving,
      );
      return false;
    }
    const error = errorOf("ENOBUFS", "Send queue is full").explain(
      `${max} operations wait, the limit sendQueue.max: await them, raise the limit, or set overflow to drop others`,
    );
    if (overflow === "reject") entry.refuse(error, this.#core.orders.sending);
    else this.#drop(entry, error, "overflow");
    return false;
  }

  #discard(entry: QueueEntry, message: string, reason: Loss): void {
    this.#remove(entry);
    this.#drop(entry, errorOf("ENOBUFS", message), reason);
  }

  #drop(entry: QueueEntry, error: ZmqError, reason: Loss): void {
    entry.drop(error, this.#core.orders[this.#direction]);
    if (entry.operation.takesOver) return;
    this.lost[reason]++;
    if (this.#core.socket === undefined) return;
    noticeLater("message:drop", () => ({ ...identityOf(this.#core), reason, endpoint: null }));
  }

  /** Registers the queue with the core, unless another operation has taken over the socket and will call `resume`. */
  #wait(): void {
    const core = this.#core;
    if (this.#waiting || (this.#direction === "sending" && core.sendingMany)) return;
    // Set first: near a stack overflow, `wait` may throw after it has registered the operation.
    this.#waiting = true;
    core.wait(this.#direction, this);
  }

  #release(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#outOfTurn = undefined;
    this.#core.done(this.#direction);
  }

  /** Removes an operation, if it is queued. */
  readonly #leave = (entry: QueueEntry): void => {
    if (!entry.queued) return;
    const first = this.#first === entry;
    this.#remove(entry);
    if (this.#first === undefined) this.#release();
    // The next one may be for a peer that has room. libzmq signals nothing more.
    else if (first && this.#waiting) this.#core.touched();
  };

  readonly #expire = (entry: QueueEntry, ofQueue: boolean): void => {
    // Tries once more.
    if (this.#waiting) this.retry();
    // That attempt may have consumed the wake-up of the other direction, so schedule a retry for it.
    this.#core.touched();
    if (!entry.queued) return;
    // In this order: if an error cannot be created near a stack overflow, a later `close` still finds the operation.
    if (ofQueue) this.#drop(entry, errorOf("ETIMEDOUT", "Message expired in the send queue"), "expired");
    else this.#giveUp(entry, "ETIMEDOUT");
    this.#leave(entry);
  };

  #giveUp(entry: QueueEntry, code: "ETIMEDOUT" | "ECANCELED"): void {
    const { call, timeout, whenClosed } = entry.operation;
    const [direction, outOfTurn] = [this.#direction, this.#outOfTurn];
    const turn = turnOfOthers(this.#core.orders[direction]);
    if (code === "ECANCELED" && whenClosed !== undefined) {
      entry.finish(turn, () => entry.resolve(whenClosed));
      return;
    }
    // Made now, since it describes the state of the socket.
    const error = unfinishedError(this.#core, code, { call, direction, timeout, outOfTurn });
    entry.finish(turn, () => entry.reject(error));
  }

  #link(entry: QueueEntry, before: QueueEntry | undefined): void {
    const previous = before === undefined ? this.#last : before.previous;
    entry.previous = previous;
    entry.next = before;
    if (previous === undefined) this.#first = entry;
    else previous.next = entry;
    if (before === undefined) this.#last = entry;
    else before.previous = entry;
    entry.queued = true;
    this.#length++;
  }

  #remove(entry: QueueEntry): void {
    if (!entry.queued) return;
    const { previous, next } = entry;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = entry.next = undefined;
    entry.queued = false;
    this.#length--;
    const { topic } = entry.operation;
    if (topic !== undefined && this.#byTopic.get(topic) === entry) this.#byTopic.delete(topic);
  }
}
