// The short names of options as properties of sockets. Flags read as 0 or 1; text may be written as a Buffer, too.

import { options } from "./options.js";

/** @inline */
type Text = string | Buffer | null;
/** @inline */
type Flag = 0 | 1;

export interface Properties {
  /** Bit mask of the I/O threads that serve new connections; 0: all. Default 0. `ZMQ_AFFINITY` */
  affinity: number;
  /** Connections that wait to be accepted. Default 100. `ZMQ_BACKLOG` */
  backlog: number;
  /** Milliseconds for a TCP connect; 0: the system's. Default 0. `ZMQ_CONNECT_TIMEOUT` */
  connect_timeout: number;
  /** Our public key: 40 characters of Z85, or 32 bytes. `ZMQ_CURVE_PUBLICKEY` */
  get curve_publickey(): string | null;
  set curve_publickey(value: Text);
  /** Our secret key: 40 characters of Z85, or 32 bytes. `ZMQ_CURVE_SECRETKEY` */
  get curve_secretkey(): string | null;
  set curve_secretkey(value: Text);
  /** Be the server of CURVE security. Default 0. `ZMQ_CURVE_SERVER` */
  get curve_server(): Flag;
  set curve_server(value: number | boolean);
  /** A client's: the server's public key, 40 characters of Z85, or 32 bytes. `ZMQ_CURVE_SERVERKEY` */
  get curve_serverkey(): string | null;
  set curve_serverkey(value: Text);
  /** Milliseconds between heartbeats; 0: none. Default 0. `ZMQ_HEARTBEAT_IVL` */
  heartbeat_ivl: number;
  /** Milliseconds without an answer before the connection is dropped. Default -1: the interval. `ZMQ_HEARTBEAT_TIMEOUT` */
  heartbeat_timeout: number;
  /** Milliseconds after which the peer should give us up, in steps of 100. Default 0. `ZMQ_HEARTBEAT_TTL` */
  heartbeat_ttl: number;
  /** The name that a router knows us by; null: none yet. `ZMQ_IDENTITY` */
  get identity(): string | null;
  set identity(value: Text);
  /** The endpoint of the last bind or connect, with what a wildcard became; null before. `ZMQ_LAST_ENDPOINT` */
  readonly last_endpoint: string | null;
  /** Milliseconds that queued messages are kept after close; -1: for ever, 0: not at all. Default -1. `ZMQ_LINGER` */
  linger: number;
  /** The security mechanism in force: 0 none, 1 PLAIN, 2 CURVE, 3 GSSAPI. `ZMQ_MECHANISM` */
  readonly mechanism: number;
  /** Password for PLAIN. Default null. `ZMQ_PLAIN_PASSWORD` */
  get plain_password(): string | null;
  set plain_password(value: Text);
  /** Be the server of PLAIN security. Default 0. `ZMQ_PLAIN_SERVER` */
  get plain_server(): Flag;
  set plain_server(value: number | boolean);
  /** User name for PLAIN. Default null. `ZMQ_PLAIN_USERNAME` */
  get plain_username(): string | null;
  set plain_username(value: Text);
  /** Multicast: kilobits a second at most. Default 100. `ZMQ_RATE` */
  rate: number;
  /** Bytes of the kernel's receive buffer. Default -1: the system's. `ZMQ_RCVBUF` */
  rcvbuf: number;
  /** Milliseconds before reconnecting; -1: never. Default 100. `ZMQ_RECONNECT_IVL` */
  reconnect_ivl: number;
  /** Multicast: milliseconds that a receiver can be away and still recover. Default 10000. `ZMQ_RECOVERY_IVL` */
  recovery_ivl: number;
  /** Bytes of the kernel's send buffer. Default -1: the system's. `ZMQ_SNDBUF` */
  sndbuf: number;
  /** Domain named to the ZAP handler. Default null. `ZMQ_ZAP_DOMAIN` */
  get zap_domain(): string | null;
  set zap_domain(value: Text);
  /** What can be done without waiting: the sum of `ZMQ_POLLIN` and `ZMQ_POLLOUT`. `ZMQ_EVENTS` */
  readonly _ioevents: number;
  /** As `subscribe`, of a sub socket. `ZMQ_SUBSCRIBE` */
  set _subscribe(value: Text);
  /** As `unsubscribe`, of a sub socket. `ZMQ_UNSUBSCRIBE` */
  set _unsubscribe(value: Text);
  /** Throws: the descriptor is the library's own. `ZMQ_FD` */
  readonly _fd: never;
  /** Throws: messages come as a whole. `ZMQ_RCVMORE` */
  readonly _receiveMore: never;
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
