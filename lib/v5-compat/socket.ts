// A socket as version 5 has it: an emitter of events, around a socket of this library.

import { EventEmitter } from "node:events";
import { Subscriber } from "../index.js";
import { nextTick } from "../timers.js";
import { ZMQ_EVENTS, ZMQ_POLLIN, ZMQ_SNDMORE, ZMQ_SUBSCRIBE, ZMQ_UNSUBSCRIBE } from "./constants.js";
import { Inbox } from "./inbox.js";
import { Monitor, type MonitorEvents } from "./monitor.js";
import {
  getOption,
  numberOf,
  type Option,
  type OptionInput,
  type OptionName,
  type OptionValue,
  setOption,
} from "./options.js";
import { Outbox, type Payload, type SendCallback } from "./outbox.js";
import { defineProperties, type Properties } from "./properties.js";
import { type AnySocket, type SocketType, traitsOf } from "./types.js";

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

export interface Socket extends Properties {}

/**
 * A socket of version 5. It receives from the start, and every message is an event `"message"`: one that nobody listens
 * for is lost. While it is open, a socket that receives keeps the process alive.
 */
export class Socket extends EventEmitter<SocketEvents> implements Disposable {
  /** The type it was made with. */
  readonly type: SocketType;
  readonly #socket: AnySocket;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox | undefined;
  #monitor: Monitor | undefined;

  /** @throws Error for a type that there is not; ZmqError `EMFILE` when too many sockets are open. */
  constructor(type: SocketType) {
    super();
    const { class: SocketClass, sends = true, receives = true, first } = traitsOf(type);
    this.type = type;
    this.#socket = new SocketClass() as AnySocket;
    const failed = (error: Error) => this.emit("error", error);
    this.#outbox = new Outbox(this.#socket, sends, { sent: () => this.#inbox?.sent(), failed });
    if (receives) {
      const message = (frames: Buffer[]) => this.emit("message", ...frames);
      this.#inbox = new Inbox(this.#socket, first, { message, arrived: () => this.#outbox.flush(), failed });
    }
  }

  /** True once `close` has been called, and no bind or unbind is under way any more. */
  get closed(): boolean {
    return this.#socket.closed;
  }

  /**
   * Accepts connections on an endpoint, then emits `"bind"` and calls back. What is sent meanwhile waits.
   *
   * @throws TypeError, or ZmqError `EBADF` when closed, `EBUSY` during a bind or unbind; other errors are for the
   * callback or, without one, an event `"error"`. `zmq_bind`
   */
  bind(address: string, callback?: EndpointCallback): this {
    return this.#inBackground("bind", address, callback);
  }

  /** Stops accepting connections on an endpoint, then emits `"unbind"` and calls back. Fails as `bind`. `zmq_unbind` */
  unbind(address: string, callback?: EndpointCallback): this {
    return this.#inBackground("unbind", address, callback);
  }

  /** As `bind`, but done on return, without an event; throws when it fails. */
  bindSync(address: string): void {
    this.#socket.bindSync(address);
  }

  /** As `unbind`, but done on return, without an event; throws when it fails. */
  unbindSync(address: string): void {
    this.#socket.unbindSync(address);
  }

  /** Connects to an endpoint, now or when it appears; throws when it is none. `zmq_connect` */
  connect(address: string): this {
    this.#socket.connect(address);
    return this;
  }

  /** Undoes `connect`; throws `ENOENT` when there was none. `zmq_disconnect` */
  disconnect(address: string): this {
    this.#socket.disconnect(address);
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
    const more = ((flags ?? 0) & ZMQ_SNDMORE) !== 0;
    this.#outbox.send(message, more, typeof callback === "function" ? callback : undefined);
    return this;
  }

  /** Gone since version 6: throws. */
  read(): never {
    throw new Error("read() has been removed from compatibility mode; use on('message', ...) instead.");
  }

  /**
   * Neither sends nor emits messages from now on. Messages to send are queued; those of peers stay in libzmq, whose
   * high-water mark holds for them.
   */
  pause(): void {
    this.#inbox?.pause();
    this.#outbox.pause();
  }

  /** Undoes `pause`: what waited goes on in order. */
  resume(): void {
    this.#inbox?.resume();
    this.#outbox.resume();
  }

  /**
   * Closes the socket. No more messages are emitted; what was not handed to libzmq yet is dropped, and its callbacks
   * are given `EAGAIN`. What libzmq has is still sent, within `linger`. `zmq_close`
   */
  close(): this {
    this.#inbox?.close();
    this.#outbox.close();
    this.#socket.close();
    return this;
  }

  /** As {@link Socket.close}, at the end of a `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Emits what happens to connections from now on. Its parameters in version 5, intervals, are not needed any more. */
  monitor(..._ignored: number[]): this {
    if (_ignored.length > 0) {
      process.emitWarning(
        "Arguments to monitor() are ignored in compatibility mode; all events are read automatically",
      );
    }
    this.#monitor ??= new Monitor(this.#socket, (name, ...parameters) => {
      this.emit(name, ...parameters);
    });
    return this;
  }

  /** Undoes `monitor`. */
  unmonitor(): this {
    this.#monitor?.stop();
    this.#monitor = undefined;
    return this;
  }

  /** A sub's: also receives messages that begin with `filter`; all of them, if it is empty. `ZMQ_SUBSCRIBE` */
  subscribe(filter: string | Buffer): this {
    this.#subscriber.subscribe(filter);
    return this;
  }

  /** Undoes one `subscribe` to the same filter. `ZMQ_UNSUBSCRIBE` */
  unsubscribe(filter: string | Buffer): this {
    this.#subscriber.unsubscribe(filter);
    return this;
  }

  /** Sets an option. Throws for one that is not known or cannot be set, or a wrong value. `zmq_setsockopt` */
  setsockopt<O extends Option>(option: O, value: OptionInput<O>): this;
  setsockopt(option: number | string, value: number | boolean | string | Buffer | null): this;
  setsockopt(option: number | string, value: unknown): this {
    const id = numberOf(option);
    if (id === ZMQ_SUBSCRIBE) return this.subscribe(value as string);
    if (id === ZMQ_UNSUBSCRIBE) return this.unsubscribe(value as string);
    setOption(this.#socket, option, value);
    return this;
  }

  /** Reads an option. Throws for one that is not known or cannot be read. `zmq_getsockopt` */
  getsockopt<O extends Option>(option: O): OptionValue<O>;
  getsockopt(option: number | string): number | string | null;
  getsockopt(option: number | string): unknown {
    const value = getOption(this.#socket, option);
    // Messages that were fetched before a pause are still to come.
    const more = numberOf(option) === ZMQ_EVENTS && this.#inbox?.holdsMessages;
    return more ? (value as number) | ZMQ_POLLIN : value;
  }

  get #subscriber(): Subscriber {
    const socket: unknown = this.#socket;
    if (!(socket instanceof Subscriber)) throw new Error("Subscriber socket required");
    return socket;
  }

  #inBackground(call: "bind" | "unbind", address: string, callback: EndpointCallback | undefined): this {
    const done = this.#socket[call](address);
    const proceed = () => {
      this.#inbox?.fetch();
      this.#outbox.flush();
    };
    done.then(
      () => {
        proceed();
        nextTick(() => {
          this.emit(call, address);
          callback?.();
        });
      },
      (error: Error) => {
        proceed();
        nextTick(() => (callback ? callback(error) : this.emit("error", error)));
      },
    );
    return this;
  }
}

defineProperties(Socket.prototype);

/** Options that a new socket is given: its short-name properties. */
export type SocketOptions = { [N in OptionName]?: OptionInput<N> };

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
