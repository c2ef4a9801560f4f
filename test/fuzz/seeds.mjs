// The first inputs of the corpora of raw peers (test/fuzz/corpus): valid conversations, by the protocols'
// specifications (rfc.zeromq.org 13, 15, 23, 24, 25, 37, 45 and 48), for each target of test/fuzz/raw.cc and norm.cc.

const bytes = (...parts) =>
  Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part))));
const short = (text) => bytes(Buffer.byteLength(text), text);
const uint32 = (value) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};

/** ZMTP 3: signature, version, mechanism, and whether the peer is the server. */
function greeting(mechanism, { minor = 1, server = 0 } = {}) {
  const name = Buffer.alloc(20);
  name.write(mechanism);
  return bytes(0xff, Buffer.alloc(8), 0x7f, 3, minor, name, server, Buffer.alloc(31));
}
const frame = (flags, body) =>
  body.length < 256
    ? bytes(flags, body.length, body)
    : bytes(flags | 2, Buffer.alloc(4), uint32(body.length), body);
const command = (name, ...parts) => frame(4, bytes(short(name), ...parts));
const property = (name, value) => bytes(short(name), uint32(Buffer.byteLength(value)), value);
const more = (body) => frame(1, Buffer.from(body));
const last = (body) => frame(0, Buffer.from(body));

const ready = (type, ...properties) => command("READY", property("Socket-Type", type), ...properties);
const ping = command("PING", bytes(0, 10), "context");
const pong = command("PONG", "context");
const subscribe = command("SUBSCRIBE", "a");
const cancel = command("CANCEL", "a");
const joinGroup = command("JOIN", "a");
const leaveGroup = command("LEAVE", "a");
const failure = command("ERROR", short("400"));

/** Conversations by NULL, of a peer of that type. */
function byNull(type, ...said) {
  const begin = bytes(greeting("NULL"), ready(type, property("Identity", "id")));
  return [
    bytes(begin, ...said),
    bytes(begin, ping, pong, ...said, last(Buffer.alloc(300, "x"))),
    bytes(greeting("NULL", { minor: 0 }), ready(type), ...said, more("a"), more(""), last("b")),
    bytes(greeting("NULL"), failure),
    bytes(greeting("NULL"), ready(type, property("X-key", "value"), property("Identity", ""))),
  ];
}
/** ZMTP 1 and 2, whose peers do not state their type, or state it by a number. */
const old = [
  bytes(1, 0, 6, 0, "hello"),
  bytes(0xff, Buffer.alloc(7), 1, 0x7f, 0, 0),
  bytes(0xff, Buffer.alloc(7), 1, 0x7f, 1, 5, 0, 0, 0, 5, "hello"),
  bytes(0xff, Buffer.alloc(7), 1, 0x7f, 1, 2, 0, 0, 1, 0, 0, 2, "\x01a"),
];
const plain = command("HELLO", short("name"), short("word"));
const initiate = command("INITIATE", property("Socket-Type", "DEALER"));
const byPlain = [
  bytes(greeting("PLAIN"), plain, initiate, last("hello")),
  bytes(greeting("PLAIN"), command("HELLO", short(""), short("")), initiate, ping, more("a"), last("b")),
  bytes(greeting("PLAIN"), initiate, plain),
];
const noise = (size) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 73 + 41) & 0xff));
const byCurve = [
  bytes(greeting("CURVE"), command("HELLO", bytes(1, 0), Buffer.alloc(72), noise(32), noise(8), noise(80))),
  bytes(greeting("CURVE"), command("INITIATE", noise(96), noise(8), noise(160))),
  bytes(greeting("CURVE"), command("MESSAGE", noise(8), noise(40))),
  bytes(greeting("NULL"), ready("DEALER")),
];

/** The contents behind CURVE's handshake: metadata, then flags and content of each message. */
const inside = (metadata, ...messages) =>
  bytes(short(metadata), ...messages.map((message) => bytes(message.length, message)));
const behindCurve = [
  inside(property("Socket-Type", "DEALER"), bytes(0, "hello"), bytes(1, "a"), bytes(0, "b")),
  inside(
    bytes(property("Socket-Type", "REQ"), property("Identity", "id")),
    bytes(4, short("PING"), 0, 10, "context"),
  ),
  inside(property("Socket-Type", "SUB"), bytes(0)),
];

const upgrade = (protocol) =>
  [
    "GET /path HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Sec-WebSocket-Protocol: ${protocol}`,
    "Sec-WebSocket-Version: 13",
    "\r\n",
  ].join("\r\n");
const accepted = (protocol) =>
  [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    `Sec-WebSocket-Protocol: ${protocol}`,
    "\r\n",
  ].join("\r\n");
/** A WebSocket frame. The client masks with zeros, which leaves the body unchanged. */
function webFrame(body, { code = 2, masked = true, final = true } = {}) {
  const mask = masked ? 0x80 : 0;
  const size = body.length < 126 ? [mask | body.length] : [mask | 126, body.length >> 8, body.length & 0xff];
  return bytes((final ? 0x80 : 0) | code, ...size, masked ? Buffer.alloc(4) : "", body);
}
/** Frames of ZWS 2: a flag, then a body or a command. */
const web = (flags, body, options) => webFrame(bytes(flags, body), options);
function byWeb(start, masked) {
  const own = { masked };
  const readyBody = bytes(short("READY"), property("Socket-Type", "DEALER"), property("Identity", ""));
  return [
    bytes(
      start("ZWS2.0"),
      web(0, "", own),
      web(0, "hello", own),
      web(1, "a", own),
      web(0, Buffer.alloc(300), own),
    ),
    bytes(
      start("ZWS2.0/NULL"),
      web(2, readyBody, own),
      web(0, "hello", own),
      webFrame(bytes("ping"), { code: 9, masked }),
    ),
    bytes(start("ZWS2.0/NULL,ZWS2.0"), web(2, readyBody, own), webFrame(bytes(3, 232), { code: 8, masked })),
    bytes(
      start("ZWS2.0/PLAIN"),
      web(2, bytes(short("HELLO"), short("name"), short("word")), own),
      web(2, bytes(short("INITIATE"), property("Socket-Type", "DEALER")), own),
    ),
    bytes(start("ZWS2.0/CURVE"), web(2, bytes(short("HELLO"), 1, 0, Buffer.alloc(72), noise(120)), own)),
    bytes(start("chat, ZWS2.0"), webFrame(noise(5), { code: 1, masked })),
    bytes(
      start("ZWS2.0"),
      web(0, "", own),
      web(1, "he", { ...own, final: false }),
      webFrame(bytes("ping"), { code: 9, masked }),
      webFrame(bytes(), { code: 0, masked, final: false }),
      webFrame(bytes("llo"), { code: 0, masked }),
      web(0, "last", own),
    ),
  ];
}

const welcome = command("WELCOME", noise(144));

/** The first inputs of each target's corpus. */
export const seeds = {
  "tcp-null": [...byNull("DEALER", last("hello"), more(""), last("x")), ...old],
  "tcp-xpub": [...byNull("SUB", subscribe, last("\x01b"), cancel, last("\x00b"), last("\x02")), ...old],
  "tcp-rep": [...byNull("REQ", more(""), last("hello"), more("a"), last("b")), ...old],
  "tcp-radio": byNull("DISH", joinGroup, command("JOIN", "x".repeat(255)), leaveGroup),
  "tcp-server": byNull("CLIENT", last("hello"), more("a"), last("b")),
  "tcp-plain": byPlain,
  "tcp-curve": byCurve,
  "curve-inside": behindCurve,
  ws: byWeb(upgrade, true),
  "ws-plain": byWeb(upgrade, true),
  "ws-curve": byWeb(upgrade, true),
  stream: [bytes("GET / HTTP/1.0\r\n\r\n"), noise(300), bytes(0)],
  "connect-null": [...byNull("ROUTER", last("hello"), more("a"), last("b")), ...old],
  "connect-plain": [
    bytes(greeting("PLAIN", { server: 1 }), command("WELCOME"), ready("ROUTER"), last("hello")),
    bytes(greeting("PLAIN", { server: 1 }), failure),
    bytes(greeting("PLAIN", { server: 1 }), command("WELCOME"), failure),
  ],
  "connect-curve": [
    bytes(greeting("CURVE", { server: 1 }), welcome, command("READY", noise(40))),
    bytes(greeting("CURVE", { server: 1 }), failure),
  ],
  "connect-ws": byWeb(accepted, false),
  "udp-dish": [bytes(1, "a", "hello"), bytes(255, Buffer.alloc(255, "a"), "x"), bytes(0), bytes(200, "a")],
  "udp-dgram": [bytes("hello"), Buffer.alloc(8192), Buffer.alloc(8193)],
  // The corpora of NORM hold series of datagrams that sockets of libzmq exchanged (norm.cc).
  "norm-receiver": [],
  "norm-sender": [],
};

/** Words of the protocols, for libFuzzer's dictionary. */
export const words = `
  READY ERROR PING PONG SUBSCRIBE CANCEL JOIN LEAVE HELLO WELCOME INITIATE MESSAGE NULL PLAIN CURVE GSSAPI
  Socket-Type Identity Resource X- DEALER ROUTER REQ REP SUB XSUB PUB XPUB PULL PUSH PAIR DISH RADIO CLIENT SERVER
  Upgrade Connection Sec-WebSocket-Key: Sec-WebSocket-Protocol: Sec-WebSocket-Accept: ZWS2.0 ZWS2.0/NULL
`
  .trim()
  .split(/\s+/)
  .concat(
    "GET ",
    " HTTP/1.1\r\n",
    "HTTP/1.1 101 ",
    "\r\n\r\n",
    "Upgrade: websocket\r\n",
    "Connection: Upgrade\r\n",
  );
