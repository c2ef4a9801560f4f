// Options of every socket, except those that some builds of libzmq lack.

import * as zmq from "../../binding/constants.js";
import { rows } from "../kinds.js";

const { int32, uint32, limit, uint64, boolean, string, text, names, flags } = rows;

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
   * How long a multicast subscriber can request a lost packet again. The publisher keeps the data of that time in
   * memory.
   *
   * In milliseconds. Default 10000. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RECOVERY_IVL`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0.
   */
  recoveryInterval: int32(zmq.ZMQ_RECOVERY_IVL),
  /**
   * How long libzmq keeps trying to send queued messages after the socket was closed. 0 drops them at once; -1 sets
   * no limit, so the process may never end. Dropped messages are not reported.
   *
   * In milliseconds. Default -1, or 0 in a context with `blocky: false`. Takes effect at once. libzmq: `ZMQ_LINGER`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (drop queued messages), or -1 to
   * keep them without a limit.
   */
  linger: int32(zmq.ZMQ_LINGER, { live: true }),
  /**
   * The pause before libzmq reconnects a lost connection. libzmq adds a random time of up to the same length: 100 to 200 ms
   * by default. -1 and 0 disable reconnecting.
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
   * The cases in which the socket stops trying to connect to an endpoint:
   *
   * - `"refused"`: nobody listens there. The connection is refused, or an ipc file does not exist.
   * - `"handshakeFailed"`: the handshake fails. For example, the peer rejects the socket's key, or is not a ZeroMQ socket.
   * - `"afterDisconnect"`: the program has called `disconnect`, and the endpoint is not connected. Without this name, the
   *   socket keeps trying to deliver the messages that are queued for the endpoint, until `linger` has passed.
   *
   * The socket then drops the messages that are queued for the endpoint. In the first two cases, the endpoint has the state
   * `stopped` in `socket.endpoints`, and `socket.reconnect()` connects again.
   *
   * Default: an empty array. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RECONNECT_STOP`.
   */
  reconnectStop: flags(["refused", "handshakeFailed", "afterDisconnect"], zmq.ZMQ_RECONNECT_STOP),
  /**
   * The largest size of a message from a peer, all frames together. libzmq drops a larger message, emits
   * `message:rejected` and closes the connection. -1 sets no limit. Does not apply to inproc and Stream. In other
   * builds of libzmq the limit applies to each frame.
   *
   * The limit does not apply to commands, such as those of the handshake. They may have 8 KiB, or `maxMessageSize` if that
   * is more. Raise the limit if peers set more `metadata`. Of a subscription, the size of the topic counts;
   * by ws, wss, or ZMTP before 3.1 with one byte more, and in a limit above 8 KiB with 10 bytes more.
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
   * The domain that is passed to the ZAP handler, which decides who may connect. Set `zapEnforceDomain` as well: otherwise
   * servers without a ZAP handler admit everyone, except for those of PLAIN.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_ZAP_DOMAIN`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 1 to 255 bytes, or null for none.
   */
  zapDomain: text(zmq.ZMQ_ZAP_DOMAIN),
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
   * Whether connections are rejected when `zapDomain` is set and no ZAP handler is running: with NULL, CURVE and PLAIN. Set
   * both. Without `zapDomain`, libzmq asks no ZAP handler: a CURVE server admits every client and emits a warning, and a
   * PLAIN server rejects every client.
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
