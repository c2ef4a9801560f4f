// `zmq probe`: speaks just enough ZMTP (RFC 23, RFC 37) to report what answers at an endpoint.

import { connect, type NetConnectOpts } from "node:net";
import { exitCodes, Failure, interrupted } from "./exit.js";
import { toJsonFrame } from "./parcel.js";
import { print, printJson } from "./print.js";

interface ProbeFlags {
  readonly json?: boolean;
  readonly timeout: number;
  readonly as: string;
}

/** The information about the peer, as far as it has arrived. */
interface Report {
  endpoint: string;
  /** Milliseconds until the connection was open, the greeting had arrived, the handshake was complete. */
  times: { connect?: number; greeting?: number; handshake?: number };
  version?: string;
  mechanism?: string;
  asServer?: boolean;
  properties?: Record<string, unknown>;
  error?: string;
}

const greetingSize = 64;
const signatureSize = 10;
/** The end of the major version, which makes a peer send the rest of its greeting. */
const versionEnd = 11;

/** The greeting of ZMTP 3.1 with the mechanism NULL. */
function greeting(): Buffer {
  const bytes = Buffer.alloc(greetingSize);
  bytes[0] = 0xff;
  bytes[8] = 1;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes[11] = 1;
  bytes.write("NULL", 12);
  return bytes;
}

function property(name: string, value: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.of(name.length), Buffer.from(name), size, Buffer.from(value)]);
}

/** The command READY of the mechanism NULL. */
function ready(socketType: string): Buffer {
  const body = Buffer.concat([
    Buffer.from("\x05READY"),
    property("Socket-Type", socketType),
    property("Identity", ""),
  ]);
  return Buffer.concat([Buffer.of(4, body.length), body]);
}

function propertiesOf(bytes: Buffer): Record<string, unknown> {
  const properties: Record<string, unknown> = Object.create(null);
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes[at]!;
    if (nameEnd + 4 > bytes.length) throw new Failure("the properties of its READY command are malformed");
    const valueEnd = nameEnd + 4 + bytes.readUInt32BE(nameEnd);
    if (valueEnd > bytes.length) throw new Failure("the properties of its READY command are malformed");
    properties[bytes.toString("latin1", at + 1, nameEnd)] = toJsonFrame(
      bytes.subarray(nameEnd + 4, valueEnd),
    );
    at = valueEnd;
  }
  return properties;
}

function targetOf(endpoint: string): NetConnectOpts {
  const tcp = /^tcp:\/\/(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(endpoint);
  if (tcp && Number(tcp[3]) < 65_536) return { host: (tcp[1] ?? tcp[2])!, port: Number(tcp[3]) };
  const ipc = /^ipc:\/\/(.+)$/.exec(endpoint);
  if (ipc) return { path: ipc[1]!.replace(/^@/, "\0") };
  throw new Failure(
    `cannot probe ${endpoint}: give tcp://HOST:PORT or ipc://PATH (for other transports: zmq monitor)`,
    exitCodes.usage,
  );
}

/** Reads a stream of bytes piece by piece. */
class Reader {
  #bytes: Buffer = Buffer.alloc(0);
  readonly #source: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Resolves with `size` bytes, or with none if the peer has closed the connection. */
  async take(size: number): Promise<Buffer> {
    while (this.#bytes.length < size) {
      const { done, value } = await this.#source.next();
      if (done) break;
      this.#bytes = Buffer.concat([this.#bytes, value]);
    }
    const taken = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(taken.length);
    if (taken.length < size && taken.length > 0)
      throw new Failure("it closed the connection in the middle of the handshake");
    return taken;
  }
}

/** The socket types that each type talks to (RFC 23, and those of the drafts). */
const partners: Record<string, readonly string[]> = {
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  XPUB: ["SUB", "XSUB"],
  XSUB: ["PUB", "XPUB"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
  REQ: ["REP", "ROUTER"],
  REP: ["REQ", "DEALER"],
  DEALER: ["REP", "DEALER", "ROUTER"],
  ROUTER: ["REQ", "DEALER", "ROUTER"],
  PAIR: ["PAIR"],
  CLIENT: ["SERVER"],
  SERVER: ["CLIENT"],
  RADIO: ["DISH"],
  DISH: ["RADIO"],
  SCATTER: ["GATHER"],
  GATHER: ["SCATTER"],
};

/** Explains why a peer may close the connection when it has the socket type. */
function typeHint(as: string): string {
  const types = partners[as];
  const fitting = types ? `, as ${as} talks only to ${types.join(", ")}` : "";
  return `its socket type may not fit${fitting}; try another --as`;
}

/** Reads the commands of the handshake until READY or ERROR. */
async function readHandshake(reader: Reader, report: Report, as: string): Promise<void> {
  const [flags = -1, shortSize = 0] = await reader.take(2);
  if (flags < 0) throw new Failure(`it closed the connection after the greeting: ${typeHint(as)}`);
  // Bit 1: the size has eight bytes. Bit 2: a command.
  let size = shortSize;
  if (flags & 2) {
    const more = await reader.take(7);
    size = Number(Buffer.concat([Buffer.of(shortSize), more]).readBigUInt64BE());
  }
  if ((flags & 4) === 0 || size > 65_536) throw new Failure("it sent no handshake after the greeting");
  const body = await reader.take(size);
  const name = body.toString("latin1", 1, 1 + (body[0] ?? 0));
  if (name === "READY") report.properties = propertiesOf(body.subarray(6));
  else if (name === "ERROR")
    throw new Failure(`it rejects the connection: ${body.toString("utf8", 7) || "no reason"}`);
  else throw new Failure(`it sent the command ${JSON.stringify(name)} instead of READY`);
}

async function converse(
  socket: AsyncIterable<Buffer> & { write(bytes: Buffer): unknown },
  report: Report,
  as: string,
  elapsed: () => number,
) {
  const reader = new Reader(socket);
  // A peer with another mechanism closes the connection when it has the whole greeting, before it sends its own.
  const own = greeting();
  socket.write(own.subarray(0, versionEnd));
  const signature = await reader.take(signatureSize);
  if (signature.length === 0) throw new Failure("it closed the connection without a greeting");
  if (signature[0] !== 0xff || (signature.length === signatureSize && (signature[9]! & 1) === 0)) {
    throw new Failure(`it does not speak ZMTP 2 or later: its first bytes are ${signature.toString("hex")}`);
  }
  const [major = 0, minor = 0] = await reader.take(2);
  report.version = major >= 3 ? `${major}.${minor}` : major === 0 ? "1.0" : "2.0";
  report.times.greeting = elapsed();
  if (major < 3) return;
  const rest = await reader.take(greetingSize - signatureSize - 2);
  report.mechanism = rest.toString("latin1", 0, 20).replace(/\0+$/, "");
  report.asServer = rest[20] === 1;
  if (report.mechanism !== "NULL") return;
  socket.write(Buffer.concat([own.subarray(versionEnd), ready(as)]));
  await readHandshake(reader, report, as);
  report.times.handshake = elapsed();
}

function show({ endpoint, times, version, mechanism, asServer, properties, error }: Report): void {
  const ms = (time: number | undefined) => (time === undefined ? undefined : `${time.toFixed(1)} ms`);
  const rows: [string, unknown][] = [
    ["endpoint", endpoint],
    ["connected after", ms(times.connect)],
    ["greeting after", ms(times.greeting)],
    ["handshake after", ms(times.handshake)],
    ["ZMTP version", version],
    ["mechanism", mechanism && `${mechanism}${asServer ? " (server)" : ""}`],
    ...Object.entries(properties ?? {}).map(([name, value]): [string, unknown] => [
      name,
      JSON.stringify(value),
    ]),
    ["error", error],
  ];
  for (const [name, value] of rows) {
    if (value !== undefined) print(`${name.padEnd(16)} ${value}`);
  }
}

/** Probes an endpoint and prints a report. */
export async function probe(endpoint: string, flags: ProbeFlags): Promise<void> {
  const start = performance.now();
  const elapsed = () => Math.round((performance.now() - start) * 10) / 10;
  const report: Report = { endpoint, times: {} };
  const socket = connect(targetOf(endpoint));
  let late = false;
  const stop = () => socket.destroy(new Error("interrupted"));
  interrupted.addEventListener("abort", stop);
  const timer = setTimeout(() => {
    late = true;
    socket.destroy(new Error("timeout"));
  }, flags.timeout);
  try {
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    report.times.connect = elapsed();
    await converse(socket, report, flags.as.toUpperCase(), elapsed);
  } catch (error) {
    report.error = late ? `no answer within ${flags.timeout} ms` : (error as Error).message;
  } finally {
    clearTimeout(timer);
    interrupted.removeEventListener("abort", stop);
    socket.on("error", () => {});
    socket.destroy();
  }
  if (interrupted.aborted) return;
  if (flags.json) printJson(report);
  else show(report);
  if (report.error !== undefined) process.exitCode = late ? exitCodes.timeout : exitCodes.failed;
}
