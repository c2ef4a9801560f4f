// The short names of options as properties of sockets. Flags read as 0 or 1; text may be written as a Buffer, too.

import { options } from "./options.js";
import type { Untyped } from "./types.js";

export interface Properties {
  /** Bit mask of the I/O threads that serve new connections; 0: all. Default 0. `ZMQ_AFFINITY` */
  affinity: Untyped;
  /** Connections that wait to be accepted. Default 100. `ZMQ_BACKLOG` */
  backlog: Untyped;
  /** Milliseconds for a TCP connect; 0: the system's. Default 0. `ZMQ_CONNECT_TIMEOUT` */
  connect_timeout: Untyped;
  /** Our public key: 40 characters of Z85, or 32 bytes. `ZMQ_CURVE_PUBLICKEY` */
  curve_publickey: Untyped;
  /** Our secret key: 40 characters of Z85, or 32 bytes. `ZMQ_CURVE_SECRETKEY` */
  curve_secretkey: Untyped;
  /** Be the server of CURVE security. Default 0. `ZMQ_CURVE_SERVER` */
  curve_server: Untyped;
  /** A client's: the server's public key, 40 characters of Z85, or 32 bytes. `ZMQ_CURVE_SERVERKEY` */
  curve_serverkey: Untyped;
  /** Milliseconds between heartbeats; 0: none. Default 0. `ZMQ_HEARTBEAT_IVL` */
  heartbeat_ivl: Untyped;
  /** Milliseconds without an answer before the connection is dropped. Default -1: the interval. `ZMQ_HEARTBEAT_TIMEOUT` */
  heartbeat_timeout: Untyped;
  /** Milliseconds after which the peer should give us up, in steps of 100. Default 0. `ZMQ_HEARTBEAT_TTL` */
  heartbeat_ttl: Untyped;
  /** High-water mark of both directions; reads that of sending. Use `ZMQ_SNDHWM` and `ZMQ_RCVHWM`. `ZMQ_HWM` */
  hwm: Untyped;
  /** The name that a router knows us by; null: none yet. `ZMQ_IDENTITY` */
  identity: Untyped;
  /** The endpoint of the last bind or connect, with what a wildcard became; null before. `ZMQ_LAST_ENDPOINT` */
  readonly last_endpoint: Untyped;
  /** Milliseconds that queued messages are kept after close; -1: for ever, 0: not at all. Default -1. `ZMQ_LINGER` */
  linger: Untyped;
  /** Multicast by udp: whether this machine receives its own messages. Default 1. `ZMQ_MULTICAST_LOOP` */
  mcast_loop: Untyped;
  /** The security mechanism in force: 0 none, 1 PLAIN, 2 CURVE, 3 GSSAPI. `ZMQ_MECHANISM` */
  readonly mechanism: Untyped;
  /** Password for PLAIN. Default null. `ZMQ_PLAIN_PASSWORD` */
  plain_password: Untyped;
  /** Be the server of PLAIN security. Default 0. `ZMQ_PLAIN_SERVER` */
  plain_server: Untyped;
  /** User name for PLAIN. Default null. `ZMQ_PLAIN_USERNAME` */
  plain_username: Untyped;
  /** Multicast: kilobits a second at most. Default 100. `ZMQ_RATE` */
  rate: Untyped;
  /** Bytes of the kernel's receive buffer. Default -1: the system's. `ZMQ_RCVBUF` */
  rcvbuf: Untyped;
  /** Milliseconds before reconnecting; -1: never. Default 100. `ZMQ_RECONNECT_IVL` */
  reconnect_ivl: Untyped;
  /** Multicast: milliseconds that a receiver can be away and still recover. Default 10000. `ZMQ_RECOVERY_IVL` */
  recovery_ivl: Untyped;
  /** Bytes of the kernel's send buffer. Default -1: the system's. `ZMQ_SNDBUF` */
  sndbuf: Untyped;
  /** Without effect, and reads as 0: libzmq has had no swap file since version 3. `ZMQ_SWAP` */
  swap: Untyped;
  /** Domain named to the ZAP handler. Default null. `ZMQ_ZAP_DOMAIN` */
  zap_domain: Untyped;
  /** What can be done without waiting: the sum of `ZMQ_POLLIN` and `ZMQ_POLLOUT`. `ZMQ_EVENTS` */
  readonly _ioevents: Untyped;
  /** As `subscribe`, of a sub socket. `ZMQ_SUBSCRIBE` */
  _subscribe: Untyped;
  /** As `unsubscribe`, of a sub socket. `ZMQ_UNSUBSCRIBE` */
  _unsubscribe: Untyped;
  /** Throws: the descriptor is the library's own. `ZMQ_FD` */
  readonly _fd: Untyped;
  /** Throws: messages come as a whole. `ZMQ_RCVMORE` */
  readonly _receiveMore: Untyped;
}

interface Target {
  getsockopt(option: number): unknown;
  setsockopt(option: number, value: never): unknown;
}

/** @internal Defines a property on `prototype` for each short name, through `getsockopt` and `setsockopt`. */
export function defineProperties(prototype: Target): void {
  for (const [name, id] of Object.entries(options)) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: Target) {
        return this.getsockopt(id);
      },
      set(this: Target, value: unknown) {
        this.setsockopt(id, (typeof value === "string" ? Buffer.from(value) : value) as never);
      },
    });
  }
}
