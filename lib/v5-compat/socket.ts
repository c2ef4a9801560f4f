// A socket of zeromq 5: an EventEmitter around a socket of this library.

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

/** The events of a socket and the arguments of their listeners. */
export interface SocketEvents extends MonitorEvents {
  /** A message was received: one Buffer for each frame. */
  message: Buffer[];
  /** A bind has succeeded. The address is the one that was given to `bind`. */
  bind: [address: string];
  /** An unbind has succeeded. The address is the one that was given to `unbind`. */
  unbind: [address: string];
  /** An operation without a callback has failed. */
  error: [error: Error];
}

/** Called when a bind or unbind has ended, with an error if it failed. */
export type EndpointCallback = (error?: Error) => void;

/**
 * The parts of a socket. They are not private members of `Socket`: an object of a class that extends it by `util.inherits`
 * is not created by its constructor and would lack them.
 */
interface Parts {
  readonly socket: AnySocket;
  readonly outbox: Outbox;
  readonly inbox: Inbox | undefined;
  monitor: Monitor | undefined;
  /** The number of pending binds and unbinds. */
  busy: number;
}

const partsOf = new WeakMap<object, Parts>();
const parts = (socket: object): Parts => {
  const made = partsOf.get(socket);
  if (made === undefined) throw new TypeError("Not a Socket: its constructor was not called");
  return made;
};

/**
 * The property `_zmq` of a socket, as in zeromq 5.
 *
 * @example
 * ```ts
 * import * as zmq from "zmq-native/v5-compat";
 *
 * const socket = zmq.socket("push");
 * console.log(socket._zmq.state === zmq.STATE_READY); // true
 * ```
 */
export class SocketBinding {
  readonly #parts: Parts;

  /** @internal */
  constructor(socket: object) {
    this.#parts = parts(socket);
  }

  /** The state: `STATE_READY`, `STATE_BUSY` during a bind or unbind, or `STATE_CLOSED`. */
  get state(): number {
    const { busy, socket } = this.#parts;
    if (busy > 0) return zmq.STATE_BUSY;
    return socket.closed ? zmq.STATE_CLOSED : zmq.STATE_READY;
  }

  /** Lets the open socket keep the process alive again. Never throws. */
  ref(): void {
    this.#refer(true);
  }

  /** Lets the process end while the socket is open. Never throws. */
  unref(): void {
    this.#refer(false);
  }

  /**
   * Reads an option by its number. libzmq: `zmq_getsockopt`.
   *
   * @throws Error: the option is unknown or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   */
  getsockopt(option: number): Untyped {
    return getOption(this.#parts.socket, option);
  }

  /**
   * Sets an option by its number. libzmq: `zmq_setsockopt`.
   *
   * @throws Error: the option is unknown or can only be read.
   * @throws ZmqError `EINVAL`: libzmq rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: the value has the wrong type.
   */
  setsockopt(option: number, value: Untyped): void {
    setOption(this.#parts.socket, option, value);
  }

  #refer(on: boolean): void {
    const { socket, inbox } = this.#parts;
    coreOf(socket).referenced = on;
    if (inbox !== undefined) inbox.referenced = on;
  }
}

/** Initializes an object as a socket of a type. */
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

/** Makes the class callable: programs extend it by `util.inherits` and call `Socket.call(this, type)`. */
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
  /** The inner socket, whose `state` programs read. */
  readonly _zmq: SocketBinding;
  // As in the declarations of zeromq, which let programs use any property.
  [key: string]: Untyped;
}

/**
 * A socket with the interface of zeromq 5: an EventEmitter. It starts to receive at once and emits `"message"` for each
 * message; messages without a listener are lost. An open socket that receives keeps the process alive.
 *
 * @example
 * ```ts
 * import * as zmq from "zmq-native/v5-compat";
 *
 * const pull = zmq.socket("pull");
 * const push = zmq.socket("push");
 * pull.bindSync("tcp://127.0.0.1:*");
 * push.connect(pull.last_endpoint);
 * push.send(["job", "1"]);
 * await new Promise<void>((resolve) => {
 *   pull.on("message", (name, id) => {
 *     console.log(`${name} ${id}`); // job 1
 *     resolve();
 *   });
 * });
 * ```
 */
@callable
export class Socket extends EventEmitter implements Disposable {
  /** The type of the socket. */
  declare type: SocketType;

  /**
   * Creates a socket.
   *
   * @throws Error: the type is unknown.
   * @throws ZmqError `EMFILE`: the context has too many sockets open, or the process no file descriptors left.
   */
  constructor(type: SocketType) {
    super();
    initialize(this, type);
  }

  /** Lets the open socket keep the process alive again. Never throws. */
  ref(): void {
    this._zmq.ref();
  }

  /** Lets the process end while the socket is open. Messages that libzmq has not queued yet are lost then. Never throws. */
  unref(): void {
    this._zmq.unref();
  }

  /** Whether the socket is closed. A close during a bind or unbind takes effect when that has ended. */
  get closed(): boolean {
    return parts(this).socket.closed;
  }

  /**
   * Starts to accept connections on an endpoint. Then emits `"bind"` and calls the callback. Messages that are sent
   * meanwhile are queued. Any error of `zmq_bind` is passed to the callback or, without one, emitted as `"error"`.
   *
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws ZmqError `EBUSY`: another bind or unbind is pending.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const rep = zmq.socket("rep");
   * await new Promise<void>((resolve) => {
   *   rep.bind("tcp://127.0.0.1:*", (error) => {
   *     console.log(error); // undefined
   *     resolve();
   *   });
   * });
   * ```
   */
  bind(address: string, callback?: EndpointCallback): this {
    inBackground(this, "bind", address, callback);
    return this;
  }

  /**
   * Stops accepting connections on an endpoint. Then emits `"unbind"` and calls the callback. Any error of `zmq_unbind`,
   * such as `ENOENT` for an endpoint that is not bound, is passed to the callback or, without one, emitted as `"error"`.
   *
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws ZmqError `EBUSY`: another bind or unbind is pending.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const rep = zmq.socket("rep");
   * rep.bindSync("tcp://127.0.0.1:*");
   * rep.unbind(rep.last_endpoint, () => console.log("unbound")); // unbound
   * await new Promise((resolve) => rep.once("unbind", resolve));
   * ```
   */
  unbind(address: string, callback?: EndpointCallback): this {
    inBackground(this, "unbind", address, callback);
    return this;
  }

  /**
   * Does the same as `bind`, but synchronously and without an event. libzmq: `zmq_bind`.
   *
   * @throws ZmqError `EADDRINUSE`: the endpoint is in use.
   * @throws ZmqError `EINVAL`: the endpoint is invalid; `detail` says why.
   * @throws ZmqError with any other error of `zmq_bind`.
   * @throws ZmqError `EBUSY`: a bind or unbind is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const rep = zmq.socket("rep");
   * rep.bindSync("tcp://127.0.0.1:*");
   * ```
   */
  bindSync(address: string): void {
    parts(this).socket.bindSync(address);
  }

  /**
   * Does the same as `unbind`, but synchronously and without an event. libzmq: `zmq_unbind`.
   *
   * @throws ZmqError `ENOENT`: the socket is not bound to the endpoint.
   * @throws ZmqError `EBUSY`: a bind or unbind is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const rep = zmq.socket("rep");
   * rep.bindSync("tcp://127.0.0.1:*");
   * rep.unbindSync(rep.last_endpoint);
   * ```
   */
  unbindSync(address: string): void {
    parts(this).socket.unbindSync(address);
  }

  /**
   * Connects to an endpoint. libzmq connects in the background and retries until it succeeds. libzmq: `zmq_connect`.
   *
   * @throws ZmqError `EINVAL`: the endpoint is invalid; `detail` says why.
   * @throws ZmqError with any other error of `zmq_connect`.
   * @throws ZmqError `EBUSY`: a bind or unbind is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const req = zmq.socket("req");
   * req.connect("tcp://127.0.0.1:9");
   * req.close();
   * ```
   */
  connect(address: string): this {
    parts(this).socket.connect(address);
    return this;
  }

  /**
   * Closes the connection to an endpoint and stops reconnecting. libzmq: `zmq_disconnect`.
   *
   * @throws ZmqError `ENOENT`: the socket is not connected to the endpoint.
   * @throws ZmqError `EBUSY`: a bind or unbind is pending.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the address is not a string.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const req = zmq.socket("req");
   * req.connect("tcp://127.0.0.1:9");
   * req.disconnect("tcp://127.0.0.1:9");
   * ```
   */
  disconnect(address: string): this {
    parts(this).socket.disconnect(address);
    return this;
  }

  /**
   * Sends a message. An array is one message of several frames. With the flag `ZMQ_SNDMORE`, the next call continues the
   * message. Messages that libzmq cannot queue now, or while the socket is paused, wait in an unlimited queue.
   *
   * Never throws. Errors are passed to the callback or, without one, emitted as `"error"` while the socket is open. Codes:
   * `EAGAIN` after `ZMQ_SNDTIMEO` or if the socket is closed first, `EHOSTUNREACH` for an unknown peer, `ENOTSUP` for a
   * type that only receives. libzmq: `zmq_msg_send`.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const push = zmq.socket("push");
   * push.connect("tcp://127.0.0.1:9");
   * const queued = new Promise((resolve) => push.send(["job", Buffer.from([1, 2])], 0, resolve));
   * console.log(await queued); // undefined
   * push.linger = 0;
   * push.close();
   * ```
   */
  send(message: Payload, flags?: number | null, callback?: SendCallback): this {
    const more = ((flags ?? 0) & zmq.ZMQ_SNDMORE) !== 0;
    parts(this).outbox.send(message, more, typeof callback === "function" ? callback : undefined);
    return this;
  }

  /**
   * Not supported: listen to `"message"` instead.
   *
   * @throws Error always.
   */
  read(): void {
    throw new Error("read() has been removed from compatibility mode; use on('message', ...) instead.");
  }

  /**
   * Stops sending and emitting messages until `resume`. Messages to send are queued without a limit. Messages of peers stay
   * in libzmq, up to its high-water mark. Never throws.
   */
  pause(): void {
    parts(this).inbox?.pause();
    parts(this).outbox.pause();
  }

  /** Continues after `pause`, in order. Never throws. */
  resume(): void {
    parts(this).inbox?.resume();
    parts(this).outbox.resume();
  }

  /**
   * Closes the socket. No more messages are emitted. Messages that libzmq has not queued yet are dropped, and their
   * callbacks receive `EAGAIN`. Messages that libzmq has queued are still sent within `linger`. Never throws. libzmq:
   * `zmq_close`.
   */
  close(): this {
    const { inbox, outbox, socket } = parts(this);
    inbox?.close();
    outbox.close();
    socket.close();
    return this;
  }

  /** Closes the socket at the end of a `using` block, as `close` does. Never throws. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Starts to emit the events of {@link MonitorEvents}. The parameters of zeromq 5 are ignored.
   *
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const rep = zmq.socket("rep");
   * rep.monitor();
   * rep.on("listen", (fd, address) => console.log(address.slice(0, 16))); // tcp://127.0.0.1:
   * rep.bindSync("tcp://127.0.0.1:*");
   * await new Promise((resolve) => rep.once("listen", resolve));
   * ```
   */
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

  /** Stops emitting the events of `monitor`. Never throws. */
  unmonitor(): this {
    const made = parts(this);
    made.monitor?.stop();
    made.monitor = undefined;
    return this;
  }

  /**
   * Subscribes a sub socket to messages that begin with `filter`. An empty filter subscribes to all messages. libzmq:
   * `ZMQ_SUBSCRIBE`.
   *
   * @throws Error: the socket is not a sub socket.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: the filter is neither a string nor a Buffer.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const sub = zmq.socket("sub");
   * sub.subscribe("news");
   * ```
   */
  subscribe(filter: string | Buffer): this {
    subscriberOf(this).subscribe(filter);
    return this;
  }

  /**
   * Undoes one `subscribe` to the same filter. libzmq: `ZMQ_UNSUBSCRIBE`.
   *
   * @throws Error: the socket is not a sub socket.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: the filter is neither a string nor a Buffer.
   */
  unsubscribe(filter: string | Buffer): this {
    subscriberOf(this).unsubscribe(filter);
    return this;
  }

  /**
   * Sets an option, by its number or short name. libzmq: `zmq_setsockopt`.
   *
   * @throws Error: the option is unknown or can only be read.
   * @throws ZmqError `EINVAL`: libzmq rejects the value.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: the value has the wrong type.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const push = zmq.socket("push");
   * push.setsockopt(zmq.ZMQ_SNDHWM, 100);
   * console.log(push.getsockopt(zmq.ZMQ_SNDHWM)); // 100
   * ```
   */
  setsockopt(option: number | string, value: Untyped): this {
    const id = numberOf(option);
    if (id === zmq.ZMQ_SUBSCRIBE) return this.subscribe(value as string);
    if (id === zmq.ZMQ_UNSUBSCRIBE) return this.unsubscribe(value as string);
    setOption(parts(this).socket, option, value);
    return this;
  }

  /**
   * Reads an option, by its number or short name. libzmq: `zmq_getsockopt`.
   *
   * @throws Error: the option is unknown or can only be set.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   *
   * @example
   * ```ts
   * import * as zmq from "zmq-native/v5-compat";
   *
   * const push = zmq.socket("push");
   * console.log(push.getsockopt("linger")); // -1
   * ```
   */
  getsockopt(option: number | string): Untyped {
    const value = getOption(parts(this).socket, option);
    // Messages that were fetched before a pause have not been emitted yet.
    const more = numberOf(option) === zmq.ZMQ_EVENTS && parts(this).inbox?.holdsMessages;
    return more ? (value as number) | zmq.ZMQ_POLLIN : value;
  }
}

defineProperties(Socket.prototype);

/** Options of `createSocket`: short names of options, and any other properties to set on the socket. */
export type SocketOptions = { [N in OptionName]?: Untyped } & { [key: string]: Untyped };

/**
 * Creates a socket of a type and sets its options as properties.
 *
 * @throws Error: the type is unknown.
 * @throws ZmqError `EMFILE`: the context has too many sockets open, or the process no file descriptors left.
 * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
 * @throws TypeError: the value of an option has the wrong type.
 *
 * @example
 * ```ts
 * import * as zmq from "zmq-native/v5-compat";
 *
 * const dealer = zmq.socket("dealer", { identity: "worker-1", linger: 0 });
 * console.log(dealer.identity); // worker-1
 * ```
 */
export function createSocket(type: SocketType, options?: SocketOptions): Socket {
  const socket = new Socket(type);
  try {
    return Object.assign(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
}
