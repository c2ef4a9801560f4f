// `zmq probe`: speaks just enough ZMTP (RFC 23, RFC 37) to report what answers at an endpoint. A socket makes the handshakes with
// CURVE and PLAIN, and all those over ws and wss (probe-socket.ts).

import { connect, type NetConnectOpts, type Socket } from "node:net";
import { exitCodes, Failure, interrupted } from "./exit.js";
import { toJsonFrame } from "./parcel.js";
import { print, printJson } from "./print.js";
import type { Security, SecurityFlags } from "./security.js";

interface ProbeFlags extends SecurityFlags {
  readonly json?: boolean;
  readonly timeout: number;
  readonly as?: string;
}

/** The information about the peer, as far as it has arrived. */
interface Report {
  endpoint: string;
  /**
   * Milliseconds until the connection was open, the greeting had arrived, the probe presented its type to a silent peer, the
   * handshake was complete.
   */
  times: { connect?: number; greeting?: number; presented?: number; handshake?: number };
  version?: string;
  mechanism?: string;
  asServer?: boolean;
  /** The type that the probe has presented to a silent peer. */
  presented?: string;
  properties?: Record<string, unknown>;
  error?: string;
}

/** The mechanisms with which `probe` completes a handshake. */
type Mechanism = "NULL" | "PLAIN" | "CURVE";

/** The options that a mechanism needs. */
const remedies: ReadonlyMap<string, string> = new Map<Mechanism, string>([
  ["NULL", "give neither --curve-… nor --plain"],
  ["PLAIN", "give --plain NAME:PASSWORD"],
  ["CURVE", "give --curve-server-key KEY"],
]);

/** A conversation with a peer. */
interface Conversation {
  /** Where to note what the peer says. */
  readonly report: Report;
  /** The socket type to present. Undefined: one that fits. */
  readonly as: string | undefined;
  /** The longest wait for the type of the peer, in milliseconds. Then the probe presents its own first. */
  readonly patience: number;
  /** The mechanism to use. */
  readonly wanted: Mechanism;
  /** The time since the start. */
  elapsed(): number;
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
    `cannot probe ${endpoint}: give tcp://HOST:PORT, ipc://PATH, ws://… or wss://… (for other transports: zmq monitor)`,
    exitCodes.usage,
  );
}

const inTheMiddle = () => new Failure("it closed the connection in the middle of the handshake");

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
    if (taken.length < size && taken.length > 0) throw inTheMiddle();
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
  PEER: ["PEER"],
  CHANNEL: ["CHANNEL"],
};

/** The types that may send a message to any peer, and thus to the probe, where it is lost. */
const distributing = new Set(["PUSH", "REQ", "DEALER", "PAIR", "CLIENT", "SCATTER", "CHANNEL"]);

/** The type for a peer that waits for one. No peer of this type may send a message to the probe without a request. */
const firstPresented = "REQ";

/** Throws a `Failure` if the type of the peer does not fit. */
function checkType(type: string, as: string): void {
  const types = partners[as];
  if (types === undefined || types.includes(type)) return;
  throw new Failure(
    `its socket type is ${type}, and ${as} talks only to ${types.join(", ")}; give another --as, or none`,
  );
}

/** Reads the commands of the handshake until READY or ERROR. */
async function readHandshake(reader: Reader, report: Report): Promise<void> {
  const [flags = -1, shortSize = 0] = await reader.take(2);
  if (flags < 0)
    throw new Failure("it closed the connection after the greeting; its log may have the reason");
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

type Write = (bytes: Buffer) => Promise<void>;

/** Reads the type of the peer, and presents one that fits. With NULL, libzmq sends its type without waiting for that of the peer. */
async function exchangeTypes(reader: Reader, write: Write, conversation: Conversation): Promise<void> {
  const { report, as, patience, elapsed } = conversation;
  const read = readHandshake(reader, report);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<"silent">((resolve) => {
    timer = setTimeout(resolve, patience, "silent");
  });
  const isSilent = (await Promise.race([read, silence]).finally(() => clearTimeout(timer))) === "silent";
  if (isSilent) {
    const presented = as ?? firstPresented;
    report.presented = presented;
    report.times.presented = elapsed();
    await write(ready(presented));
    await read;
  }
  const type = String(report.properties?.["Socket-Type"]);
  if (as !== undefined) checkType(type, as);
  const own = as ?? (distributing.has(type) ? undefined : (partners[type]?.[0] ?? "DEALER"));
  if (!isSilent && own !== undefined) await write(ready(own));
}

async function converse(socket: Socket, conversation: Conversation): Promise<void> {
  const { report, wanted, elapsed } = conversation;
  const write: Write = (bytes) =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  const reader = new Reader(socket);
  // A peer with another mechanism closes the connection when it has the whole greeting, before it sends its own.
  const own = greeting();
  socket.write(own.subarray(0, versionEnd));
  const signature = await reader.take(signatureSize);
  if (signature.length === 0) throw new Failure("it closed the connection without a greeting");
  if (signature[0] !== 0xff || (signature.length === signatureSize && (signature[9]! & 1) === 0)) {
    throw new Failure(`it does not speak ZMTP 2 or later: its first bytes are ${signature.toString("hex")}`);
  }
  const [major, minor = 0] = await reader.take(2);
  if (major === undefined) throw inTheMiddle();
  report.version = major >= 3 ? `${major}.${minor}` : major === 0 ? "1.0" : "2.0";
  report.times.greeting = elapsed();
  if (major < 3) {
    if (wanted === "NULL") return;
    throw new Failure(`it speaks ZMTP ${report.version}, which has no ${wanted}`);
  }
  const rest = await reader.take(greetingSize - signatureSize - 2);
  if (rest.length === 0) throw inTheMiddle();
  report.mechanism = rest.toString("latin1", 0, 20).replace(/\0+$/, "");
  report.asServer = rest[20] === 1;
  if (report.mechanism !== wanted) {
    const remedy = remedies.get(report.mechanism);
    if (remedy === undefined) {
      const name = JSON.stringify(report.mechanism);
      throw new Failure(`its mechanism ${name} is unknown; zmq probe knows NULL, PLAIN and CURVE`);
    }
    throw new Failure(`its mechanism is ${report.mechanism}, not ${wanted}: ${remedy}`);
  }
  if (wanted !== "NULL") return;
  socket.write(own.subarray(versionEnd));
  await exchangeTypes(reader, write, conversation);
  report.times.handshake = elapsed();
}

/** The reason of a failure. Tells that the peer waited for a type if it then did not answer with its own. */
function reasonOf(error: Error, { presented, properties }: Report, as: string | undefined): string {
  if (presented === undefined || properties !== undefined) return error.message;
  const remedy = as === undefined ? "if it is of another type than REP or ROUTER, give --as" : "compare --as";
  return `${error.message}. It waited for a type, and the probe presented ${presented}: ${remedy}`;
}

function show({ endpoint, times, version, mechanism, asServer, presented, properties, error }: Report): void {
  const ms = (time: number | undefined) => (time === undefined ? undefined : `${time.toFixed(1)} ms`);
  const rows: [string, unknown][] = [
    ["endpoint", endpoint],
    ["connected after", ms(times.connect)],
    ["greeting after", ms(times.greeting)],
    ["handshake after", ms(times.handshake)],
    ["ZMTP version", version],
    ["presented", presented && `${presented}, after ${ms(times.presented)} without a type of the peer`],
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

/** Connects to a tcp or ipc endpoint, and reads what the peer says up to the mechanism. With NULL, completes the handshake. */
async function talk(target: NetConnectOpts, conversation: Conversation, signal: AbortSignal): Promise<void> {
  const socket = connect(target);
  const stop = () => socket.destroy(new Error("aborted"));
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    conversation.report.times.connect = conversation.elapsed();
    await converse(socket, conversation);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.on("error", () => {});
    socket.destroy();
  }
}

async function readSecurity(endpoint: string, flags: ProbeFlags): Promise<Security> {
  const { security } = await import("./security.js");
  return security({ ...flags, connect: [endpoint] });
}

/** Lets a socket make the handshake. */
async function authenticate(
  report: Report,
  flags: ProbeFlags & { readonly security: Security },
  signal: AbortSignal,
): Promise<void> {
  const { shakeHands } = await import("./probe-socket.js");
  const { time, mechanism, properties } = await shakeHands(report.endpoint, flags, signal);
  report.mechanism = mechanism;
  report.properties = properties;
  report.times.handshake = tenths(time);
}

const tenths = (time: number) => Math.round(time * 10) / 10;

/** Probes an endpoint and prints a report. */
export async function probe(endpoint: string, flags: ProbeFlags): Promise<void> {
  const { curveSecret, curveServerKey, plain, timeout } = flags;
  const isCurve = (curveSecret ?? curveServerKey) !== undefined;
  const wanted = plain !== undefined ? "PLAIN" : isCurve ? "CURVE" : "NULL";
  const target = /^wss?:\/\//.test(endpoint) ? undefined : targetOf(endpoint);
  // Before anything is sent, since wrong usage is not the fault of the peer.
  const isBySocket = target === undefined || wanted !== "NULL";
  const security = isBySocket ? await readSecurity(endpoint, flags) : undefined;
  const report: Report = { endpoint, times: {} };
  const late = new Failure(`no answer within ${timeout} ms`, exitCodes.timeout);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late), timeout);
  const signal = AbortSignal.any([interrupted, limit.signal]);
  let exitCode: number = exitCodes.done;
  try {
    const start = performance.now();
    const elapsed = () => tenths(performance.now() - start);
    const as = flags.as?.toUpperCase();
    if (target) await talk(target, { report, as, patience: timeout / 2, wanted, elapsed }, signal);
    if (security) await authenticate(report, { ...flags, security }, signal);
  } catch (error) {
    exitCode = error instanceof Failure ? error.exitCode : exitCodes.failed;
    // Nothing has been sent.
    if (exitCode === exitCodes.usage) throw error;
    report.error = reasonOf(error as Error, report, flags.as);
  } finally {
    clearTimeout(timer);
  }
  if (interrupted.aborted) return;
  if (flags.json) printJson(report);
  else show(report);
  if (exitCode !== exitCodes.done) process.exitCode = exitCode;
}
