// A socket as version 5 has it: an emitter of events, around a socket of this library.

import { EventEmitter } from "node:events";
import { coreOf } from "../core/registry.js";
import { Subscriber } from "../index.js";
import { nextTick } from "../runtime/timers.js";
import * as zmq from "./constants.js";
import { Inbox } from "./inbox.js";
import { Monitor, type MonitorEvents } from "./monitor.js";
import { getOption, numberOf, type OptionName, setOption } from "./options.js";
import { Outbox, type Payload, type SendCallback } from "./outbox.js";
import { defineProperties, type Properties } from "./properties.js";
import { type AnySocket, type SocketType, traitsOf, type Untyped } from "./types.js";

/** Events of a socket, with what their listeners are given. */
export interface SocketEvents extends MonitorEvents {
  /** A message: a Buffer for each of its frames. */
  message: Buffer[];
  /** A bind has succeeded; with the address as it was given. */
  bind: [address: string];
  /** An unbind has succeeded; with the address as it was given. */
  unbind: [address: string];
  /** Something failed that had no callback. */
  error: [error: Error];
}

/** Called when a bind or unbind is done, with an error if it failed. */
export type EndpointCallback = (error?: Error) => void;

/**
 * The parts of a socket. `Socket` has no private members, neither fields nor methods: an object of a class that extends
 * it by `util.inherits` is not made by its constructor and lacks them.
 */
interface Parts {
  readonly socket: AnySocket;
  readonly outbox: Outbox;
  readonly inbox: Inbox | undefined;
  monitor: Monitor | undefined;
  /** Binds and unbinds under way. */
  busy: number;
}

const partsOf = new WeakMap<object, Parts>();
const parts = (socket: object): Parts => {
  const made = partsOf.get(socket);
  if (made === undefined) throw new TypeError("Not a Socket: its constructor was not called");
  return made;
};

/** The property `_zmq` of a socket, as in version 5. */
export class SocketBinding {
  readonly #parts: Parts;

  /** @internal */
  constructor(socket: object) {
    this.#parts = parts(socket);
  }

  /** `STATE_READY`, `STATE_BUSY` during a bind or unbind, or `STATE_CLOSED`. */
  get state(): number {
    const { busy, socket } = this.#parts;
    if (busy > 0) return zmq.STATE_BUSY;
    return socket.closed ? zmq.STATE_CLOSED : zmq.STATE_READY;
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#refer(true);
  }

  /** Lets the process end while the socket is open. */
  unref(): void {
    this.#refer(false);
  }

  /** Reads an option by its number. */
  getsockopt(option: number): Untyped {
    return getOption(this.#parts.socket, option);
  }

  /** Sets an option by its number. */
  setsockopt(option: number, value: Untyped): void {
    setOption(this.#parts.socket, option, value);
  }

  #refer(on: boolean): void {
    const { socket, inbox } = this.#parts;
    coreOf(socket).referenced = on;
    if (inbox !== undefined) inbox.referenced = on;
  }
}

/** Makes an object the socket that a constructor was asked for. */
function initialize(self: Socket, type: SocketType): void {
  const { class: SocketClass, sends = true, receives = true, first } = traitsOf(type);
  self.type = type;
  const socket = new SocketClass() as AnySocket;
  const failed = (error: Error) => self.emit("error", error);
  const outbox = new Outbox(socket, sends, { sent: () => inbox?.sent(), failed });
  const message = (frames: Buffer[]) => self.emit("message", ...frames);
  const inbox = receives
    ? new Inbox(socket, first, { message, arrived: () => outbox.flush(), failed })
    : undefined;
  partsOf.set(self, { socket, outbox, inbox, monitor: undefined, busy: 0 });
  Object.defineProperty(self, "_zmq", { value: new SocketBinding(self), configurable: true, writable: true });
}

function subscriberOf(self: Socket): Subscriber {
  const socket: unknown = parts(self).socket;
  if (!(socket instanceof Subscriber)) throw new Error("Subscriber socket required");
  return socket;
}

/** Binds or unbinds, then emits the event of that name and calls back. */
function inBackground(
  self: Socket,
  call: "bind" | "unbind",
  address: string,
  callback: EndpointCallback | undefined,
): void {
  const made = parts(self);
  const done = made.socket[call](address);
  made.busy++;
  const proceed = () => {
    made.busy--;
    made.inbox?.fetch();
    made.outbox.flush();
  };
  done.then(
    () => {
      proceed();
      nextTick(() => {
        self.emit(call, address);
        callback?.();
      });
    },
    (error: Error) => {
      proceed();
      nextTick(() => (callback ? callback(error) : self.emit("error", error)));
    },
  );
}

type Constructor = new (type: SocketType) => object;

/** Makes the class a function, too: programs extend it by `util.inherits`, and call it as `Socket.call(this, type)`. */
function callable<Class extends Constructor>(target: Class): Class {
  const made = new Proxy(target, {
    apply(_, self, [type]: [SocketType]) {
      if (!(self instanceof target)) return new target(type);
      EventEmitter.call(self as unknown as EventEmitter);
      initialize(self as Socket, type);
    },
  });
  target.prototype.constructor = made;
  return made;
}

let warnedOfArguments = false;

export interface Socket extends Properties {
  /** The socket below, of which programs read the `state`. */
  readonly _zmq: SocketBinding;
  // As in the declarations of zeromq, which let programs use any property.
  [key: string]: Untyped;
}

/**
 * A socket of version 5. It receives from the start, and every message is an event `"message"`: one that nobody listens
 * for is lost. While it is open, a socket that receives keeps the process alive.
 */
@callable
export class Socket extends EventEmitter implements Disposable {
  /** The type it was made with. */
  declare type: SocketType;

  /** @throws Error for a type that there is not; ZmqError `EMFILE` when too many sockets are open. */
  constructor(type: SocketType) {
    super();
    initialize(this, type);
  }

  /** Undoes `unref`. */
  ref(): void {
    this._zmq.ref();
  }

  /** Lets the process end while the socket is open. Messages that have not been handed to libzmq are lost then. */
  unref(): void {
    this._zmq.unref();
  }

  /** True once `close` has been called, and no bind or unbind is under way any more. */
  get closed(): boolean {
    return parts(this).socket.closed;
  }

  /**
   * Accepts connections on an endpoint, then emits `"bind"` and calls back. What is sent meanwhile waits.
   *
   * @throws TypeError, or ZmqError `EBADF` when closed, `EBUSY` during a bind or unbind; other errors are for the
   * callback or, without one, an event `"error"`. `zmq_bind`
   */
  bind(address: string, callback?: EndpointCallback): this {
    inBackground(this, "bind", address, callback);
    return this;
  }

  /** Stops accepting connections on an endpoint, then emits `"unbind"` and calls back. Fails as `bind`. `zmq_unbind` */
  unbind(address: string, callback?: EndpointCallback): this {
    inBackground(this, "unbind", address, callback);
    return this;
  }

  /** As `bind`, but done on return, without an event; throws when it fails. */
  bindSync(address: string): void {
    parts(this).socket.bindSync(address);
  }

  /** As `unbind`, but done on return, without an event; throws when it fails. */
  unbindSync(address: string): void {
    parts(this).socket.unbindSync(address);
  }

  /** Connects to an endpoint, now or when it appears; throws when it is none. `zmq_connect` */
  connect(address: string): this {
    parts(this).socket.connect(address);
    return this;
  }

  /** Undoes `connect`; throws `ENOENT` when there was none. `zmq_disconnect` */
  disconnect(address: string): this {
    parts(this).socket.disconnect(address);
    return this;
  }

  /**
   * Sends a message, an array being one of several frames. With `ZMQ_SNDMORE` it goes on with the next call. What
   * libzmq does not take at once waits in a queue without a limit, also while the socket is paused.
   *
   * Never throws: an error is for the callback or, without one and unless the socket is closed, an event `"error"`:
   * `EHOSTUNREACH`, `EAGAIN` after `ZMQ_SNDTIMEO` or when the socket is closed before it is sent, `ENOTSUP` from a
   * socket that only receives. `zmq_msg_send`
   */
  send(message: Payload, flags?: number | null, callback?: SendCallback): this {
    const more = ((flags ?? 0) & zmq.ZMQ_SNDMORE) !== 0;
    parts(this).outbox.send(message, more, typeof callback === "function" ? callback : undefined);
    return this;
  }

  /** Gone since version 6: throws. */
  read(): void {
    throw new Error("read() has been removed from compatibility mode; use on('message', ...) instead.");
  }

  /**
   * Neither sends nor emits messages from now on. Messages to send are queued; those of peers stay in libzmq, whose
   * high-water mark holds for them.
   */
  pause(): void {
    parts(this).inbox?.pause();
    parts(this).outbox.pause();
  }

  /** Undoes `pause`: what waited goes on in order. */
  resume(): void {
    parts(this).inbox?.resume();
    parts(this).outbox.resume();
  }

  /**
   * Closes the socket. No more messages are emitted; what was not handed to libzmq yet is dropped, and its callbacks
   * are given `EAGAIN`. What libzmq has is still sent, within `linger`. `zmq_close`
   */
  close(): this {
    const { inbox, outbox, socket } = parts(this);
    inbox?.close();
    outbox.close();
    socket.close();
    return this;
  }

  /** As {@link Socket.close}, at the end of a `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Emits what happens to connections from now on. Its parameters in version 5, intervals, are not needed any more. */
  monitor(interval?: number, events?: number): this {
    if ((interval || events) && !warnedOfArguments) {
      warnedOfArguments = true;
      process.emitWarning(
        "Arguments to monitor() are ignored in compatibility mode; all events are read automatically",
      );
    }
    const made = parts(this);
    made.monitor ??= new Monitor(made.socket, (name, ...parameters) => {
      this.emit(name, ...parameters);
    });
    return this;
  }

  /** Undoes `monitor`. */
  unmonitor(): this {
    const made = parts(this);
    made.monitor?.stop();
    made.monitor = undefined;
    return this;
  }

  /** A sub's: also receives messages that begin with `filter`; all of them, if it is empty. `ZMQ_SUBSCRIBE` */
  subscribe(filter: string | Buffer): this {
    subscriberOf(this).subscribe(filter);
    return this;
  }

  /** Undoes one `subscribe` to the same filter. `ZMQ_UNSUBSCRIBE` */
  unsubscribe(filter: string | Buffer): this {
    subscriberOf(this).unsubscribe(filter);
    return this;
  }

  /** Sets an option. Throws for one that is not known or cannot be set, or a wrong value. `zmq_setsockopt` */
  setsockopt(option: number | string, value: Untyped): this {
    const id = numberOf(option);
    if (id === zmq.ZMQ_SUBSCRIBE) return this.subscribe(value as string);
    if (id === zmq.ZMQ_UNSUBSCRIBE) return this.unsubscribe(value as string);
    setOption(parts(this).socket, option, value);
    return this;
  }

  /** Reads an option. Throws for one that is not known or cannot be read. `zmq_getsockopt` */
  getsockopt(option: number | string): Untyped {
    const value = getOption(parts(this).socket, option);
    // Messages that were fetched before a pause are still to come.
    const more = numberOf(option) === zmq.ZMQ_EVENTS && parts(this).inbox?.holdsMessages;
    return more ? (value as number) | zmq.ZMQ_POLLIN : value;
  }
}

defineProperties(Socket.prototype);

/** Options that a new socket is given: its short-name properties, and others that become properties of the socket. */
export type SocketOptions = { [N in OptionName]?: Untyped } & { [key: string]: Untyped };

/** Makes a socket. `options` are set as properties, by their short names. */
export function createSocket(type: SocketType, options?: SocketOptions): Socket {
  const socket = new Socket(type);
  try {
    return Object.assign(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
}
