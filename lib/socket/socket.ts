// The base of all sockets: opening, endpoints, options, the end. What a socket can do besides is in lib/socket/classes.ts.

import { type InspectOptionsStylized, inspect } from "node:util";
import { baseClass, expectIdentifier, expectOptions, guardMethods, shown } from "../arguments/checks.js";
import { type CloseOptions, lingerOf } from "../arguments/close-options.js";
import { markClass, refuseOtherCopy } from "../arguments/copies.js";
import type { OperationOptions } from "../arguments/operation-options.js";
import { ZMQ_POLLIN, ZMQ_POLLOUT } from "../binding/constants.js";
import { check, invalidArgument } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import { Context, context as defaultContext } from "../context/context.js";
import type { EndpointCall } from "../core/endpoint-record.js";
import { Core } from "../core/open-socket.js";
import { coreOf, register } from "../core/registry.js";
import { toEndpoint } from "../endpoint/index.js";
import { endOf, Observer } from "../observer/observer.js";
import { explainAssignment, explainReading, explainValue } from "../options/explain.js";
import { defineOptions, type Kind, kinds, type Values } from "../options/kinds.js";
import {
  capability,
  commonOptions,
  curveOptions,
  gssapiOptions,
  statusOptions,
  wssOptions,
} from "../options/table.js";
import { atAddress, atEndpoint, record } from "./endpoints.js";
import { inspectSocket } from "./inspection.js";
import { type BatchOptions, type MetadataOptions, Receiver } from "./receiver.js";
import { Sender } from "./sender.js";

export type { CloseOptions } from "../arguments/close-options.js";

export interface Socket
  extends Values<typeof commonOptions>,
    Readonly<Values<typeof statusOptions>>,
    Values<typeof curveOptions>,
    Values<typeof gssapiOptions>,
    Values<typeof wssOptions> {}

/** A socket of libzmq. Use one of its classes, such as `Push` or `Subscriber`. */
@baseClass({ most: 2 })
export abstract class Socket implements Disposable, AsyncDisposable {
  readonly #core: Core;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  #observer: Observer | undefined;

  static {
    markClass(Socket.prototype, "Socket");

    // Every class has these, as in the package that this one stands in for; the types show them only where they make
    // sense, as Writable and Readable.
    const operations = {
      send(this: Socket, message: unknown, options?: OperationOptions) {
        // biome-ignore lint/complexity/noArguments: rest parameters would cost an array on every send
        const count = arguments.length;
        if (count > 2 || (count === 2 && typeof options !== "object" && options !== undefined)) {
          this.#sender.refuseArguments(count);
        }
        return this.#sender.send(message, options);
      },
      trySend(this: Socket, message: unknown, options?: unknown) {
        return this.#sender.trySend(message, options);
      },
      sendMany(this: Socket, messages: Iterable<unknown>, options?: OperationOptions) {
        return this.#sender.sendMany(messages, options);
      },
      receive(this: Socket, options?: OperationOptions) {
        // biome-ignore lint/complexity/noArguments: as above
        const count = arguments.length;
        if (count > 1 || (count === 1 && typeof options !== "object" && options !== undefined)) {
          throw new TypeError(`Expected 0 arguments but received ${count}`);
        }
        return this.#receiver.receive(options);
      },
      tryReceive(this: Socket) {
        return this.#receiver.tryReceive();
      },
      receiveMany(this: Socket, options?: BatchOptions) {
        return this.#receiver.receiveMany(options);
      },
      receiveWithMetadata(this: Socket, options?: MetadataOptions) {
        return this.#receiver.receiveWithMetadata(options);
      },
      messagesWithMetadata(this: Socket, options?: MetadataOptions) {
        return this.#receiver.messagesWithMetadata(options);
      },
      batches(this: Socket, options?: BatchOptions) {
        return this.#receiver.batches(options);
      },
      join(this: Socket, ...groups: unknown[]) {
        this.#core.group("join", groups);
      },
      leave(this: Socket, ...groups: unknown[]) {
        this.#core.group("leave", groups);
      },
      [Symbol.asyncIterator](this: Socket) {
        return this.#receiver.messages();
      },
    };
    Object.defineProperty(Socket.prototype, inspect.custom, {
      value(this: Socket, depth: number, options: InspectOptionsStylized) {
        // Of a prototype, or another object that is no socket.
        if (!(#core in this)) return this;
        return inspectSocket(this.constructor.name, this.#core, depth, options);
      },
      configurable: true,
      writable: true,
    });
    for (const name of Reflect.ownKeys(operations)) {
      const value = operations[name as keyof typeof operations];
      Object.defineProperty(Socket.prototype, name, { value, writable: true, configurable: true });
    }
  }

  /**
   * Opens a socket and sets its options, which an object may name in any order.
   *
   * @throws TypeError for an unknown or read-only option, or a value of the wrong type.
   * @throws ZmqError `EMFILE` when the context has `maxSockets` open. `zmq_socket`
   */
  // Subclasses pass on options that this class does not know.
  protected constructor(type: number, options: object & { context?: Context | undefined } = {}) {
    if (typeof type !== "number") throw new TypeError("Socket type must be a number");
    expectOptions(options);
    const { context = defaultContext, ...values } = options;
    if (!(context instanceof Context)) {
      refuseOtherCopy(context, "Context", "options.context");
      throw invalidArgument(`options.context must be a Context, got ${shown(context)}`);
    }
    this.#core = new Core(context, type);
    register(this, this.#core);
    this.#sender = new Sender(this.#core);
    this.#receiver = new Receiver(this.#core);
    Object.seal(this);
    try {
      Object.assign(this, values);
    } catch (error) {
      this.#core.close();
      throw explainAssignment(error, this, values);
    }
  }

  /** The socket's context; undefined once closed. */
  get context(): Context {
    return this.#core.context as Context;
  }

  /** True once `close` has been called, and no bind or unbind is under way any more. */
  get closed(): boolean {
    return this.#core.handle === 0;
  }

  /** Whether a message could be received now without waiting. `ZMQ_EVENTS` */
  get readable(): boolean {
    return !this.closed && (this.#receiver.holdsMessages || this.#has(ZMQ_POLLIN));
  }

  /** Whether a message could be sent now without waiting. `ZMQ_EVENTS` */
  get writable(): boolean {
    return !this.closed && this.#has(ZMQ_POLLOUT);
  }

  /**
   * Accepts connections on an endpoint, for instance `tcp://127.0.0.1:*`; `lastEndpoint` then says which port it got.
   * The socket accepts no other call until the promise settles. docs/transports.md says what an endpoint looks like.
   *
   * @throws ZmqError rejects with `EADDRINUSE`, `EADDRNOTAVAIL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, … `zmq_bind`
   */
  bind(address: string): Promise<void> {
    return this.#inBackground("bind", address);
  }

  /** Stops accepting connections on an endpoint; rejects with `ENOENT` when it was not bound. `zmq_unbind` */
  unbind(address: string): Promise<void> {
    return this.#inBackground("unbind", address);
  }

  /** As `bind`, but done on return: while a host name is looked up, the thread stands still. */
  bindSync(address: string): void {
    atEndpoint(this.#core, "bind", address);
  }

  /** As `unbind`, but done on return. */
  unbindSync(address: string): void {
    atEndpoint(this.#core, "unbind", address);
  }

  /**
   * Connects to an endpoint, now or when it appears: libzmq keeps trying. Host names are looked up in the background,
   * at each attempt. docs/transports.md says what an endpoint looks like. `zmq_connect`
   *
   * @throws ZmqError `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, …, before anything is opened.
   */
  connect(address: string): void {
    atEndpoint(this.#core, "connect", address);
  }

  /** Undoes `connect`; throws `ENOENT` when there was none. `zmq_disconnect` */
  disconnect(address: string): void {
    atEndpoint(this.#core, "disconnect", address);
  }

  /**
   * What happens to the socket's connections: one observer, made when first asked for. Ask before `bind` or `connect`
   * to miss nothing. `zmq_socket_monitor`
   *
   * @throws ZmqError `ENOTSOCK` when the socket is closed and had no observer.
   */
  get events(): Observer {
    this.#observer ??= new Observer(this);
    return this.#observer;
  }

  /**
   * Closes the socket; what it queued is still sent within `linger`. An operation that waits is tried a last time,
   * then rejected with `EAGAIN`; a loop ends. During a bind or unbind it takes effect when that is done. `zmq_close`
   *
   * With options it answers a promise, which resolves when what was queued has been handed to the network or the linger
   * has run out.
   */
  // One signature instead of two: subclasses override it as `close(): void`, which would not match the second.
  close(options?: CloseOptions): void | Promise<void> {
    if (options === undefined) return this.#core.close();
    const linger = lingerOf(options);
    const core = this.#core;
    if (core.handle === 0) return Promise.resolve();
    if (linger !== undefined) core.setOption(commonOptions.linger, linger);
    let ended: Promise<void> | undefined;
    try {
      this.#observer ??= new Observer(this);
      ended = endOf(this.#observer) ?? endOf(new Observer(this));
    } catch (error) {
      // There is no place for a monitor, which would hear of the end. With linger 0 there is nothing to hear of.
      ended = linger === 0 ? Promise.resolve() : Promise.reject(error);
    }
    core.close();
    return ended;
  }

  /** As {@link Socket.close}, at the end of a `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** As {@link Socket.close}, at the end of an `await using`; does not wait for what is queued. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /**
   * Whether a wait that ends without success says why: `ETIMEDOUT` after its time-out, `ECANCELED` when the socket
   * was closed meanwhile. Otherwise both are `EAGAIN`, as when there is nothing to be had at once. Default false.
   */
  get distinctErrors(): boolean {
    return this.#core.distinctErrors;
  }

  set distinctErrors(value: boolean) {
    if (typeof value !== "boolean") {
      const error = new TypeError("Option value must be a boolean");
      throw explainValue(error, "distinctErrors", { kind: kinds.boolean.takes }, value);
    }
    this.#core.distinctErrors = value;
  }

  /** Reads an option by its number. `zmq_getsockopt` */
  protected getBoolOption(option: number): boolean {
    return this.#get(option, kinds.boolean);
  }

  /** Sets an option by its number. `zmq_setsockopt` */
  protected setBoolOption(option: number, value: boolean): void {
    this.#set(option, kinds.boolean, value);
  }

  /** Reads an option by its number. `zmq_getsockopt` */
  protected getInt32Option(option: number): number {
    return this.#get(option, kinds.int32);
  }

  /** Sets an option by its number. `zmq_setsockopt` */
  protected setInt32Option(option: number, value: number): void {
    this.#set(option, kinds.int32, value);
  }

  /** Reads an option by its number. `zmq_getsockopt` */
  protected getUint32Option(option: number): number {
    return this.#get(option, kinds.uint32);
  }

  /** Sets an option by its number. `zmq_setsockopt` */
  protected setUint32Option(option: number, value: number): void {
    this.#set(option, kinds.uint32, value);
  }

  /** Reads an option by its number. `zmq_getsockopt` */
  protected getInt64Option(option: number): number {
    return this.#get(option, kinds.int64);
  }

  /** Sets an option by its number. `zmq_setsockopt` */
  protected setInt64Option(option: number, value: number): void {
    this.#set(option, kinds.int64, value);
  }

  /** Reads an option by its number. `zmq_getsockopt` */
  protected getUint64Option(option: number): number {
    return this.#get(option, kinds.uint64);
  }

  /** Sets an option by its number. `zmq_setsockopt` */
  protected setUint64Option(option: number, value: number): void {
    this.#set(option, kinds.uint64, value);
  }

  /** Reads an option by its number. `zmq_getsockopt` */
  protected getStringOption(option: number): string | null {
    return this.#get(option, kinds.string);
  }

  /** Sets an option by its number. `zmq_setsockopt` */
  protected setStringOption(option: number, value: string | Buffer | null): void {
    this.#set(option, kinds.string, value);
  }

  #get<T>(id: number, kind: Kind<T>): T {
    try {
      return this.#core.getOption({ id, kind });
    } catch (error) {
      throw explainReading(error, `option ${id}`);
    }
  }

  #set<T>(id: number, kind: Kind<T>, value: unknown): void {
    try {
      this.#core.setOption({ id, kind }, value);
    } catch (error) {
      throw explainValue(error, `option ${id}`, { kind: kind.takes }, value);
    }
  }

  #has(event: number): boolean {
    const events = check(binding.events(this.#core.handle));
    this.#core.touched();
    return (events & event) !== 0;
  }

  /**
   * libzmq binds within microseconds, so the call is made here and now, unless a host name is to be looked up; only
   * its outcome is told later. Until then the socket counts as blocked, as programs expect that were written for a
   * bind on another thread.
   */
  #inBackground(call: EndpointCall, address: string): Promise<void> {
    const core = this.#core;
    core.usable();
    const endpoint = toEndpoint(address);
    let outcome: number | Promise<number>;
    try {
      outcome = atAddress(core, call, endpoint, true);
    } catch (error) {
      outcome = Promise.reject(error);
    }
    core.blocked = true;
    return Promise.resolve(outcome).then(
      () => {
        record(core, call, endpoint);
        core.unblock();
      },
      (error) => {
        core.unblock();
        throw error;
      },
    );
  }
}

for (const [table, isBuilt] of [
  [commonOptions, true],
  [statusOptions, true],
  [curveOptions, capability.curve],
  [gssapiOptions, capability.gssapi],
  [wssOptions, capability.wss],
] as const) {
  // Options that are not built are known all the same, for the error.
  defineOptions(isBuilt ? Socket.prototype : Object.create(null), table, coreOf);
}

const byAddress = ["bind", "unbind", "bindSync", "unbindSync", "connect", "disconnect"];
guardMethods(Socket.prototype, byAddress, { most: 1 }, toEndpoint);
for (const kind of ["Bool", "Int32", "Uint32", "Int64", "Uint64", "String"]) {
  guardMethods(Socket.prototype, [`get${kind}Option`], { most: 1 }, expectIdentifier);
  guardMethods(Socket.prototype, [`set${kind}Option`], { most: 2 }, expectIdentifier);
}
guardMethods(Socket.prototype, ["close"], { most: 0, options: true });
