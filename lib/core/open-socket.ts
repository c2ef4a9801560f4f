// The shared state of an open socket: its handle, whether it may be used now, its options, its pending operations.

import { constants as os } from "node:os";
import type { QueueSettings } from "../arguments/queue-options.js";
import {
  ZMQ_IN_BATCH_SIZE,
  ZMQ_MAX_SOCKETS,
  ZMQ_ONLY_FIRST_SUBSCRIBE,
  ZMQ_OUT_BATCH_SIZE,
  ZMQ_RCVTIMEO,
  ZMQ_SNDTIMEO,
  ZMQ_XPUB,
  ZMQ_XSUB,
  ZMQ_ZAP_ENFORCE_DOMAIN,
} from "../binding/constants.js";
import { check, errorOf, ZmqError } from "../binding/errors.js";
import { binding, type ContextToken, type Handle } from "../binding/index.js";
import { type Context, openToken } from "../context/context.js";
import { isNoticed, noticeLater } from "../diagnostics/channels.js";
import type { Message } from "../message/frames.js";
import { toGroup, toRoutingId } from "../message/tag.js";
import { kinds, type Option, type OptionTarget } from "../options/kinds.js";
import { liveOptions } from "../options/live.js";
import { EndpointRecord } from "./endpoint-record.js";
import { Order } from "./fairness.js";
import { identityOf } from "./identity.js";
import { type Operation, Readiness } from "./readiness.js";
import type { Waiter } from "./waiter.js";

/**
 * The most bytes that libzmq reads or writes at once, instead of 8 KiB. It increases the rate of messages of 1 KiB by
 * up to 40 % (docs/performance.md) and the memory of a busy connection by the same number of bytes. libzmq:
 * `ZMQ_IN_BATCH_SIZE`, `ZMQ_OUT_BATCH_SIZE`.
 */
const batchBytes = 32 * 1024;

/** Returns the result, or throws. `EMFILE` has two causes: the limit of the context or that of the process. */
export function checkOpening(result: number, token: ContextToken): number {
  if (result >= 0) return result;
  const error = new ZmqError(-result);
  if (error.code !== "EMFILE") throw error;
  const most = binding.getContextOption(token, ZMQ_MAX_SOCKETS);
  // libzmq does not report which of the two limits was reached.
  throw error.explain(
    `the context has maxSockets (${most}) sockets open, including one for each observer and two for each proxy, or the process has no file descriptors left: close sockets, set maxSockets of the Context before its first socket, or raise \`ulimit -n\``,
  );
}

function open(token: ContextToken, type: number, core: Core): Handle {
  const result = binding.openSocket(token, type, core);
  if (result === -os.errno.EINVAL) {
    throw errorOf("EINVAL").explain(`this build of libzmq has no socket type ${type}`);
  }
  return checkOpening(result, token);
}

const timeoutIds: Record<Operation, number> = { sending: ZMQ_SNDTIMEO, receiving: ZMQ_RCVTIMEO };

function blocked(): ZmqError {
  return errorOf("EBUSY", "Socket is blocked by a bind or unbind operation").explain(
    "await bind() or unbind() first, or use bindSync(); a socket in a Proxy is blocked until run() resolves",
  );
}

/** Gives access to the messages that a loop has prefetched. A proxy that takes over the socket forwards them first. */
export interface FetchedAhead {
  takeAhead(): Message[][];
  /** Puts the messages back if the proxy could not start. */
  putAhead(messages: Message[][]): void;
}

/** Numbers of messages that a queue has dropped: for others, for newer ones with their topic, and after their `ttl`. */
export type Losses = Record<"overflow" | "replaced" | "expired", number>;

/** A sender or receiver, which lets operations wait behind others if it has settings. */
export interface Queueing {
  queueSettings: QueueSettings | undefined;
  /** The number of messages that this object holds, and libzmq does not. */
  readonly queued: number;
  /** The numbers of messages that its queue has dropped. */
  readonly lost?: Losses | undefined;
}

export class Core extends Readiness implements OptionTarget {
  readonly type: number;
  /** The context, which must not be garbage-collected while the socket is open. Undefined once closed. */
  context: Context | undefined;
  /** Whether a bind or unbind is pending, or a proxy uses the socket. */
  blocked = false;
  /** Whether a `sendMany` is pending. Between its chunks it is not registered as a waiter. */
  sendingMany = false;
  /** Whether `close` was called while the socket was blocked. */
  closing = false;
  /** Whether `close` is in progress, or done. */
  ends = false;
  /** Called when the socket has been closed. */
  onClose: (() => void) | undefined;
  /** Whether operations that waited in vain reject with `ETIMEDOUT` or `ECANCELED` instead of `EAGAIN`. */
  distinctErrors = false;
  /** The number of binds and connects, less those that were undone. */
  endpoints = 0;
  /** The number of udp endpoints among them. Messages over udp have a size limit. */
  datagramEndpoints = 0;
  /** Whether the program has set `zapEnforceDomain` (lib/socket/open-server.ts). */
  zapEnforceDomainSet = false;
  /** Whether the socket was ever bound or connected over inproc. */
  usedInProcess = false;
  /** For `console.log`. */
  readonly record = new EndpointRecord();
  /** Messages that a loop has prefetched. */
  ahead!: FetchedAhead;
  /** In which order results settle. */
  readonly orders: Readonly<Record<Operation, Order>> = { sending: new Order(), receiving: new Order() };
  /** Watches the connections, once the program has asked for them. */
  peers: { close(): void } | undefined = undefined;
  sender!: Queueing;
  receiver!: Queueing;
  /** The public socket, once it is open. Internal sockets, such as those of observers, have none and are not reported. */
  socket: object | undefined = undefined;
  /** Reads the state that `socket:close` reports. It is gone once the socket is closed. */
  lastState: ((core: Core) => object) | undefined = undefined;
  /** The newest observer: libzmq supports one at a time. */
  monitor: object | undefined = undefined;
  /** The observer of {@link Socket.events}. */
  observer: object | undefined = undefined;
  /** Endpoints that are bound, and the last ones that were unbound (lib/socket/endpoints.ts). Wildcards are resolved. */
  readonly bound: string[] = [];
  /** The cached timeouts: each operation that has to wait needs one. */
  readonly #timeouts: Record<Operation, number | undefined> = { sending: undefined, receiving: undefined };

  constructor(context: Context, type: number) {
    super();
    this.handle = open(openToken(context), type, this);
    this.context = context;
    this.type = type;
    for (const option of [ZMQ_IN_BATCH_SIZE, ZMQ_OUT_BATCH_SIZE]) {
      // A libzmq without drafts lacks these options. The result is ignored then.
      binding.setOption(this.handle, option, kinds.int32.write(batchBytes));
    }
    // Otherwise libzmq would treat any frame of a message that begins with a byte 0 or 1 as a subscription, and split
    // the message.
    if (type === ZMQ_XPUB || type === ZMQ_XSUB) {
      binding.setOption(this.handle, ZMQ_ONLY_FIRST_SUBSCRIBE, kinds.int32.write(1));
    }
  }

  /** Throws if the socket is closed or blocked. */
  usable(): void {
    if (this.handle === 0 || this.ends) throw errorOf("EBADF");
    if (this.blocked) throw blocked();
  }

  getOption<T>({ id, kind }: Pick<Option<T>, "id" | "kind">): T {
    const length = binding.getOption(this.handle, id, kind.area);
    // Read before `touched`, which may run hooks of async_hooks: all options share one memory area.
    const value = length < 0 ? undefined : kind.read(length);
    this.touched();
    check(length);
    return value as T;
  }

  setOption<T>({ id, kind }: Pick<Option<T>, "id" | "kind">, value: unknown): void {
    const bytes = kind.write(value);
    const result = binding.setOption(this.handle, id, bytes);
    this.touched();
    check(result);
    if (id === ZMQ_SNDTIMEO) this.#timeouts.sending = undefined;
    if (id === ZMQ_RCVTIMEO) this.#timeouts.receiving = undefined;
    if (id === ZMQ_ZAP_ENFORCE_DOMAIN) this.zapEnforceDomainSet = true;
    if ((this.endpoints > 0 || this.blocked) && !liveOptions.has(id)) {
      process.emitWarning("Socket option will not take effect until next connect/bind.");
    }
  }

  /** Joins or leaves groups; only a Dish can. */
  group(call: "join" | "leave", groups: readonly unknown[]): void {
    const read = groups.map(toGroup);
    this.usable();
    try {
      for (const group of read) check(binding[call](this.handle, group));
    } finally {
      this.touched();
    }
  }

  /** Disconnects the peer of a Server or Peer. */
  disconnectPeer(routingId: unknown): void {
    const id = toRoutingId(routingId);
    this.usable();
    const result = binding.disconnectPeer(this.handle, id);
    this.touched();
    check(result);
  }

  /** The default timeout of an operation, in milliseconds. */
  timeoutOf(direction: Operation): number {
    return this.#timeouts[direction] ?? this.#readTimeout(direction);
  }

  #readTimeout(direction: Operation): number {
    const length = binding.getOption(this.handle, timeoutIds[direction], kinds.int32.area);
    // Stored before `touched`, which may run hooks of async_hooks that set the option.
    const timeout = length < 0 ? undefined : kinds.int32.read(length);
    this.#timeouts[direction] = timeout;
    this.touched();
    check(length);
    return timeout as number;
  }

  /** Closes the socket and ends its pending operations. If it is blocked, closes it later. */
  close(): void {
    if (this.handle === 0) return;
    if (this.blocked) {
      this.closing = true;
      return;
    }
    // Results may run hooks and `then` getters. Nothing would settle the operations that these begin.
    this.ends = true;
    let state: object | undefined;
    try {
      this.receiving?.close();
      // Before the sends, some of which may fail: a `flush` must not take them for sent.
      this.watching?.close();
      this.sending?.close();
      this.peers?.close();
      if (this.socket !== undefined && isNoticed("socket:close")) state = this.lastState?.(this);
    } catch (error) {
      // Near a stack overflow. The socket is still open, and a second close finds the operations.
      this.ends = false;
      throw error;
    }
    // One of them has closed the socket.
    if (this.handle === 0) return;
    binding.closeSocket(this.handle);
    this.forget();
    this.handle = 0;
    this.context = undefined;
    this.onClose?.();
    if (state !== undefined) noticeLater("socket:close", () => ({ ...identityOf(this), ...state }));
  }

  /**
   * Lends the socket to a proxy's thread. `wake` is retried whenever this thread may have consumed a wake-up of that
   * thread.
   */
  lend(wake: Waiter): void {
    this.blocked = true;
    this.receiving = wake;
  }

  /** Takes the socket back after `lend`. */
  takeBack(): void {
    this.receiving = undefined;
    this.unblock();
  }

  /** Ends the blocking of a bind, an unbind or a proxy. */
  unblock(): void {
    this.blocked = false;
    if (this.closing) this.close();
  }
}
