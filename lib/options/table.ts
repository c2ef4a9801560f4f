// Every option of libzmq that has a name here: one row each, in groups by the sockets that have them
// (lib/socket/classes.ts says which). To add an option, add a row.

import * as zmq from "../binding/constants.js";
import { binding } from "../binding/index.js";
import { type Option, rows } from "./kinds.js";

const { int32, uint32, limit, uint64, boolean, string, binary, text, key, names } = rows;

/** Of a context. Set those of threads before the first socket is made. */
export const contextOptions = {
  /** I/O threads; one is enough for about a gigabyte a second. Default 1. `ZMQ_IO_THREADS` */
  ioThreads: int32(zmq.ZMQ_IO_THREADS),
  /** Sockets that may be open at once. Default 1023. `ZMQ_MAX_SOCKETS` */
  maxSockets: int32(zmq.ZMQ_MAX_SOCKETS),
  /** The largest value `maxSockets` may have. `ZMQ_SOCKET_LIMIT` */
  maxSocketsLimit: int32(zmq.ZMQ_SOCKET_LIMIT, { access: "r" }),
  /** Priority of the I/O threads, by the platform's scheduling policy. `ZMQ_THREAD_PRIORITY` */
  threadPriority: int32(zmq.ZMQ_THREAD_PRIORITY, { access: "w" }),
  /** Scheduling policy of the I/O threads, a number of the platform. `ZMQ_THREAD_SCHED_POLICY` */
  threadSchedulingPolicy: int32(zmq.ZMQ_THREAD_SCHED_POLICY, { access: "w" }),
  /** Stored by libzmq but never enforced: use a socket's `maxMessageSize`. Bytes. `ZMQ_MAX_MSGSZ` */
  maxMessageSize: int32(zmq.ZMQ_MAX_MSGSZ),
  /** Whether sockets made from now on use IPv6. Default false. `ZMQ_IPV6` */
  ipv6: boolean(zmq.ZMQ_IPV6),
  /** Whether ending waits for queued messages; false makes `linger` 0 for sockets made from now on. `ZMQ_BLOCKY` */
  blocky: boolean(zmq.ZMQ_BLOCKY),
};

/** Of every socket. */
export const commonOptions = {
  /** Bit mask of the I/O threads that serve new connections; 0: all. Default 0. `ZMQ_AFFINITY` */
  affinity: uint64(zmq.ZMQ_AFFINITY),
  /** Multicast: kilobits a second at most. Default 100. `ZMQ_RATE` */
  rate: int32(zmq.ZMQ_RATE),
  /** Multicast: milliseconds that a receiver can be away and still recover. Default 10000. `ZMQ_RECOVERY_IVL` */
  recoveryInterval: int32(zmq.ZMQ_RECOVERY_IVL),
  /** Milliseconds that queued messages are kept after close; -1: for ever, 0: not at all. Default -1. `ZMQ_LINGER` */
  linger: int32(zmq.ZMQ_LINGER, { live: true }),
  /** Milliseconds before reconnecting; -1: never. Default 100. `ZMQ_RECONNECT_IVL` */
  reconnectInterval: int32(zmq.ZMQ_RECONNECT_IVL),
  /** Connections that wait to be accepted. Default 100. `ZMQ_BACKLOG` */
  backlog: int32(zmq.ZMQ_BACKLOG),
  /** Milliseconds that `reconnectInterval` doubles up to; 0: no doubling. Default 0. `ZMQ_RECONNECT_IVL_MAX` */
  reconnectMaxInterval: int32(zmq.ZMQ_RECONNECT_IVL_MAX),
  /**
   * Bytes in all frames of a message from a peer. libzmq drops a larger message, emits
   * `message:rejected` and closes the connection. -1: no limit. Default -1. Does not apply to inproc
   * and Stream. `ZMQ_MAXMSGSIZE`, which limits single frames in other builds of libzmq
   */
  maxMessageSize: limit(zmq.ZMQ_MAXMSGSIZE),
  /**
   * Frames of a message from a peer, the envelope included. libzmq drops a message with more frames, emits
   * `message:rejected` and closes the connection. -1: no limit; 0 and other negative numbers are
   * refused with `EINVAL`. Default 65536. Does not apply to inproc. Only the bundled libzmq has this option: a build
   * against the system's libzmq answers `EINVAL`.
   */
  maxFrames: int32(zmq.ZMQ_MAXFRAMES),
  /** TCP keep-alive: 0 off, 1 on, -1 the system's. Default -1. `ZMQ_TCP_KEEPALIVE` */
  tcpKeepalive: int32(zmq.ZMQ_TCP_KEEPALIVE),
  /** Unanswered probes before the connection is dropped. Default -1: the system's. `ZMQ_TCP_KEEPALIVE_CNT` */
  tcpKeepaliveCount: int32(zmq.ZMQ_TCP_KEEPALIVE_CNT),
  /** Seconds of silence before the first probe. Default -1: the system's. `ZMQ_TCP_KEEPALIVE_IDLE` */
  tcpKeepaliveIdle: int32(zmq.ZMQ_TCP_KEEPALIVE_IDLE),
  /** Seconds between probes. Default -1: the system's. `ZMQ_TCP_KEEPALIVE_INTVL` */
  tcpKeepaliveInterval: int32(zmq.ZMQ_TCP_KEEPALIVE_INTVL),
  /** Addresses that may connect, in CIDR form; deprecated by libzmq in favour of ZAP. `ZMQ_TCP_ACCEPT_FILTER` */
  tcpAcceptFilter: string(zmq.ZMQ_TCP_ACCEPT_FILTER),
  /** Queue messages only for completed connections. Default false. `ZMQ_IMMEDIATE` */
  immediate: boolean(zmq.ZMQ_IMMEDIATE),
  /** Use IPv6, and IPv4 through it. Default: the context's. `ZMQ_IPV6` */
  ipv6: boolean(zmq.ZMQ_IPV6),
  /** Be the server of PLAIN security. Default false. `ZMQ_PLAIN_SERVER` */
  plainServer: boolean(zmq.ZMQ_PLAIN_SERVER),
  /** Name to authenticate with by PLAIN; null: no PLAIN. Default null. `ZMQ_PLAIN_USERNAME` */
  plainUsername: text(zmq.ZMQ_PLAIN_USERNAME),
  /** Password to authenticate with by PLAIN. Default null. `ZMQ_PLAIN_PASSWORD` */
  plainPassword: text(zmq.ZMQ_PLAIN_PASSWORD),
  /** Domain named to the ZAP handler. Default null. `ZMQ_ZAP_DOMAIN` */
  zapDomain: string(zmq.ZMQ_ZAP_DOMAIN),
  /** The IP type-of-service byte. Default 0. `ZMQ_TOS` */
  typeOfService: uint32(zmq.ZMQ_TOS),
  /** Milliseconds that a handshake may take; 0: for ever. Default 30000. `ZMQ_HANDSHAKE_IVL` */
  handshakeInterval: int32(zmq.ZMQ_HANDSHAKE_IVL),
  /** SOCKS5 proxy for TCP, as host:port. Default null. `ZMQ_SOCKS_PROXY` */
  socksProxy: text(zmq.ZMQ_SOCKS_PROXY),
  /** Milliseconds between heartbeats; 0: none. Default 0. `ZMQ_HEARTBEAT_IVL` */
  heartbeatInterval: int32(zmq.ZMQ_HEARTBEAT_IVL),
  /** Milliseconds after which the peer should give us up, in steps of 100. Default 0. `ZMQ_HEARTBEAT_TTL` */
  heartbeatTimeToLive: int32(zmq.ZMQ_HEARTBEAT_TTL),
  /** Milliseconds without an answer before the connection is dropped. Default -1: the interval. `ZMQ_HEARTBEAT_TIMEOUT` */
  heartbeatTimeout: int32(zmq.ZMQ_HEARTBEAT_TIMEOUT),
  /** Milliseconds for a TCP connect; 0: the system's. Default 0. `ZMQ_CONNECT_TIMEOUT` */
  connectTimeout: int32(zmq.ZMQ_CONNECT_TIMEOUT),
  /** Milliseconds before an unacknowledged TCP retransmit ends the connection. Default 0: the system's. `ZMQ_TCP_MAXRT` */
  tcpMaxRetransmitTimeout: int32(zmq.ZMQ_TCP_MAXRT),
  /** Multicast: bytes of a packet at most. Default 1500. `ZMQ_MULTICAST_MAXTPDU` */
  multicastMaxTransportDataUnit: int32(zmq.ZMQ_MULTICAST_MAXTPDU),
  /** VMCI: bytes of the buffer. `ZMQ_VMCI_BUFFER_SIZE` */
  vmciBufferSize: uint64(zmq.ZMQ_VMCI_BUFFER_SIZE),
  /** VMCI: the buffer's lower bound. `ZMQ_VMCI_BUFFER_MIN_SIZE` */
  vmciBufferMinSize: uint64(zmq.ZMQ_VMCI_BUFFER_MIN_SIZE),
  /** VMCI: the buffer's upper bound. `ZMQ_VMCI_BUFFER_MAX_SIZE` */
  vmciBufferMaxSize: uint64(zmq.ZMQ_VMCI_BUFFER_MAX_SIZE),
  /** VMCI: milliseconds for a connect. `ZMQ_VMCI_CONNECT_TIMEOUT` */
  vmciConnectTimeout: int32(zmq.ZMQ_VMCI_CONNECT_TIMEOUT),
  /** Name of the network interface to use, Linux. Default null. `ZMQ_BINDTODEVICE` */
  interface: text(zmq.ZMQ_BINDTODEVICE),
  /** Refuse a NULL peer when a ZAP domain is set but no handler is there. Default false. `ZMQ_ZAP_ENFORCE_DOMAIN` */
  zapEnforceDomain: boolean(zmq.ZMQ_ZAP_ENFORCE_DOMAIN),
  /** Windows: the TCP loopback fast path. Default false. `ZMQ_LOOPBACK_FASTPATH` */
  loopbackFastPath: boolean(zmq.ZMQ_LOOPBACK_FASTPATH),
  /**
   * Microseconds that the system polls the network device when a TCP socket has nothing to read, Linux. Above the system's
   * default it needs `CAP_NET_ADMIN`, and has no effect without. Default 0: the system's. `ZMQ_BUSY_POLL`, of libzmq 4.3.5
   */
  busyPoll: int32(zmq.ZMQ_BUSY_POLL),
};

/** Of every socket, to be read. */
export const statusOptions = {
  /** The socket's type number. `ZMQ_TYPE` */
  type: int32(zmq.ZMQ_TYPE, { access: "r" }),
  /** The endpoint of the last bind or connect, with what a wildcard became; null before. `ZMQ_LAST_ENDPOINT` */
  lastEndpoint: string(zmq.ZMQ_LAST_ENDPOINT, { access: "r" }),
  /** The security mechanism in force; null: none. `ZMQ_MECHANISM` */
  securityMechanism: names([null, "plain", "curve", "gssapi"] as const, zmq.ZMQ_MECHANISM, { access: "r" }),
  /** Whether libzmq lets several threads use the socket. `ZMQ_THREAD_SAFE` */
  threadSafe: boolean(zmq.ZMQ_THREAD_SAFE, { access: "r" }),
};

/** Of every socket, where the addon has CURVE. Keys are 40 characters of Z85, or 32 bytes. */
export const curveOptions = {
  /** Be the server of CURVE security. Default false. `ZMQ_CURVE_SERVER` */
  curveServer: boolean(zmq.ZMQ_CURVE_SERVER),
  /** Our public key. `ZMQ_CURVE_PUBLICKEY` */
  curvePublicKey: key(zmq.ZMQ_CURVE_PUBLICKEY),
  /** Our secret key. `ZMQ_CURVE_SECRETKEY` */
  curveSecretKey: key(zmq.ZMQ_CURVE_SECRETKEY),
  /** A client's: the server's public key. `ZMQ_CURVE_SERVERKEY` */
  curveServerKey: key(zmq.ZMQ_CURVE_SERVERKEY),
};

const gssapiNameTypes = ["hostBased", "userName", "krb5Principal"] as const;

/** Of every socket, where the addon has GSSAPI; undefined elsewhere. */
export const gssapiOptions = {
  /** Be the server of GSSAPI security. `ZMQ_GSSAPI_SERVER` */
  gssapiServer: boolean(zmq.ZMQ_GSSAPI_SERVER),
  /** Our principal. `ZMQ_GSSAPI_PRINCIPAL` */
  gssapiPrincipal: string(zmq.ZMQ_GSSAPI_PRINCIPAL),
  /** A client's: the server's principal. `ZMQ_GSSAPI_SERVICE_PRINCIPAL` */
  gssapiServicePrincipal: string(zmq.ZMQ_GSSAPI_SERVICE_PRINCIPAL),
  /** Authenticate but do not encrypt. `ZMQ_GSSAPI_PLAINTEXT` */
  gssapiPlainText: boolean(zmq.ZMQ_GSSAPI_PLAINTEXT),
  /** Kind of name in `gssapiPrincipal`. `ZMQ_GSSAPI_PRINCIPAL_NAMETYPE` */
  gssapiPrincipalNameType: names(gssapiNameTypes, zmq.ZMQ_GSSAPI_PRINCIPAL_NAMETYPE),
  /** Kind of name in `gssapiServicePrincipal`. `ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE` */
  gssapiServicePrincipalNameType: names(gssapiNameTypes, zmq.ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE),
};

/** Of every socket, where the addon was built with GnuTLS; undefined elsewhere. Certificates and keys are PEM texts. */
export const wssOptions = {
  /** A server's private key. `ZMQ_WSS_KEY_PEM` */
  wssKey: string(zmq.ZMQ_WSS_KEY_PEM, { access: "w" }),
  /** A server's certificate, which belongs to the key. `ZMQ_WSS_CERT_PEM` */
  wssCertificate: string(zmq.ZMQ_WSS_CERT_PEM, { access: "w" }),
  /** A client's: certificates of those that may have signed the server's. `ZMQ_WSS_TRUST_PEM` */
  wssTrust: string(zmq.ZMQ_WSS_TRUST_PEM, { access: "w" }),
  /** A client's: trust the system's authorities, too. Default false. `ZMQ_WSS_TRUST_SYSTEM` */
  wssTrustSystem: boolean(zmq.ZMQ_WSS_TRUST_SYSTEM, { access: "w" }),
  /** A client's: the name that the server's certificate must bear. Default: any. `ZMQ_WSS_HOSTNAME` */
  wssHostname: string(zmq.ZMQ_WSS_HOSTNAME, { access: "w" }),
};

/** Of sockets that send. */
export const sendOptions = {
  /** Bytes of the kernel's send buffer. Default -1: the system's. `ZMQ_SNDBUF` */
  sendBufferSize: int32(zmq.ZMQ_SNDBUF),
  /** Messages queued for one peer at most; 0: no limit. Default 1000. `ZMQ_SNDHWM` */
  sendHighWaterMark: int32(zmq.ZMQ_SNDHWM, { live: true }),
  /** Multicast: routers that a packet may pass. Default 1. `ZMQ_MULTICAST_HOPS` */
  multicastHops: int32(zmq.ZMQ_MULTICAST_HOPS),
  /** Milliseconds that `send` may wait; 0: not at all, -1: for ever. Default -1. `ZMQ_SNDTIMEO` */
  sendTimeout: int32(zmq.ZMQ_SNDTIMEO, { live: true }),
};

/** Of sockets that receive. */
export const receiveOptions = {
  /** Bytes of the kernel's receive buffer. Default -1: the system's. `ZMQ_RCVBUF` */
  receiveBufferSize: int32(zmq.ZMQ_RCVBUF),
  /** Messages queued from one peer at most; 0: no limit. Default 1000. `ZMQ_RCVHWM` */
  receiveHighWaterMark: int32(zmq.ZMQ_RCVHWM, { live: true }),
  /** Milliseconds that `receive` may wait; 0: not at all, -1: for ever. Default -1. `ZMQ_RCVTIMEO` */
  receiveTimeout: int32(zmq.ZMQ_RCVTIMEO, { live: true }),
};

/** Of Request, Reply, Dealer, Router. */
export const routingIdOptions = {
  /** The name that a Router peer knows us by; at most 255 bytes, not beginning with NUL. `ZMQ_ROUTING_ID` */
  routingId: string(zmq.ZMQ_ROUTING_ID),
  /** The same as a Buffer: `routingId` reads as text, and only up to a NUL. `ZMQ_ROUTING_ID` */
  routingIdBytes: binary(zmq.ZMQ_ROUTING_ID) as Option<Buffer>,
};

/** Of Router. */
export const routerOptions = {
  /** Reject messages to unknown peers with EHOSTUNREACH instead of dropping them. Default false. `ZMQ_ROUTER_MANDATORY` */
  mandatory: boolean(zmq.ZMQ_ROUTER_MANDATORY, { access: "w", live: true }),
  /** A new peer takes over the routing id of an old one. Default false. `ZMQ_ROUTER_HANDOVER` */
  handover: boolean(zmq.ZMQ_ROUTER_HANDOVER, { access: "w", live: true }),
};

/** Of Router, Dealer, Request. */
export const probeOptions = {
  /** Send an empty message on each new connection, so that a Router learns of us. Default false. `ZMQ_PROBE_ROUTER` */
  probeRouter: boolean(zmq.ZMQ_PROBE_ROUTER, { access: "w", live: true }),
};

/** Of Request. */
export const requestOptions = {
  /** Match replies to requests by an id. Default false. `ZMQ_REQ_CORRELATE` */
  correlate: boolean(zmq.ZMQ_REQ_CORRELATE, { access: "w", live: true }),
  /** Allow a new request before the reply to the last. Default false. `ZMQ_REQ_RELAXED` */
  relaxed: boolean(zmq.ZMQ_REQ_RELAXED, { access: "w", live: true }),
};

/** Of Pull, Push, Subscriber, Publisher, Dealer. */
export const conflateOptions = {
  /** Keep only the last message; no multipart. Set before bind or connect. Default false. `ZMQ_CONFLATE` */
  conflate: boolean(zmq.ZMQ_CONFLATE, { access: "w" }),
};

/** Of Publisher and XPublisher. */
export const publishOptions = {
  /** Wait for a slow subscriber instead of dropping its messages. Default false. `ZMQ_XPUB_NODROP` */
  noDrop: boolean(zmq.ZMQ_XPUB_NODROP, { access: "w" }),
};

/** Of XPublisher. */
export const xpublisherOptions = {
  /** Subscriptions are made by the program, not by peers. Default false. `ZMQ_XPUB_MANUAL` */
  manual: boolean(zmq.ZMQ_XPUB_MANUAL, { access: "w" }),
  /** Sent to each new subscriber; null: nothing. Default null. `ZMQ_XPUB_WELCOME_MSG` */
  welcomeMessage: string(zmq.ZMQ_XPUB_WELCOME_MSG, { access: "w" }),
};

/** Of Publisher, Subscriber, XPublisher. */
export const matchOptions = {
  /** Deliver what does not match a subscription. Set on both ends. Default false. `ZMQ_INVERT_MATCHING` */
  invertMatching: boolean(zmq.ZMQ_INVERT_MATCHING),
};

/** Of XSubscriber. */
export const xsubscriberOptions = {
  /**
   * Also send unsubscriptions of topics that are not subscribed to. By default, libzmq sends the last unsubscription of
   * each topic. Default false. `ZMQ_XSUB_VERBOSE_UNSUBSCRIBE`, of libzmq 4.3.5
   */
  verboseUnsubscribe: boolean(zmq.ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, { access: "w", live: true }),
};

/** Of Publisher, XPublisher, Subscriber and XSubscriber, to be read. */
export const topicOptions = {
  /** How many different prefixes are subscribed to. A publisher counts those of all its peers. `ZMQ_TOPICS_COUNT`, of libzmq 4.3.5 */
  topicsCount: int32(zmq.ZMQ_TOPICS_COUNT, { access: "r" }),
};

/** Of Dealer, Client and Peer. */
export const hiccupOptions = {
  /**
   * Received by this socket whenever it loses a connection that it made, before it connects again; null: nothing. While the
   * queue is full, one such message is added to it and others are dropped. Default null. `ZMQ_HICCUP_MSG`, of libzmq 4.3.5
   */
  hiccupMessage: string(zmq.ZMQ_HICCUP_MSG, { access: "w" }),
};

const normModes = ["fixed", "cc", "ccl", "cce", "cceEcnOnly"] as const;

/**
 * Of Publisher, XPublisher, Subscriber and XSubscriber, where the addon has norm; undefined elsewhere. An endpoint whose
 * options do not fit together ends with the event `bind:error`.
 */
export const normOptions = {
  /**
   * A publisher's congestion control: none at the `rate`, NORM-CC, tolerant of loss (NORM-CCL), by ECN as well (NORM-CCE),
   * or by ECN only. Default `"cc"`. `ZMQ_NORM_MODE`, of libzmq 4.3.5
   */
  normMode: names(normModes, zmq.ZMQ_NORM_MODE),
  /** Subscribers ask the publisher alone for what they lack, not the group. Default false. `ZMQ_NORM_UNICAST_NACK`, of libzmq 4.3.5 */
  normUnicastNack: boolean(zmq.ZMQ_NORM_UNICAST_NACK),
  /** Kilobytes of the buffers, up to 1048576. Default 2048. `ZMQ_NORM_BUFFER_SIZE`, of libzmq 4.3.5 */
  normBufferSize: int32(zmq.ZMQ_NORM_BUFFER_SIZE),
  /** A publisher's bytes in a segment, up to 65000. Default 1400. `ZMQ_NORM_SEGMENT_SIZE`, of libzmq 4.3.5 */
  normSegmentSize: int32(zmq.ZMQ_NORM_SEGMENT_SIZE),
  /** A publisher's segments in a block; with `normNumParity`, up to 255. Default 16. `ZMQ_NORM_BLOCK_SIZE`, of libzmq 4.3.5 */
  normBlockSize: int32(zmq.ZMQ_NORM_BLOCK_SIZE),
  /** A publisher's parity segments for each block, which repair losses. Default 4. `ZMQ_NORM_NUM_PARITY`, of libzmq 4.3.5 */
  normNumParity: int32(zmq.ZMQ_NORM_NUM_PARITY),
  /** Of these, those that are sent with each block, without being asked for. Default 0. `ZMQ_NORM_NUM_AUTOPARITY`, of libzmq 4.3.5 */
  normNumAutoparity: int32(zmq.ZMQ_NORM_NUM_AUTOPARITY),
  /** A publisher whose buffer is full drops the oldest data in it instead of waiting. Default false. `ZMQ_NORM_PUSH`, of libzmq 4.3.5 */
  normPush: boolean(zmq.ZMQ_NORM_PUSH),
};

/** Of Stream. */
export const streamOptions = {
  /** Deliver an empty message when a peer connects or goes. Default true. `ZMQ_STREAM_NOTIFY` */
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

/** @internal Ids of options that take effect at once; setting any other on a connected socket deserves a warning. */
export const liveOptions: ReadonlySet<number> = new Set([
  ...[zmq.ZMQ_SUBSCRIBE, zmq.ZMQ_UNSUBSCRIBE, zmq.ZMQ_XPUB_VERBOSE, zmq.ZMQ_XPUB_VERBOSER],
  ...tables.flatMap((table) => Object.values(table).flatMap((option) => (option.live ? [option.id] : []))),
]);

/** What the linked libzmq was built with. */
export const capability: Record<
  "ipc" | "pgm" | "tipc" | "norm" | "ws" | "wss" | "curve" | "gssapi" | "draft",
  boolean
> = {
  ipc: binding.has("ipc"),
  pgm: binding.has("pgm"),
  tipc: binding.has("tipc"),
  norm: binding.has("norm"),
  ws: binding.has("WS"),
  wss: binding.has("WSS"),
  curve: binding.has("curve"),
  gssapi: binding.has("gssapi"),
  draft: binding.has("draft"),
};
