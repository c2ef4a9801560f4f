// The options of libzmq, one row each, in groups by the socket types that have them (see lib/socket/classes.ts). To add
// an option, add a row. A row's comment is the documentation of the property. The values in its `@throws` are those of
// lib/options/explain.ts; test/types/docstrings.test.ts compares them.

import * as zmq from "../binding/constants.js";
import { type Option, rows } from "./kinds.js";

const { int32, uint32, limit, uint64, boolean, string, binary, text, key, names } = rows;

/** Options of a context. */
export const contextOptions = {
  /**
   * The number of libzmq's I/O threads. One thread handles about a gigabyte per second. Set it before the first
   * socket of the context is created.
   *
   * Default 1. libzmq: `ZMQ_IO_THREADS`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  ioThreads: int32(zmq.ZMQ_IO_THREADS),
  /**
   * The largest number of sockets that may be open in the context. An observer needs one socket, a proxy two. Set it
   * before the first socket of the context is created.
   *
   * Default 1023. libzmq: `ZMQ_MAX_SOCKETS`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 1 to maxSocketsLimit.
   */
  maxSockets: int32(zmq.ZMQ_MAX_SOCKETS),
  /**
   * The largest value that `maxSockets` may have.
   *
   * Can only be read. libzmq: `ZMQ_SOCKET_LIMIT`.
   */
  maxSocketsLimit: int32(zmq.ZMQ_SOCKET_LIMIT, { access: "r" }),
  /**
   * The priority of the I/O threads, a number of the platform's scheduling policy. Set it before the first socket of
   * the context is created.
   *
   * Default: the system's priority. Can only be set. libzmq: `ZMQ_THREAD_PRIORITY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  threadPriority: int32(zmq.ZMQ_THREAD_PRIORITY, { access: "w" }),
  /**
   * The scheduling policy of the I/O threads, a number such as `SCHED_FIFO` of the platform. Set it before the first
   * socket of the context is created.
   *
   * Default: the system's policy. Can only be set. libzmq: `ZMQ_THREAD_SCHED_POLICY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  threadSchedulingPolicy: int32(zmq.ZMQ_THREAD_SCHED_POLICY, { access: "w" }),
  /**
   * libzmq stores this limit but does not enforce it. Use `maxMessageSize` of a socket instead.
   *
   * In bytes. Default 2147483647. libzmq: `ZMQ_MAX_MSGSZ`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 0.
   */
  maxMessageSize: int32(zmq.ZMQ_MAX_MSGSZ),
  /**
   * Whether sockets created from now on use IPv6. It is the default of a socket's `ipv6`.
   *
   * Default false. libzmq: `ZMQ_IPV6`.
   */
  ipv6: boolean(zmq.ZMQ_IPV6),
  /**
   * Whether closing the context waits for queued messages. False makes 0 the default of `linger` for sockets created
   * from now on.
   *
   * Default true. libzmq: `ZMQ_BLOCKY`.
   */
  blocky: boolean(zmq.ZMQ_BLOCKY),
};

/** Options of every socket. */
export const commonOptions = {
  /**
   * The I/O threads that serve new connections, as a bit mask: bit 0 is the first thread. 0 means all threads.
   *
   * Default 0. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_AFFINITY`.
   */
  affinity: uint64(zmq.ZMQ_AFFINITY),
  /**
   * The largest rate at which a multicast publisher sends; subscribers need the same value.
   *
   * In kilobits per second. Default 100. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RATE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: kilobits per second from 1.
   */
  rate: int32(zmq.ZMQ_RATE),
  /**
   * How long a multicast subscriber can request a lost packet again. The publisher keeps that much data.
   *
   * In milliseconds. Default 10000. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RECOVERY_IVL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0.
   */
  recoveryInterval: int32(zmq.ZMQ_RECOVERY_IVL),
  /**
   * How long libzmq keeps trying to send queued messages after the socket was closed. 0 drops them at once; -1 sets
   * no limit, so the process may never end.
   *
   * In milliseconds. Default -1, or 0 in a context with `blocky: false`. Takes effect at once. libzmq: `ZMQ_LINGER`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (drop queued messages), or -1 to
   * keep them without a limit.
   */
  linger: int32(zmq.ZMQ_LINGER, { live: true }),
  /**
   * The pause before libzmq reconnects a lost connection. -1 disables reconnecting.
   *
   * In milliseconds. Default 100. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RECONNECT_IVL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0, or -1 to never reconnect.
   */
  reconnectInterval: int32(zmq.ZMQ_RECONNECT_IVL),
  /**
   * The largest number of connections that wait to be accepted.
   *
   * Default 100. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_BACKLOG`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  backlog: int32(zmq.ZMQ_BACKLOG),
  /**
   * The limit up to which the pause doubles after each failed attempt to reconnect. 0 keeps the pause at
   * `reconnectInterval`.
   *
   * In milliseconds. Default 0. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RECONNECT_IVL_MAX`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (no doubling).
   */
  reconnectMaxInterval: int32(zmq.ZMQ_RECONNECT_IVL_MAX),
  /**
   * The largest size of a message from a peer, all frames together. libzmq drops a larger message, emits
   * `message:rejected` and closes the connection. -1 sets no limit. Does not apply to inproc and Stream. In other
   * builds of libzmq the limit applies to each frame.
   *
   * In bytes. Default -1. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_MAXMSGSIZE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 0, or -1 for no limit.
   */
  maxMessageSize: limit(zmq.ZMQ_MAXMSGSIZE),
  /**
   * The largest number of frames of a message from a peer, including its envelope. libzmq drops a message with more
   * frames, emits `message:rejected` and closes the connection. -1 sets no limit. Does not apply to inproc. Only the
   * bundled libzmq has this option; with the system's libzmq it throws `EINVAL`.
   *
   * Default 65536. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_MAXFRAMES`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 1, or -1 for no limit.
   */
  maxFrames: int32(zmq.ZMQ_MAXFRAMES),
  /**
   * Whether TCP keep-alive is on (1), off (0) or left to the system (-1).
   *
   * Default -1. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_TCP_KEEPALIVE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 0 (off), 1 (on), or -1 for the system's default.
   */
  tcpKeepalive: int32(zmq.ZMQ_TCP_KEEPALIVE),
  /**
   * The number of unanswered keep-alive probes after which the system drops a TCP connection.
   *
   * Default -1: the system's value. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_TCP_KEEPALIVE_CNT`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0, or -1 for the system's
   * default.
   */
  tcpKeepaliveCount: int32(zmq.ZMQ_TCP_KEEPALIVE_CNT),
  /**
   * How long a TCP connection must be silent before the first keep-alive probe.
   *
   * In seconds. Default -1: the system's value. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_TCP_KEEPALIVE_IDLE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: seconds from 0, or -1 for the system's default.
   */
  tcpKeepaliveIdle: int32(zmq.ZMQ_TCP_KEEPALIVE_IDLE),
  /**
   * The pause between two keep-alive probes of a TCP connection.
   *
   * In seconds. Default -1: the system's value. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_TCP_KEEPALIVE_INTVL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: seconds from 0, or -1 for the system's default.
   */
  tcpKeepaliveInterval: int32(zmq.ZMQ_TCP_KEEPALIVE_INTVL),
  /**
   * Adds an address or network (CIDR) whose peers may connect over TCP; null removes all filters. libzmq deprecates
   * it: use a ZAP handler instead.
   *
   * Default: all addresses. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_TCP_ACCEPT_FILTER`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: an address or a network such as 10.0.0.0/8, or null
   * to remove all filters.
   */
  tcpAcceptFilter: string(zmq.ZMQ_TCP_ACCEPT_FILTER),
  /**
   * When true, messages are queued only for completed connections, so `send` waits while no peer is connected. When
   * false, they are also queued for connections that libzmq is still trying to make.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_IMMEDIATE`.
   */
  immediate: boolean(zmq.ZMQ_IMMEDIATE),
  /**
   * Whether the socket uses IPv6. IPv4 addresses then work as well.
   *
   * Default: `ipv6` of the context, which is false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_IPV6`.
   */
  ipv6: boolean(zmq.ZMQ_IPV6),
  /**
   * Whether the socket is the server of PLAIN authentication, which sends passwords in clear text. A ZAP handler
   * checks them.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_PLAIN_SERVER`.
   */
  plainServer: boolean(zmq.ZMQ_PLAIN_SERVER),
  /**
   * The user name for PLAIN authentication as a client. Null disables PLAIN.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_PLAIN_USERNAME`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 1 to 255 bytes, or null for none.
   */
  plainUsername: text(zmq.ZMQ_PLAIN_USERNAME),
  /**
   * The password for PLAIN authentication as a client. PLAIN sends it in clear text.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_PLAIN_PASSWORD`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 1 to 255 bytes, or null for none.
   */
  plainPassword: text(zmq.ZMQ_PLAIN_PASSWORD),
  /**
   * The domain that is passed to the ZAP handler, which decides who may connect.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_ZAP_DOMAIN`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: up to 255 bytes, or null for none.
   */
  zapDomain: string(zmq.ZMQ_ZAP_DOMAIN),
  /**
   * The type-of-service byte of IP packets.
   *
   * Default 0. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_TOS`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  typeOfService: uint32(zmq.ZMQ_TOS),
  /**
   * How long the ZMTP handshake of a new connection may take before libzmq closes it. 0 sets no limit.
   *
   * In milliseconds. Default 30000. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_HANDSHAKE_IVL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (no limit).
   */
  handshakeInterval: int32(zmq.ZMQ_HANDSHAKE_IVL),
  /**
   * The SOCKS5 proxy for TCP connections, as `host:port`. Null connects directly.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_SOCKS_PROXY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: host:port, or null for none.
   */
  socksProxy: text(zmq.ZMQ_SOCKS_PROXY),
  /**
   * The pause between two ZMTP heartbeats, which detect dead connections. 0 sends none.
   *
   * In milliseconds. Default 0. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_HEARTBEAT_IVL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (no heartbeats).
   */
  heartbeatInterval: int32(zmq.ZMQ_HEARTBEAT_IVL),
  /**
   * How long the peer should wait for traffic before it closes the connection. Sent with each heartbeat, in steps of
   * 100.
   *
   * In milliseconds. Default 0: the peer's own setting. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_HEARTBEAT_TTL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 to 6553599.
   */
  heartbeatTimeToLive: int32(zmq.ZMQ_HEARTBEAT_TTL),
  /**
   * How long libzmq waits for the answer to a heartbeat before it closes the connection.
   *
   * In milliseconds. Default -1: `heartbeatInterval`. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_HEARTBEAT_TIMEOUT`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0.
   */
  heartbeatTimeout: int32(zmq.ZMQ_HEARTBEAT_TIMEOUT),
  /**
   * How long a TCP connection attempt may take. 0 leaves it to the system.
   *
   * In milliseconds. Default 0. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CONNECT_TIMEOUT`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (the system's default).
   */
  connectTimeout: int32(zmq.ZMQ_CONNECT_TIMEOUT),
  /**
   * How long sent TCP data may stay unacknowledged before the system closes the connection. 0 leaves it to the
   * system.
   *
   * In milliseconds. Default 0. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_TCP_MAXRT`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (the system's default).
   */
  tcpMaxRetransmitTimeout: int32(zmq.ZMQ_TCP_MAXRT),
  /**
   * The largest size of a multicast packet, including headers. All peers need the same value.
   *
   * In bytes. Default 1500. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_MULTICAST_MAXTPDU`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 1.
   */
  multicastMaxTransportDataUnit: int32(zmq.ZMQ_MULTICAST_MAXTPDU),
  /**
   * The size of the buffer of a VMCI connection.
   *
   * In bytes. Only builds of libzmq with VMCI have this option; others throw `EINVAL`. Takes effect at the next
   * `bind` or `connect`. libzmq: `ZMQ_VMCI_BUFFER_SIZE`.
   */
  vmciBufferSize: uint64(zmq.ZMQ_VMCI_BUFFER_SIZE),
  /**
   * The smallest size of the buffer of a VMCI connection.
   *
   * In bytes. Only builds of libzmq with VMCI have this option; others throw `EINVAL`. Takes effect at the next
   * `bind` or `connect`. libzmq: `ZMQ_VMCI_BUFFER_MIN_SIZE`.
   */
  vmciBufferMinSize: uint64(zmq.ZMQ_VMCI_BUFFER_MIN_SIZE),
  /**
   * The largest size of the buffer of a VMCI connection.
   *
   * In bytes. Only builds of libzmq with VMCI have this option; others throw `EINVAL`. Takes effect at the next
   * `bind` or `connect`. libzmq: `ZMQ_VMCI_BUFFER_MAX_SIZE`.
   */
  vmciBufferMaxSize: uint64(zmq.ZMQ_VMCI_BUFFER_MAX_SIZE),
  /**
   * How long a VMCI connection attempt may take.
   *
   * In milliseconds. Only builds of libzmq with VMCI have this option; others throw `EINVAL`. Takes effect at the
   * next `bind` or `connect`. libzmq: `ZMQ_VMCI_CONNECT_TIMEOUT`.
   */
  vmciConnectTimeout: int32(zmq.ZMQ_VMCI_CONNECT_TIMEOUT),
  /**
   * The name of the network interface that the socket uses, on Linux. May need `CAP_NET_RAW`.
   *
   * Default null: any interface. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_BINDTODEVICE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: the name of a network interface, or null for none.
   */
  interface: text(zmq.ZMQ_BINDTODEVICE),
  /**
   * Whether a connection without security is rejected when `zapDomain` is set and no ZAP handler is running.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_ZAP_ENFORCE_DOMAIN`.
   */
  zapEnforceDomain: boolean(zmq.ZMQ_ZAP_ENFORCE_DOMAIN),
  /**
   * Whether TCP on the loopback interface uses the fast path, on Windows.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_LOOPBACK_FASTPATH`.
   */
  loopbackFastPath: boolean(zmq.ZMQ_LOOPBACK_FASTPATH),
  /**
   * How long the kernel busy-polls the network device when a TCP socket has no data, on Linux. Values above the
   * system's default have no effect without `CAP_NET_ADMIN`.
   *
   * In microseconds. Default 0: the system's value. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`.
   * libzmq: `ZMQ_BUSY_POLL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: microseconds from 0.
   */
  busyPoll: int32(zmq.ZMQ_BUSY_POLL),
};

/** Read-only options of every socket. */
export const statusOptions = {
  /**
   * The type of the socket, a number such as `ZMQ_PUSH` (8).
   *
   * Can only be read. libzmq: `ZMQ_TYPE`.
   */
  type: int32(zmq.ZMQ_TYPE, { access: "r" }),
  /**
   * The endpoint of the last successful `bind` or `connect`, with wildcards replaced by the actual port or path. Null
   * before the first one.
   *
   * Can only be read. libzmq: `ZMQ_LAST_ENDPOINT`.
   */
  lastEndpoint: string(zmq.ZMQ_LAST_ENDPOINT, { access: "r" }),
  /**
   * The security mechanism that the socket's options select. Null means none.
   *
   * Can only be read. libzmq: `ZMQ_MECHANISM`.
   */
  securityMechanism: names([null, "plain", "curve", "gssapi"] as const, zmq.ZMQ_MECHANISM, { access: "r" }),
  /**
   * Whether libzmq allows several threads to use the socket: true for Client, Server, Radio, Dish and other draft
   * types.
   *
   * Can only be read. libzmq: `ZMQ_THREAD_SAFE`.
   */
  threadSafe: boolean(zmq.ZMQ_THREAD_SAFE, { access: "r" }),
};

/** Options of every socket where libzmq was built with CURVE. */
export const curveOptions = {
  /**
   * Whether the socket is the server of CURVE security. It then needs `curveSecretKey`.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_SERVER`.
   */
  curveServer: boolean(zmq.ZMQ_CURVE_SERVER),
  /**
   * The socket's own public key, 40 characters of Z85 or 32 bytes. Clients need it.
   *
   * Default: zeros, and CURVE is off. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_PUBLICKEY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 40 characters of Z85, or 32 bytes, as curveKeyPair()
   * makes them.
   */
  curvePublicKey: key(zmq.ZMQ_CURVE_PUBLICKEY),
  /**
   * The socket's own secret key, 40 characters of Z85 or 32 bytes. Servers and clients need it.
   *
   * Default: zeros, and CURVE is off. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_SECRETKEY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 40 characters of Z85, or 32 bytes, as curveKeyPair()
   * makes them.
   */
  curveSecretKey: key(zmq.ZMQ_CURVE_SECRETKEY),
  /**
   * The public key of the server, 40 characters of Z85 or 32 bytes. It makes the socket a CURVE client.
   *
   * Default: zeros, and CURVE is off. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_SERVERKEY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 40 characters of Z85, or 32 bytes, as curveKeyPair()
   * makes them.
   */
  curveServerKey: key(zmq.ZMQ_CURVE_SERVERKEY),
};

const gssapiNameTypes = ["hostBased", "userName", "krb5Principal"] as const;

/** Options of every socket where libzmq was built with GSSAPI; undefined elsewhere. */
export const gssapiOptions = {
  /**
   * Whether the socket is the server of GSSAPI security.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_SERVER`.
   */
  gssapiServer: boolean(zmq.ZMQ_GSSAPI_SERVER),
  /**
   * The principal of this socket.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_PRINCIPAL`.
   */
  gssapiPrincipal: string(zmq.ZMQ_GSSAPI_PRINCIPAL),
  /**
   * The principal of the server, for a client.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_SERVICE_PRINCIPAL`.
   */
  gssapiServicePrincipal: string(zmq.ZMQ_GSSAPI_SERVICE_PRINCIPAL),
  /**
   * Whether GSSAPI only authenticates and does not encrypt messages.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_PLAINTEXT`.
   */
  gssapiPlainText: boolean(zmq.ZMQ_GSSAPI_PLAINTEXT),
  /**
   * The kind of name in `gssapiPrincipal`.
   *
   * Default `"hostBased"`. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_PRINCIPAL_NAMETYPE`.
   */
  gssapiPrincipalNameType: names(gssapiNameTypes, zmq.ZMQ_GSSAPI_PRINCIPAL_NAMETYPE),
  /**
   * The kind of name in `gssapiServicePrincipal`.
   *
   * Default `"hostBased"`. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE`.
   */
  gssapiServicePrincipalNameType: names(gssapiNameTypes, zmq.ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE),
};

/** Options of every socket where libzmq was built with GnuTLS; undefined elsewhere. */
export const wssOptions = {
  /**
   * The server's private key, as PEM text.
   *
   * Default: none. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_WSS_KEY_PEM`.
   */
  wssKey: string(zmq.ZMQ_WSS_KEY_PEM, { access: "w" }),
  /**
   * The server's certificate for `wssKey`, as PEM text.
   *
   * Default: none. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_WSS_CERT_PEM`.
   */
  wssCertificate: string(zmq.ZMQ_WSS_CERT_PEM, { access: "w" }),
  /**
   * The certificates that a client trusts as issuers of the server's certificate, as PEM text.
   *
   * Default: none. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_WSS_TRUST_PEM`.
   */
  wssTrust: string(zmq.ZMQ_WSS_TRUST_PEM, { access: "w" }),
  /**
   * Whether a client also trusts the certificate authorities of the system.
   *
   * Default false. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_WSS_TRUST_SYSTEM`.
   */
  wssTrustSystem: boolean(zmq.ZMQ_WSS_TRUST_SYSTEM, { access: "w" }),
  /**
   * The host name that the server's certificate must have, for a client.
   *
   * Default: any name. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_WSS_HOSTNAME`.
   */
  wssHostname: string(zmq.ZMQ_WSS_HOSTNAME, { access: "w" }),
};

/** Options of sockets that send. */
export const sendOptions = {
  /**
   * The size of the kernel's send buffer of a connection.
   *
   * In bytes. Default -1: the system's size. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_SNDBUF`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 0, or -1 for the system's default.
   */
  sendBufferSize: int32(zmq.ZMQ_SNDBUF),
  /**
   * The largest number of messages that are queued for one peer. When the queue is full, `send` waits; Publisher,
   * XPublisher and Radio drop messages for that peer. 0 sets no limit. The kernel's buffers hold further messages.
   *
   * Default 1000. Takes effect at once. libzmq: `ZMQ_SNDHWM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 (no limit).
   */
  sendHighWaterMark: int32(zmq.ZMQ_SNDHWM, { live: true }),
  /**
   * The largest number of routers that a multicast packet may pass, plus one: 1 stays in the local network.
   *
   * Default 1. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_MULTICAST_HOPS`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 1.
   */
  multicastHops: int32(zmq.ZMQ_MULTICAST_HOPS),
  /**
   * How long `send` waits while no peer has room for the message. 0 does not wait; -1 sets no limit.
   *
   * In milliseconds. Default -1. Takes effect at once. libzmq: `ZMQ_SNDTIMEO`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (do not wait), or -1 to wait
   * without a limit.
   */
  sendTimeout: int32(zmq.ZMQ_SNDTIMEO, { live: true }),
};

/** Options of sockets that receive. */
export const receiveOptions = {
  /**
   * The size of the kernel's receive buffer of a connection.
   *
   * In bytes. Default -1: the system's size. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RCVBUF`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 0, or -1 for the system's default.
   */
  receiveBufferSize: int32(zmq.ZMQ_RCVBUF),
  /**
   * The largest number of messages from one peer that are queued for `receive`. When the queue is full, libzmq stops
   * reading from that peer. 0 sets no limit.
   *
   * Default 1000. Takes effect at once. libzmq: `ZMQ_RCVHWM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 (no limit).
   */
  receiveHighWaterMark: int32(zmq.ZMQ_RCVHWM, { live: true }),
  /**
   * How long `receive` waits for a message. 0 does not wait; -1 sets no limit.
   *
   * In milliseconds. Default -1. Takes effect at once. libzmq: `ZMQ_RCVTIMEO`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (do not wait), or -1 to wait
   * without a limit.
   */
  receiveTimeout: int32(zmq.ZMQ_RCVTIMEO, { live: true }),
};

/** Options of Request, Reply, Dealer, Router. */
export const routingIdOptions = {
  /**
   * The name by which a Router addresses this socket. It must be unique among the Router's peers. Reads as text, up
   * to the first NUL.
   *
   * Default null: the Router assigns an id. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_ROUTING_ID`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 1 to 255 bytes, of which the first is not 0.
   */
  routingId: string(zmq.ZMQ_ROUTING_ID),
  /**
   * The same as `routingId`, but reads as a Buffer: for ids that are not text.
   *
   * Default: an empty Buffer. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_ROUTING_ID`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 1 to 255 bytes, of which the first is not 0.
   */
  routingIdBytes: binary(zmq.ZMQ_ROUTING_ID) as Option<Buffer>,
};

/** Options of Router. */
export const routerOptions = {
  /**
   * Whether a message to an unknown or full peer is an error. When true, `send` rejects with `EHOSTUNREACH` for an
   * unknown peer and waits for a full one. When false, such messages are dropped.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_ROUTER_MANDATORY`.
   */
  mandatory: boolean(zmq.ZMQ_ROUTER_MANDATORY, { access: "w", live: true }),
  /**
   * Whether a new peer takes over a routing id that another peer is using. When false, libzmq rejects the new peer.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_ROUTER_HANDOVER`.
   */
  handover: boolean(zmq.ZMQ_ROUTER_HANDOVER, { access: "w", live: true }),
};

/** Options of Router, Dealer, Request. */
export const probeOptions = {
  /**
   * Whether the socket sends an empty message on each new connection, so that a Router learns its routing id.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_PROBE_ROUTER`.
   */
  probeRouter: boolean(zmq.ZMQ_PROBE_ROUTER, { access: "w", live: true }),
};

/** Options of Request. */
export const requestOptions = {
  /**
   * Whether replies must match their request by an id. Replies to earlier requests are dropped.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_REQ_CORRELATE`.
   */
  correlate: boolean(zmq.ZMQ_REQ_CORRELATE, { access: "w", live: true }),
  /**
   * Whether a new request may be sent before the reply to the last one has arrived. Set `correlate` as well: otherwise
   * a late reply may be taken for the reply to the new request.
   *
   * Default false. Can only be set. Takes effect at once. libzmq: `ZMQ_REQ_RELAXED`.
   */
  relaxed: boolean(zmq.ZMQ_REQ_RELAXED, { access: "w", live: true }),
};

/** Options of Pull, Push, Subscriber, Publisher, Dealer. */
export const conflateOptions = {
  /**
   * Whether only the last message is kept in each queue. Messages must have one frame.
   *
   * Default false. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CONFLATE`.
   */
  conflate: boolean(zmq.ZMQ_CONFLATE, { access: "w" }),
};

/** Options of Publisher and XPublisher. */
export const publishOptions = {
  /**
   * Whether `send` waits for slow subscribers instead of dropping their messages.
   *
   * Default false. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_XPUB_NODROP`.
   */
  noDrop: boolean(zmq.ZMQ_XPUB_NODROP, { access: "w" }),
};

/** Options of XPublisher. */
export const xpublisherOptions = {
  /**
   * Whether the program decides about subscriptions: it receives each subscription message and answers it by setting
   * options of libzmq.
   *
   * Default false. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_XPUB_MANUAL`.
   */
  manual: boolean(zmq.ZMQ_XPUB_MANUAL, { access: "w" }),
  /**
   * The message that each new subscriber receives first. Null sends none.
   *
   * Default null. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_XPUB_WELCOME_MSG`.
   */
  welcomeMessage: string(zmq.ZMQ_XPUB_WELCOME_MSG, { access: "w" }),
};

/** Options of Publisher, Subscriber, XPublisher. */
export const matchOptions = {
  /**
   * Whether messages are delivered that match no subscription, instead of those that match one. Publisher and
   * subscriber need the same value.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_INVERT_MATCHING`.
   */
  invertMatching: boolean(zmq.ZMQ_INVERT_MATCHING),
};

/** Options of XSubscriber. */
export const xsubscriberOptions = {
  /**
   * Whether every unsubscription is sent to publishers. When false, libzmq sends only the last unsubscription of each
   * topic.
   *
   * Default false. Since libzmq 4.3.5. Can only be set. Takes effect at once. libzmq: `ZMQ_XSUB_VERBOSE_UNSUBSCRIBE`.
   */
  verboseUnsubscribe: boolean(zmq.ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, { access: "w", live: true }),
};

/** Read-only options of Publisher, XPublisher, Subscriber and XSubscriber. */
export const topicOptions = {
  /**
   * The number of different topics that are subscribed to. For a publisher: by all its peers together. Since libzmq
   * 4.3.5.
   *
   * Can only be read. libzmq: `ZMQ_TOPICS_COUNT`.
   */
  topicsCount: int32(zmq.ZMQ_TOPICS_COUNT, { access: "r" }),
};

/** Options of Dealer, Client and Peer. */
export const hiccupOptions = {
  /**
   * The message that this socket itself receives whenever it loses a connection that it made. Null receives none.
   * While the queue is full, only one such message is added.
   *
   * Default null. Since libzmq 4.3.5. Can only be set. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_HICCUP_MSG`.
   */
  hiccupMessage: string(zmq.ZMQ_HICCUP_MSG, { access: "w" }),
};

const normModes = ["fixed", "cc", "ccl", "cce", "cceEcnOnly"] as const;

/**
 * Options of Publisher, XPublisher, Subscriber and XSubscriber where libzmq was built with NORM; undefined elsewhere. If
 * the options of an endpoint contradict each other, the socket emits `bind:error`.
 */
export const normOptions = {
  /**
   * The congestion control of a NORM publisher: none at a fixed `rate`, NORM-CC, loss-tolerant (NORM-CCL), also by
   * ECN (NORM-CCE), or by ECN only.
   *
   * Default `"cc"`. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_MODE`.
   */
  normMode: names(normModes, zmq.ZMQ_NORM_MODE),
  /**
   * Whether NORM subscribers request lost data from the publisher only, instead of the whole group.
   *
   * Default false. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_UNICAST_NACK`.
   */
  normUnicastNack: boolean(zmq.ZMQ_NORM_UNICAST_NACK),
  /**
   * The size of NORM's buffers.
   *
   * In kilobytes. Default 2048. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_NORM_BUFFER_SIZE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: kilobytes from 1 to 1048576.
   */
  normBufferSize: int32(zmq.ZMQ_NORM_BUFFER_SIZE),
  /**
   * The size of a segment that a NORM publisher sends.
   *
   * In bytes. Default 1400. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_NORM_SEGMENT_SIZE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 1 to 65000.
   */
  normSegmentSize: int32(zmq.ZMQ_NORM_SEGMENT_SIZE),
  /**
   * The number of segments in a block of a NORM publisher. Together with `normNumParity` at most 255.
   *
   * Default 16. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_BLOCK_SIZE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 1 to 255.
   */
  normBlockSize: int32(zmq.ZMQ_NORM_BLOCK_SIZE),
  /**
   * The number of parity segments that a NORM publisher computes for each block, to repair losses.
   *
   * Default 4. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_NUM_PARITY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 to 254.
   */
  normNumParity: int32(zmq.ZMQ_NORM_NUM_PARITY),
  /**
   * The number of parity segments that are sent with each block without a request.
   *
   * Default 0. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_NUM_AUTOPARITY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 to 254.
   */
  normNumAutoparity: int32(zmq.ZMQ_NORM_NUM_AUTOPARITY),
  /**
   * Whether a NORM publisher with a full buffer drops its oldest data instead of waiting.
   *
   * Default false. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_PUSH`.
   */
  normPush: boolean(zmq.ZMQ_NORM_PUSH),
};

/** Options of Stream. */
export const streamOptions = {
  /**
   * Whether the socket receives an empty message each time a peer connects or disconnects.
   *
   * Default true. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_STREAM_NOTIFY`.
   */
  notify: boolean(zmq.ZMQ_STREAM_NOTIFY, { access: "w" }),
};

const tables = [
  commonOptions,
  sendOptions,
  receiveOptions,
  routerOptions,
  probeOptions,
  requestOptions,
  xsubscriberOptions,
];

/** @internal Ids of the options that take effect at once. Setting another one on a connected socket emits a warning. */
export const liveOptions: ReadonlySet<number> = new Set([
  ...[zmq.ZMQ_SUBSCRIBE, zmq.ZMQ_UNSUBSCRIBE, zmq.ZMQ_XPUB_VERBOSE, zmq.ZMQ_XPUB_VERBOSER],
  ...tables.flatMap((table) => Object.values(table).flatMap((option) => (option.live ? [option.id] : []))),
]);
