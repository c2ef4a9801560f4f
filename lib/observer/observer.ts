// What happens to a socket's connections, as libzmq's monitor tells it: a PAIR socket whose frames become events. It is
// read whether or not anybody listens, since a monitor that is not read would stop libzmq's I/O thread.

import { EventEmitter } from "node:events";
import { baseClass, guardMethods, isObject, shown } from "../arguments/checks.js";
import { refuseOtherCopy } from "../arguments/copies.js";
import * as zmq from "../binding/constants.js";
import { check, errorOf, explained, invalidArgument } from "../binding/errors.js";
import { binding, type Handle } from "../binding/index.js";
import { openToken } from "../context/context.js";
import { uniqueEndpoint } from "../core/inproc-name.js";
import { Core, checkOpening } from "../core/open-socket.js";
import type { Waiter } from "../core/readiness.js";
import { findCore } from "../core/registry.js";
import type { Message } from "../message/frames.js";
import { Intake, receiveInto } from "../message/slab.js";
import { receiveOptions } from "../options/table.js";
import { nextTick, setTimeout } from "../runtime/timers.js";
import { type Event, type EventOfType, type EventSubscriber, type EventType, toEvent } from "./event.js";

/** What an observer asks libzmq for. A libzmq that does not know one of these bits ignores it. */
const observedEvents = zmq.ZMQ_EVENT_ALL | zmq.ZMQ_EVENT_PIPES_STATS | zmq.ZMQ_EVENT_MESSAGE_REJECTED;
/** Events kept for a reader at most; when it stays away, the oldest go. */
const mostKept = 10_000;
/** Milliseconds within which all connections have answered how many messages wait in them. */
const answerTime = 1000;
/** Events taken from libzmq at once. */
const chunk = 64;

/**
 * @internal Resolves when the observed socket is gone for good, after its linger; the process lives as long. Undefined
 * where the observer is closed, and will not hear of it.
 */
export let endOf: (observer: Observer) => Promise<void> | undefined;

/** As zeromq ends a loop over events: without a value. */
const finished = { done: true } as IteratorReturnResult<undefined>;

interface Reader {
  resolve(event: Event): void;
  reject(error: Error): void;
}

/** Observes one socket; a socket has one observer, `socket.events`. */
@baseClass({ most: 1 })
export class Observer implements AsyncIterable<Event>, EventSubscriber {
  readonly #core: Core;
  readonly #handle: Handle;
  readonly #bound: readonly string[];
  readonly #observed: WeakRef<Core>;
  readonly #unread: Event[] = [];
  readonly #intake = new Intake();
  #emitter: EventEmitter | undefined;
  #reader: Reader | undefined;
  #dropped = 0;
  #endAwaited = false;
  /** No event is to be delivered any more. */
  #over = false;
  #end!: () => void;
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  static {
    endOf = (observer) => {
      if (observer.#core.handle === 0) return undefined;
      observer.#endAwaited = true;
      observer.#watch();
      return observer.#ended;
    };
  }

  /** @throws ZmqError `ENOTSOCK` when the socket is closed. */
  constructor(socket: { readonly events: Observer }) {
    const observed = isObject(socket) ? findCore(socket) : undefined;
    if (observed === undefined) {
      refuseOtherCopy(socket, "Socket", "Socket");
      const detail = `Socket must be a socket object, got ${shown(socket)}`;
      if (isObject(socket)) throw invalidArgument(detail);
      throw explained(new TypeError("Socket must be a socket object"), `got ${shown(socket)}`);
    }
    if (observed.context === undefined) throw errorOf("ENOTSOCK");
    this.#handle = observed.handle;
    this.#bound = observed.bound;
    this.#observed = new WeakRef(observed);
    const endpoint = uniqueEndpoint("monitor");
    checkOpening(binding.monitor(this.#handle, endpoint, observedEvents), openToken(observed.context));
    this.#core = new Core(observed.context, zmq.ZMQ_PAIR);
    // Without a limit, so that libzmq's I/O thread never has to wait for this thread.
    this.#core.setOption(receiveOptions.receiveHighWaterMark, 0);
    check(binding.connect(this.#core.handle, endpoint));
    this.#drain();
    this.#watch();
  }

  /** True once `close` was called, or the socket has ended and that was told. */
  get closed(): boolean {
    return this.#over && this.#unread.length === 0;
  }

  /** Events that were dropped because nobody read them: the oldest of more than 10,000. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * The next event. At most one receive may wait at a time; a waiting one keeps the process alive.
   *
   * @throws ZmqError at once: `EBUSY` while another receive waits, `EBADF` when the observer is closed. Rejects with
   * `ENOTSOCK` when it is closed meanwhile.
   */
  receive(): Promise<Event> {
    if (this.#reader !== undefined) {
      throw errorOf(
        "EBUSY",
        "Observer is busy reading; only one receive operation may be in progress at any time",
      );
    }
    const event = this.#unread.shift();
    if (event !== undefined) return Promise.resolve(event);
    if (this.closed) throw errorOf("EBADF");
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#watch();
    });
  }

  /**
   * Calls `listener` for each event of a type, from now on and for ever: there is no going back to `receive`. Keeps the
   * process alive until the observer is closed or its socket has ended.
   */
  on<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this {
    this.#emit().on(type, listener);
    return this;
  }

  /** Undoes `on`. */
  off<E extends EventType>(type: E, listener: (event: EventOfType<E>) => void): this {
    this.#emit().off(type, listener);
    return this;
  }

  /**
   * Has libzmq report how many messages wait in each of the socket's connections: one `pipe:stats` event each, within
   * milliseconds; over inproc, as soon as the peer's thread uses its socket.
   *
   * @throws ZmqError `EAGAIN` when the socket has no connection. `zmq_socket_monitor_pipes_stats`
   */
  requestPipeStats(): void {
    check(binding.reportPipes(this.#handle));
    // The answers come to the socket, which passes them on to its monitor when it is next used: so it is watched.
    const core = this.#observed.deref();
    if (core === undefined || core.watching !== undefined) return;
    const watcher: Waiter = { retry: () => false, close: () => core.done("watching") };
    core.wait("watching", watcher, false);
    setTimeout(() => {
      if (core.watching === watcher) core.done("watching");
    }, answerTime).unref();
  }

  /** Stops observing; a receive that waits is rejected with `ENOTSOCK`, a loop ends. */
  close(): void {
    if (this.closed) return;
    // After the end the handle may stand for another socket.
    if (!this.#over) binding.monitor(this.#handle, "", 0);
    this.#over = true;
    this.#core.close();
    this.#unread.length = 0;
    this.#reader?.reject(errorOf("ENOTSOCK"));
    this.#reader = undefined;
  }

  /** Loops over events; ends when the observer is closed, that is after the `end` of its socket. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    return {
      next: async () => {
        if (this.closed) return finished;
        try {
          return { value: await this.receive(), done: false };
        } catch (error) {
          if (this.closed) return finished;
          throw error;
        }
      },
    };
  }

  #emit(): EventEmitter {
    if (this.#emitter === undefined) {
      this.#emitter = new EventEmitter();
      Object.defineProperty(this, "receive", {
        get() {
          throw new Error(
            "Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().",
          );
        },
      });
      this.#watch();
      nextTick(() => {
        for (const event of this.#unread.splice(0)) this.#call(event);
      });
    }
    return this.#emitter;
  }

  /** Has new events taken from libzmq as they come, and keeps process and socket alive if somebody waits for them. */
  #watch(): void {
    if (this.#core.handle === 0) return;
    const awaited = this.#reader !== undefined || this.#emitter !== undefined || this.#endAwaited;
    this.#core.wait(
      "receiving",
      {
        retry: () => this.#drain(),
        close: () => {
          this.#core.done("receiving");
          this.#end();
          // Not by us, but with its context.
          // Later, since a listener must not run in the middle of the close of a context.
          nextTick(() => {
            if (!this.#over) this.#deliver({ type: "end" });
          });
        },
        // The socket is not collected while its events are awaited.
        holds: awaited ? this.#observed.deref() : undefined,
      },
      awaited,
    );
  }

  /** Takes all events that are there. Never done: there is no last event, but the end. */
  #drain(): boolean {
    const messages: Message[][] = [];
    let count: number;
    do {
      count = receiveInto(messages, 0, this.#core.handle, chunk, this.#intake);
      for (let index = 0; index < count && !this.#over; index++) {
        this.#deliver(toEvent(messages[index]!, this.#bound));
      }
      // A full slab ends a call early, and libzmq tells of new events only after it has had no more.
    } while (count > 0 && !this.#intake.emptied);
    // The context has ended, and the monitor with it.
    if (count < 0 && !this.#over) this.#deliver({ type: "end" });
    return false;
  }

  /** Calls the listeners. What one throws is an uncaught exception, and keeps no other event from being delivered. */
  #call(event: Event): void {
    try {
      this.#emitter?.emit(event.type, event);
    } catch (error) {
      nextTick(() => {
        throw error;
      });
    }
  }

  #deliver(event: Event): void {
    if (event.type === "end") {
      this.#over = true;
      this.#core.close();
    }
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve(event);
      this.#watch();
    }
    if (this.#emitter !== undefined) this.#call(event);
    else if (reader !== undefined) return;
    else if (this.#unread.push(event) > mostKept) {
      this.#unread.shift();
      this.#dropped++;
    }
  }
}

guardMethods(Observer.prototype, ["close", "receive"], { most: 0 });
