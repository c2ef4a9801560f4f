// `zmq record` and `zmq replay`. A recording is text: a header, then a line of JSON for each message. docs/command.md
// documents it.

import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { exitCodes, Failure, interrupted } from "./exit.js";
import { open, type SocketFlags } from "./open.js";
import { fromJson, type Parcel, toJsonFrame } from "./parcel.js";
import { openProgress } from "./progress.js";
import { type SocketKind, socketKinds } from "./sockets.js";
import { receiverWithPeer, sender, waiter } from "./transfer.js";

const format = "zmq-recording";
const formatVersion = 1;

/** A line of a recording after the header. */
interface Line {
  /** Milliseconds since the recording began. */
  at: number;
  /** The address of the peer, if the transport has one. */
  peer?: string;
  frames: unknown[];
  routingId?: number;
  group?: string;
}

interface RecordFlags extends SocketFlags {
  readonly type: string;
  readonly count?: number;
  readonly timeout?: number;
  readonly quiet?: boolean;
}

interface ReplayFlags extends RecordFlags {
  readonly speed: number;
  /** False by `--no-wait`. */
  readonly wait: boolean;
  readonly waitPeers?: number;
  readonly group?: string;
}

const kindOf = (type: string): SocketKind => socketKinds.find(({ name }) => name === type)!;

/** Receives messages and writes each to the file. */
export async function record(path: string, flags: RecordFlags): Promise<void> {
  const kind = kindOf(flags.type);
  await using opened = await open(kind, flags);
  const file = path === "-" ? process.stdout : createWriteStream(path);
  try {
    if (path !== "-") await once(file, "open");
  } catch (error) {
    throw new Failure(`cannot write ${path}: ${(error as Error).message}`, exitCodes.usage);
  }
  const write = async (value: object) => {
    if (!file.write(`${JSON.stringify(value)}\n`)) await once(file, "drain");
  };
  const receive = receiverWithPeer(opened.socket, kind, flags);
  using progress = openProgress(flags.quiet === true);
  const started = performance.now();
  await write({ format, version: formatVersion, type: kind.name, started: new Date().toISOString() });
  try {
    for (let number = 0; number !== flags.count; number++) {
      const parcel = await receive();
      const { frames, ...rest } = parcel;
      await write({
        at: Math.round((performance.now() - started) * 1000) / 1000,
        ...rest,
        frames: frames.map(toJsonFrame),
      });
      progress.count(parcel);
    }
  } finally {
    // The file is complete, whatever ends the command.
    if (file !== process.stdout) await new Promise<void>((resolve) => file.end(resolve));
  }
}

async function* linesOf(path: string): AsyncGenerator<[parcel: Parcel, at: number]> {
  const source = path === "-" ? process.stdin : createReadStream(path);
  if (path !== "-") {
    try {
      await once(source, "open");
    } catch (error) {
      throw new Failure(`cannot read ${path}: ${(error as Error).message}`, exitCodes.usage);
    }
  }
  let number = 0;
  for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    const wrong = (reason: string) => new Failure(`${path}, line ${number}: ${reason}`);
    let line: Partial<Line> & { format?: unknown; version?: unknown };
    try {
      line = JSON.parse(text);
    } catch {
      throw wrong(number === 1 ? "not a recording of zmq record" : "not JSON; the recording is incomplete");
    }
    if (number === 1) {
      if (line?.format !== format) throw wrong("not a recording of zmq record");
      if (line.version !== formatVersion) {
        throw wrong(`the recording has version ${line.version}; this program reads ${formatVersion}`);
      }
      continue;
    }
    if (typeof line?.at !== "number") throw wrong("the time `at` is missing");
    try {
      yield [fromJson({ frames: line.frames, routingId: line.routingId, group: line.group }), line.at];
    } catch (error) {
      throw wrong((error as Error).message);
    }
  }
}

/** Sends the messages of a file. */
export async function replay(path: string, flags: ReplayFlags): Promise<void> {
  const kind = kindOf(flags.type);
  let waitForPeers = async () => {};
  await using opened = await open(kind, flags, (socket) => {
    waitForPeers = waiter(socket, kind, flags);
  });
  const send = sender(opened.socket, kind, flags);
  await waitForPeers();
  using progress = openProgress(flags.quiet === true);
  const started = performance.now();
  let first: number | undefined;
  for await (const [parcel, at] of linesOf(path)) {
    first ??= at;
    const wait = flags.wait ? started + (at - first) / flags.speed - performance.now() : 0;
    if (wait >= 1) await setTimeout(Math.min(wait, 2 ** 31 - 1), undefined, { signal: interrupted });
    await send({ ...parcel, group: flags.group ?? parcel.group });
    progress.count(parcel);
    if (interrupted.aborted) return;
  }
}
