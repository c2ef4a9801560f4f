// Observes a socket's connections through a libzmq monitor: a PAIR socket whose messages become events. It is always
// read, also without listeners, since an unread monitor would block libzmq's I/O thread.

import { EventEmitter } from "node:events";
import { anyArity, baseClass, guardMethods, isObject, shown } from "../arguments/checks.js";
import { refuseOtherCopy } from "../arguments/copies.js";
import * as zmq from "../binding/constants.js";
import { check, errorOf, explained, invalidArgument } from "../binding/errors.js";
import { binding, type Handle } from "../binding/index.js";
import { openToken } from "../context/context.js";
import { uniqueEndpoint } from "../core/inproc-name.js";
import { Core, checkOpening } from "../core/open-socket.js";
import { findCore } from "../core/registry.js";
import type { Waiter } from "../core/waiter.js";
import type { Message } from "../message/frames.js";
import { Intake, receiveInto } from "../message/slab.js";
import { commonOptions, receiveOptions } from "../options/table.js";
import { clearTimeout, nextTick, setTimeout } from "../runtime/timers.js";
import { throwLater } from "../runtime/uncaught.js";
import { Connections } from "./connections.js";
import { type Event, toEvent } from "./event.js";
import { adders, type EventListeners, readers, removers } from "./listeners.js";

/** The events that an observer requests. libzmq ignores bits that it does not know. */
const observedEvents = zmq.ZMQ_EVENT_ALL | zmq.ZMQ_EVENT_PIPES_STATS | zmq.ZMQ_EVENT_MESSAGE_REJECTED;
/** The most events that are kept for a reader. Then the oldest are dropped. */
const mostKept = 10_000;
/** Milliseconds within which all connections have reported their queue lengths. */
const answerTime = 1000;
/**
 * Milliseconds after the linger in which libzmq ends a socket whose peers have received everything. Until then, the names of
 * its inproc endpoints are not free.
 */
const endGrace = 250;
/** Events received in one native call. */
const chunk = 64;

/**
 * @internal Resolves when the observed socket has ended, after its linger, and keeps the process alive until then.
 * Undefined if the observer is closed.
 *
 * Over inproc, libzmq ends a socket only when its peers have received what it sent or were closed, whatever its linger.
 * Then it resolves soon after the linger.
 */
export function endOf(observer: Observer): Promise<void> | undefined {
  return readEnd(observer);
}

let readEnd: typeof endOf;

/** @internal Opens the observer of a socket, for diagnostics_channel only. Never throws. */
export function observeFor(core: Core): void {
  try {
    const observer = new Observer(core.socket as { readonly events: Observer });
    core.observer = observer;
    keepEvents(observer, false);
  } catch {
    // The context has no socket left, for example. The program's call must not fail because of that.
  }
}

/** @internal The observer of a socket, which keeps events from now on. */
export function observerOf(core: Core, socket: { readonly events: Observer }): Observer {
  const { observer } = core;
  // The one of diagnostics_channel may have been replaced by one of the program.
  if (observer === undefined || (isHidden(observer as Observer) && core.monitor !== observer)) {
    core.observer = new Observer(socket);
  }
  keepEvents(core.observer as Observer, true);
  return core.observer as Observer;
}

let keepEvents: (observer: Observer, keep: boolean) => void;
let isHidden: (observer: Observer) => boolean;

/** Ends a loop over events, without a value, as in zeromq. */
const finished = { done: true } as IteratorReturnResult<undefined>;

export interface Observer extends EventListeners {}

interface Reader {
  resolve(event: Event): void;
  reject(error: Error): void;
}

/**
 * Reports events of a socket's connections: connects, disconnects, handshakes, errors. Each socket has one: its property
 * {@link Socket.events}. Read events with `receive` or `for await`, or add listeners with `on`. libzmq:
 * `zmq_socket_monitor`.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 *
 * const push = new Push();
 * const pull = new Pull();
 * const connected = new Promise<void>((resolve) => push.events.on("handshake", () => resolve()));
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * await connected;
 * console.log("the peers are connected"); // the peers are connected
 * ```
 */
@baseClass({ most: 1 })
export class Observer implements AsyncIterable<Event> {
  readonly #core: Core;
  readonly #handle: Handle;
  readonly #bound: readonly string[];
  readonly #observed: WeakRef<Core>;
  /** While the socket is watched for the answers to `requestPipeStats`. */
  #answers: NodeJS.Timeout | undefined;
  readonly #unread: Event[] = [];
  readonly #intake = new Intake();
  readonly #emitter = new EventEmitter();
  /** Whether events are emitted instead of kept for `receive`. */
  #emitting = false;
  /** Whether unread events are kept. Nobody can read those of an observer that the program does not know. */
  #keeps = true;
  readonly #connections = new Connections();
  /** Whether the observer keeps the process and its socket alive. */
  #alive = false;
  #reader: Reader | undefined;
  #dropped = 0;
  #endAwaited = false;
  /** No more events will be delivered. */
  #over = false;
  #end!: () => void;
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  static {
    const owns = (object: object) => #core in object;
    guardMethods(Observer.prototype, owns, ["close", "receive"], { most: 0 });
    for (const name of [...adders, ...removers, ...readers]) {
      const emits = !(readers as readonly string[]).includes(name);
      const value = function (this: Observer, ...parameters: never[]): unknown {
        const emitter = this.#emitter;
        if (emits) this.#emit();
        const result = Reflect.apply(emitter[name], emitter, parameters);
        this.#update();
        return result === emitter ? this : result;
      };
      Object.defineProperty(Observer.prototype, name, { value, writable: true, configurable: true });
    }
    guardMethods(
      Observer.prototype,
      owns,
      [...adders, ...removers, ...readers, "requestPipeStats"],
      anyArity,
    );
    isHidden = (observer) => !observer.#keeps;
    keepEvents = (observer, keep) => {
      observer.#keeps = keep;
    };
    readEnd = (observer) => {
      if (observer.#core.handle === 0) return undefined;
      const observed = observer.#observed.deref();
      const linger = observed?.usedInProcess ? observed.getOption(commonOptions.linger) : -1;
      if (linger >= 0) {
        // `setTimeout` accepts an int32. `#watch` keeps the process alive until then.
        const limit = Math.min(linger + endGrace, 2 ** 31 - 1);
        observed!.onClose = () => setTimeout(() => observer.#stopAwaiting(), limit).unref();
      }
      observer.#endAwaited = true;
      observer.#watch();
      return observer.#ended;
    };
  }

  /**
   * Creates an observer. Prefer {@link Socket.events}: libzmq supports one observer per socket, and a new one replaces it.
   *
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws ZmqError `EMFILE`: the observer needs a socket, and the context has `maxSockets` open.
   * @throws TypeError: the argument is not an object.
   * @throws Error `Invalid argument`: the argument is an object of another class.
   */
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
    // No limit, so that libzmq's I/O thread never waits for this thread.
    this.#core.setOption(receiveOptions.receiveHighWaterMark, 0);
    check(binding.connect(this.#core.handle, endpoint));
    observed.monitor = this;
    try {
      this.#watch();
    } catch (error) {
      observed.monitor = undefined;
      this.#core.close();
      throw error;
    }
    // Received later: subscribers of diagnostics_channel must not run before the socket knows its observer.
    this.#core.touched();
  }

  /** Whether the observer is closed: by `close`, or because the socket has ended and its `end` event was delivered. */
  get closed(): boolean {
    return this.#over && this.#unread.length === 0;
  }

  /** The number of dropped events. An observer keeps 10,000 unread events, then drops the oldest. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Resolves with the next event. It waits without a limit. Only one receive may be pending at a time; it keeps the process
   * alive.
   *
   * @throws ZmqError `ENOTSOCK` (rejects): the observer was closed meanwhile.
   * @throws ZmqError `EBUSY` (throws): another receive is pending.
   * @throws ZmqError `EBADF` (throws): the observer is closed.
   * @throws Error (throws): `on` was called before.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * const { events } = reply;
   * await reply.bind("tcp://127.0.0.1:*");
   * const event = await events.receive();
   * if (event.type === "bind") console.log(event.address === reply.lastEndpoint); // true
   * ```
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
   * Requests the number of queued messages of each connection. One `pipe:stats` event per connection follows within
   * milliseconds; over inproc, when the peer's thread next uses its socket. libzmq: `zmq_socket_monitor_pipes_stats`.
   *
   * @throws ZmqError `EAGAIN`: the socket has no connection.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   *
   * @example
   * ```ts
   * import { Push } from "zmq-native";
   *
   * const push = new Push();
   * const { events } = push;
   * push.connect("tcp://127.0.0.1:9");
   * await push.send("queued");
   * events.requestPipeStats();
   * for await (const event of events) {
   *   if (event.type !== "pipe:stats") continue;
   *   console.log(event.outbound); // 1
   *   break;
   * }
   * push.close({ linger: 0 });
   * ```
   */
  requestPipeStats(): void {
    check(binding.reportPipes(this.#handle));
    // The socket receives the answers and forwards them to the monitor when it is next used, so it has to be watched.
    const core = this.#observed.deref();
    if (core === undefined) return;
    // Not by the other watchers of the socket, which may end before the answers arrive.
    if (this.#answers !== undefined) {
      this.#answers.refresh();
      return;
    }
    // No closure here may use `core`: the timer would keep a closed socket for that time.
    const weak = this.#observed;
    const end = () => {
      clearTimeout(this.#answers);
      this.#answers = undefined;
      weak.deref()?.unwatch(watcher);
    };
    const watcher: Waiter = { retry: () => false, close: end };
    core.watch(watcher, false);
    this.#answers = setTimeout(end, answerTime).unref();
  }

  /**
   * Stops observing. A pending receive rejects with `ENOTSOCK`; loops end; listeners are not called again. Closing twice is
   * a no-op. Never throws.
   */
  close(): void {
    if (this.closed) return;
    const observed = this.#observed.deref();
    const known = observed?.observer as Observer | undefined;
    // Diagnostics may open one again, unless the program has the one of `events`.
    if (observed?.monitor === this && (known === undefined || !known.#keeps)) observed.monitor = undefined;
    // After the end, another socket may have the same handle.
    if (!this.#over) {
      binding.monitor(this.#handle, "", 0);
      // It reports its peers no longer.
      nextTick(() => this.#connections.report({ type: "end" }, this.#observed.deref()));
    }
    this.#over = true;
    this.#core.close();
    this.#unread.length = 0;
    this.#reader?.reject(errorOf("ENOTSOCK"));
    this.#reader = undefined;
  }

  /**
   * Iterates over events. The loop ends after the `end` event, or when the observer is closed.
   *
   * @throws ZmqError `EBUSY` from the loop: another receive is pending.
   * @throws Error from the loop: `on` was called before.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * const { events } = reply;
   * await reply.bind("tcp://127.0.0.1:*");
   * reply.close();
   * for await (const { type } of events) {
   *   if (type === "end") console.log("the socket has ended"); // the socket has ended
   * }
   * ```
   */
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

  /** Emits the events, also those that were kept. `receive` throws from now on, as in zeromq. */
  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    Object.defineProperty(this, "receive", {
      get() {
        throw new Error(
          "Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().",
        );
      },
    });
    nextTick(() => {
      for (const event of this.#unread.splice(0)) this.#call(event);
    });
  }

  /** Whether there is a reader or a listener. */
  get #awaited(): boolean {
    return this.#reader !== undefined || this.#endAwaited || this.#emitter.eventNames().length > 0;
  }

  /** Ends the wait for the end. Events are still delivered to readers and listeners. */
  #stopAwaiting(): void {
    this.#endAwaited = false;
    this.#end();
    this.#update();
  }

  /** Watches again after a change of listeners. */
  #update(): void {
    if (this.#alive !== this.#awaited) this.#watch();
  }

  /** Receives events as they arrive. Keeps the process and the socket alive if there is a reader or a listener. */
  #watch(): void {
    if (this.#core.handle === 0) return;
    const awaited = this.#awaited;
    this.#alive = awaited;
    this.#core.wait(
      "receiving",
      {
        retry: () => this.#drain(),
        close: () => {
          this.#core.done("receiving");
          this.#end();
          // Closed with its context. Delivered later: a listener must not run in the middle of closing a context.
          nextTick(() => {
            if (!this.#over) this.#deliver({ type: "end" });
          });
        },
        // The socket must not be garbage-collected while its events are awaited.
        holds: awaited ? this.#observed.deref() : undefined,
      },
      awaited,
    );
  }

  /** Receives all events that are ready. Returns false: the observer keeps waiting for more. */
  #drain(): boolean {
    const messages: Message[][] = [];
    let count: number;
    do {
      count = receiveInto(messages, 0, this.#core.handle, chunk, this.#intake);
      for (let index = 0; index < count && !this.#over; index++) {
        this.#deliver(toEvent(messages[index]!, this.#bound));
      }
      // A full slab ends a call early. libzmq sends a wake-up for new events only after a receive has found none.
    } while (count > 0 && !this.#intake.emptied);
    // The context was closed, and the monitor with it.
    if (count < 0 && !this.#over) this.#deliver({ type: "end" });
    return false;
  }

  /** Calls the listeners. An error that one throws becomes an uncaught exception, and later events are still delivered. */
  #call(event: Event): void {
    try {
      this.#emitter.emit(event.type, event);
    } catch (error) {
      throwLater(error);
    }
    // Listeners may have been removed, or called for the only time.
    this.#update();
  }

  #deliver(event: Event): void {
    const over = this.#over;
    this.#connections.report(event, this.#observed.deref());
    // A subscriber has closed the observer.
    if (!over && this.#over) return;
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
    if (this.#emitting) this.#call(event);
    else if (reader !== undefined || !this.#keeps) return;
    else if (this.#unread.push(event) > mostKept) {
      this.#unread.shift();
      this.#dropped++;
    }
  }
}
