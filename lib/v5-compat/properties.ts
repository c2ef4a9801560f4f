// The short names of options as properties of sockets. Flags read as 0 or 1. Text may be set as a Buffer.

import { options } from "./options.js";
import type { Untyped } from "./types.js";

export interface Properties {
  /**
   * The I/O threads that serve new connections, as a bit mask. 0 means all threads. Default 0. libzmq:
   * `ZMQ_AFFINITY`.
   */
  affinity: Untyped;
  /** The largest number of connections that wait to be accepted. Default 100. libzmq: `ZMQ_BACKLOG`. */
  backlog: Untyped;
  /**
   * How long a TCP connection attempt may take, in milliseconds. Default 0: the system's value. libzmq:
   * `ZMQ_CONNECT_TIMEOUT`.
   */
  connect_timeout: Untyped;
  /** The socket's own public key: 40 characters of Z85, or 32 bytes. libzmq: `ZMQ_CURVE_PUBLICKEY`. */
  curve_publickey: Untyped;
  /** The socket's own secret key: 40 characters of Z85, or 32 bytes. libzmq: `ZMQ_CURVE_SECRETKEY`. */
  curve_secretkey: Untyped;
  /** Whether the socket is the server of CURVE security, 0 or 1. Default 0. libzmq: `ZMQ_CURVE_SERVER`. */
  curve_server: Untyped;
  /** The public key of the server, for a client: 40 characters of Z85, or 32 bytes. libzmq: `ZMQ_CURVE_SERVERKEY`. */
  curve_serverkey: Untyped;
  /** The pause between two heartbeats, in milliseconds. 0 sends none. Default 0. libzmq: `ZMQ_HEARTBEAT_IVL`. */
  heartbeat_ivl: Untyped;
  /**
   * How long to wait for the answer to a heartbeat, in milliseconds. Default -1: `heartbeat_ivl`. libzmq:
   * `ZMQ_HEARTBEAT_TIMEOUT`.
   */
  heartbeat_timeout: Untyped;
  /**
   * How long the peer should wait for traffic before it closes the connection, in milliseconds. Default 0. libzmq:
   * `ZMQ_HEARTBEAT_TTL`.
   */
  heartbeat_ttl: Untyped;
  /**
   * The high-water mark of both directions. Reads that of sending. Prefer `ZMQ_SNDHWM` and `ZMQ_RCVHWM`. Default
   * 1000. libzmq 2: `ZMQ_HWM`.
   */
  hwm: Untyped;
  /** The name by which a router addresses this socket. Default null. libzmq: `ZMQ_ROUTING_ID`. */
  identity: Untyped;
  /** The endpoint of the last bind or connect, with wildcards replaced. Null before. libzmq: `ZMQ_LAST_ENDPOINT`. */
  readonly last_endpoint: Untyped;
  /**
   * How long queued messages are kept after `close`, in milliseconds. 0 drops them; -1 sets no limit. Default -1.
   * libzmq: `ZMQ_LINGER`.
   */
  linger: Untyped;
  /**
   * Whether multicast over udp is also delivered on the sending machine, 0 or 1. Default 1. libzmq:
   * `ZMQ_MULTICAST_LOOP`.
   */
  mcast_loop: Untyped;
  /** The security mechanism: 0 none, 1 PLAIN, 2 CURVE, 3 GSSAPI. libzmq: `ZMQ_MECHANISM`. */
  readonly mechanism: Untyped;
  /** The password for PLAIN, which sends it in clear text. Default null. libzmq: `ZMQ_PLAIN_PASSWORD`. */
  plain_password: Untyped;
  /** Whether the socket is the server of PLAIN security, 0 or 1. Default 0. libzmq: `ZMQ_PLAIN_SERVER`. */
  plain_server: Untyped;
  /** The user name for PLAIN. Default null. libzmq: `ZMQ_PLAIN_USERNAME`. */
  plain_username: Untyped;
  /** The largest rate of a multicast publisher, in kilobits per second. Default 100. libzmq: `ZMQ_RATE`. */
  rate: Untyped;
  /** The size of the kernel's receive buffer, in bytes. Default -1: the system's size. libzmq: `ZMQ_RCVBUF`. */
  rcvbuf: Untyped;
  /**
   * The pause before a reconnect, in milliseconds. -1 disables reconnecting. Default 100. libzmq:
   * `ZMQ_RECONNECT_IVL`.
   */
  reconnect_ivl: Untyped;
  /**
   * How long a lost multicast packet can be requested again, in milliseconds. Default 10000. libzmq:
   * `ZMQ_RECOVERY_IVL`.
   */
  recovery_ivl: Untyped;
  /** The size of the kernel's send buffer, in bytes. Default -1: the system's size. libzmq: `ZMQ_SNDBUF`. */
  sndbuf: Untyped;
  /** Has no effect and reads as 0: libzmq has had no swap file since version 3. libzmq 2: `ZMQ_SWAP`. */
  swap: Untyped;
  /** The domain that is passed to the ZAP handler. Default null. libzmq: `ZMQ_ZAP_DOMAIN`. */
  zap_domain: Untyped;
  /** The operations that need not wait: the sum of `ZMQ_POLLIN` and `ZMQ_POLLOUT`. libzmq: `ZMQ_EVENTS`. */
  readonly _ioevents: Untyped;
  /** Setting it calls `subscribe` of a sub socket. libzmq: `ZMQ_SUBSCRIBE`. */
  _subscribe: Untyped;
  /** Setting it calls `unsubscribe` of a sub socket. libzmq: `ZMQ_UNSUBSCRIBE`. */
  _unsubscribe: Untyped;
  /** Not supported: the library owns the descriptor. Reading it throws an Error. libzmq: `ZMQ_FD`. */
  readonly _fd: Untyped;
  /** Not supported: messages are received as a whole. Reading it throws an Error. libzmq: `ZMQ_RCVMORE`. */
  readonly _receiveMore: Untyped;
}

interface Target {
  getsockopt(option: number): unknown;
  setsockopt(option: number, value: never): unknown;
}

/** @internal Defines a property for each short name, which calls `getsockopt` and `setsockopt`. */
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
