// Peers that send arbitrary bytes: valid and invalid ZMTP or WebSocket.

import { createHash, randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";

const bytes = (part: string | Uint8Array) => (typeof part === "string" ? Buffer.from(part, "latin1") : part);

/** Concatenates bytes. Text is taken as Latin-1. */
export const join = (...parts: (string | Uint8Array)[]): Buffer => Buffer.concat(parts.map(bytes));

const uint64 = (value: number | bigint) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
};
const uint32 = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};

/** The 64 bytes with which a peer of ZMTP 3 begins. */
export function greeting(mechanism = "NULL", { asServer = false, minor = 1 } = {}): Buffer {
  return join(
    "\xff\0\0\0\0\0\0\0\x01\x7f\x03",
    Buffer.from([minor]),
    mechanism.padEnd(20, "\0"),
    Buffer.from([asServer ? 1 : 0]),
    Buffer.alloc(31),
  );
}

/** The 12 bytes with which a peer of ZMTP 2 begins. The number is that of its socket type. */
export const greetingOf2 = (type: number): Buffer =>
  join("\xff\0\0\0\0\0\0\0\x01\x7f\x01", Buffer.from([type]));

/** A frame of ZMTP 2 and 3. Its length field may have any value. */
export function frame(body: string | Uint8Array, { flags = 0, length = bytes(body).length } = {}): Buffer {
  return length < 256
    ? join(Buffer.from([flags, length]), body)
    : join(Buffer.from([flags | 2]), uint64(length), body);
}

export const more = 1;
const commandFlag = 4;

/** A command of ZMTP 3. */
export function command(name: string, ...parts: (string | Uint8Array)[]): Buffer {
  return frame(join(Buffer.from([name.length]), name, ...parts), { flags: commandFlag });
}

export function property(name: string, value: string | Uint8Array): Buffer {
  return join(Buffer.from([name.length]), name, uint32(bytes(value).length), value);
}

export const ready = (type: string, ...more: Uint8Array[]): Buffer =>
  command("READY", property("Socket-Type", type), ...more);

/** All bytes of a peer up to its first message, by NULL. */
export const hello = (type: string, ...properties: Uint8Array[]): Buffer =>
  join(greeting(), ready(type, ...properties));

/** The request with which a WebSocket client begins. `headers` are added to it or replace those of the same name. */
export function upgrade(protocols: string, headers: Record<string, string> = {}): Buffer {
  const all: Record<string, string> = {
    Host: "127.0.0.1",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": protocols,
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  return http("GET / HTTP/1.1", all);
}

function http(first: string, headers: Record<string, string>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${first}\r\n${lines.join("")}\r\n`, "latin1");
}

/** The value of Sec-WebSocket-Accept that accepts a client's request (RFC 6455, 4.2.2). */
export function acceptKey(request: Uint8Array): string {
  const [, key] = /Sec-WebSocket-Key: (.*)\r\n/i.exec(Buffer.from(request).toString("latin1"))!;
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** The answer that accepts a client's request. `headers` are added to it or replace those of the same name. */
export function accepted(
  request: Uint8Array,
  protocol: string,
  headers: Record<string, string> = {},
): Buffer {
  return http("HTTP/1.1 101 Switching Protocols", {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": acceptKey(request),
    "Sec-WebSocket-Protocol": protocol,
    ...headers,
  });
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface WebSocketFrame {
  opcode?: number;
  masked?: boolean;
  final?: boolean;
  /** The value of the frame's length field. */
  length?: number | bigint;
}

/** A WebSocket frame, as a client sends it. */
export function webSocketFrame(
  body: string | Uint8Array,
  { opcode = opcodes.binary, masked = true, final = true, length = bytes(body).length }: WebSocketFrame = {},
): Buffer {
  const mask = randomBytes(4);
  const data = Buffer.from(bytes(body));
  if (masked) for (let i = 0; i < data.length; i++) data[i]! ^= mask[i % 4]!;
  const bit = masked ? 0x80 : 0;
  const size =
    length < 126
      ? Buffer.from([bit | Number(length)])
      : length < 65_536
        ? Buffer.from([bit | 126, Number(length) >> 8, Number(length) & 255])
        : join(Buffer.from([bit | 127]), uint64(length));
  return join(Buffer.from([(final ? 0x80 : 0) | opcode]), size, masked ? mask : "", data);
}

/** Parses WebSocket frames and removes their masks. Ignores an incomplete frame at the end. */
export function webSocketFrames(data: Buffer): { opcode: number; masked: boolean; payload: Buffer }[] {
  const frames = [];
  for (let at = 0; at + 2 <= data.length; ) {
    const [first, second] = [data[at]!, data[at + 1]!];
    const masked = second > 127;
    const short = second & 127;
    const head = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    const start = at + head + (masked ? 4 : 0);
    if (start > data.length) break;
    const length = head === 2 ? short : data.readUIntBE(at + (head === 4 ? 2 : 4), head === 4 ? 2 : 6);
    const end = start + length;
    if (end > data.length) break;
    const payload = masked ? Buffer.from(data.subarray(start, end)) : data.subarray(start, end);
    if (masked) for (let i = 0; i < length; i++) payload[i]! ^= data[at + head + (i % 4)]!;
    frames.push({ opcode: first & 15, masked, payload });
    at = end;
  }
  return frames;
}

/** A TCP connection that sends given bytes and stores the received ones. */
export class RawPeer implements Disposable {
  heard = Buffer.alloc(0);
  readonly #socket: Socket;
  /** Resolves when the connection has ended in any way. */
  readonly ended: Promise<void>;
  #isOpen = true;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay();
    socket.on("error", () => {});
    socket.on("data", (data) => {
      this.heard = Buffer.concat([this.heard, data]);
      this.#wake();
    });
    socket.on("end", () => socket.end());
    this.ended = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isOpen = false;
        this.#wake();
        resolve();
      });
    });
  }

  /** Connects to a socket's endpoint. Rejects when there is no listener. */
  static connect(endpoint: string): Promise<RawPeer> {
    const { port, path } = /^ipc:\/\/(?<path>.*)|:(?<port>\d+)/.exec(endpoint)!.groups!;
    return new Promise((resolve, reject) => {
      const socket = path ? connect(path) : connect(Number(port), "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => resolve(new RawPeer(socket)));
    });
  }

  /** Connects and performs the NULL handshake. Messages must not be sent before its end. */
  static async enter(endpoint: string, type: string, ...properties: Uint8Array[]): Promise<RawPeer> {
    const peer = await RawPeer.connect(endpoint);
    peer.say(hello(type, ...properties));
    await peer.hear((heard) => heard.includes("READY"));
    return peer;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  say(...parts: (string | Uint8Array)[]): void {
    if (this.#isOpen) this.#socket.write(join(...parts));
  }

  /** Waits until `done` or until the end of the connection. Returns whether it is done. */
  async hear(done: (heard: Buffer) => boolean): Promise<boolean> {
    while (!done(this.heard) && this.#isOpen) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return done(this.heard);
  }

  /** Waits for this many bytes, or the end. */
  hearBytes(count: number): Promise<boolean> {
    return this.hear(({ length }) => length >= count);
  }

  /** Sends all that has arrived and will arrive to another peer. */
  forward(to: RawPeer): void {
    to.say(this.heard);
    this.#socket.on("data", (data) => to.say(data));
  }

  /** Ends the sending direction, which the other side sees as the end. */
  finish(): void {
    this.#socket.end();
  }

  /** Breaks the connection, which the other side sees as a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** A server that sends arbitrary bytes. */
export class RawServer implements Disposable {
  readonly #server: Server;
  readonly #peers: RawPeer[] = [];
  readonly #waiting: ((peer: RawPeer) => void)[] = [];
  readonly #all: RawPeer[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      const peer = new RawPeer(socket);
      this.#all.push(peer);
      const waiting = this.#waiting.shift();
      if (waiting) waiting(peer);
      else this.#peers.push(peer);
    });
  }

  static listen(): Promise<RawServer> {
    return new Promise((resolve) => {
      const server = createServer({ allowHalfOpen: true });
      server.listen(0, "127.0.0.1", () => resolve(new RawServer(server)));
    });
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** The number of connections so far. */
  get count(): number {
    return this.#all.length;
  }

  /** The next connection. */
  accept(): Promise<RawPeer> {
    const peer = this.#peers.shift();
    return peer ? Promise.resolve(peer) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  [Symbol.dispose](): void {
    for (const peer of this.#all) peer[Symbol.dispose]();
    this.#server.close();
  }
}
