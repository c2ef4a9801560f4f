// `zmq record` and `zmq replay`. A recording is text: a header, then a line of JSON for each message. docs/command.md
// documents it.

import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { refusing, toAddresses } from "./addressed.js";
import { exitCodes, Failure, interrupted } from "./exit.js";
import { reportFailures } from "./handshakes.js";
import { receiverWithPeer, sender, waiter } from "./messages.js";
import { type AnySocket, type SocketFlags, withSocket } from "./open.js";
import { waitUntil } from "./pace.js";
import { fromJson, type Parcel, toJsonFrame } from "./parcel.js";
import { openProgress } from "./progress.js";
import { type SocketKind, socketKinds } from "./sockets.js";

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
  /** Whether an existing file is replaced. */
  readonly force?: boolean;
}

interface ReplayFlags extends RecordFlags {
  readonly speed: number;
  /** False by `--no-wait`. */
  readonly wait: boolean;
  readonly waitPeers?: number;
  readonly group?: string;
}

const kindOf = (type: string): SocketKind => socketKinds.find(({ name }) => name === type)!;

/** The file of a recording. */
interface Recording {
  /** Writes a line. */
  write(value: object): Promise<void>;
  /** Resolves when everything is in the file. Rejects if something could not be written. */
  end(): Promise<void>;
}

/**
 * Creates the file of a recording, or opens standard output.
 *
 * @param onError Called when a line cannot be written, for instance because the disk is full.
 */
async function create(path: string, force: boolean, onError: () => void): Promise<Recording> {
  const isFile = path !== "-";
  // Only for its owner: the messages may have been encrypted on their way.
  const file = isFile ? createWriteStream(path, { flags: force ? "w" : "wx", mode: 0o600 }) : process.stdout;
  try {
    if (isFile) await once(file, "open");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "EEXIST" ? `${path} exists; --force replaces it` : `cannot write ${path}: ${message}`;
    throw new Failure(reason, exitCodes.usage);
  }
  let failed: Error | undefined;
  if (isFile) {
    file.on("error", (error) => {
      failed = error;
      onError();
    });
  }
  const check = () => {
    if (failed) throw new Failure(`cannot write ${path}: ${failed.message}`);
  };
  return {
    async write(value) {
      check();
      if (!file.write(`${JSON.stringify(value)}\n`)) await once(file, "drain").catch(() => {});
    },
    async end() {
      if (isFile && !failed) await new Promise<void>((resolve) => file.end(() => resolve()));
      check();
    },
  };
}

/** Receives messages and writes each to the file. */
export async function record(path: string, flags: RecordFlags): Promise<void> {
  const kind = kindOf(flags.type);
  await withSocket(kind, { subscribe: [""], ...flags }, work, reportFailures);

  async function work(socket: AnySocket): Promise<void> {
    const file = await create(path, flags.force === true, () => socket.close());
    const receive = receiverWithPeer(socket, kind, flags);
    using progress = openProgress(flags.quiet === true);
    const started = performance.now();
    await file.write({
      format,
      version: formatVersion,
      type: kind.name,
      started: new Date().toISOString(),
    });
    let failure: unknown;
    try {
      for (let number = 0; number !== flags.count; number++) {
        const { frames, ...rest } = await receive();
        const at = Math.round((performance.now() - started) * 1000) / 1000;
        await file.write({ at, ...rest, frames: frames.map(toJsonFrame) });
        progress.count({ frames });
      }
    } catch (error) {
      failure = error;
    }
    // The file is complete, whatever ends the command.
    await file.end();
    if (failure !== undefined) throw failure;
  }
}

type Timed = [parcel: Parcel, at: number];

/** A recording that is read. Standard input keeps the process alive until it is disposed of. */
interface Source extends Disposable {
  readonly messages: AsyncGenerator<Timed>;
}

/** Opens a recording and checks its header. Rejects if it is not a recording. */
async function openRecording(path: string): Promise<Source> {
  const source = path === "-" ? process.stdin : createReadStream(path);
  if (path !== "-") {
    try {
      await once(source, "open");
    } catch (error) {
      throw new Failure(`cannot read ${path}: ${(error as Error).message}`, exitCodes.usage);
    }
  }
  interrupted.addEventListener("abort", () => source.destroy());
  const input = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY, signal: interrupted });
  const lines = input[Symbol.asyncIterator]();
  const header = await lines.next();
  const wrong = (number: number, reason: string) => new Failure(`${path}, line ${number}: ${reason}`);
  if (header.done) {
    if (interrupted.aborted) throw interrupted.reason;
    throw new Failure(`${path}: not a recording of zmq record: it is empty`);
  }
  const { format: name, version } = parsed(header.value, wrong(1, "not a recording of zmq record"));
  if (name !== format) throw wrong(1, "not a recording of zmq record");
  if (version !== formatVersion) {
    throw wrong(1, `the recording has version ${version}; this program reads ${formatVersion}`);
  }
  return { messages: messagesOf(lines, wrong), [Symbol.dispose]: () => void source.destroy() };
}

/** Parses a line of a recording, which may be any JSON. Throws `failure` if it is not JSON. */
function parsed(text: string, failure: Failure): Partial<Line> & { format?: unknown; version?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw failure;
  }
}

/** The messages after the header. */
async function* messagesOf(
  lines: AsyncIterable<string>,
  wrong: (number: number, reason: string) => Failure,
): AsyncGenerator<Timed> {
  let number = 1;
  let latest = 0;
  for await (const text of lines) {
    number++;
    const line = parsed(text, wrong(number, "not JSON; the recording is incomplete"));
    if (typeof line.at !== "number") throw wrong(number, "the time `at` is missing");
    if (line.at < latest || line.at > Number.MAX_SAFE_INTEGER) {
      throw wrong(number, `the time \`at\` must be from ${latest}, that of the line before, got ${line.at}`);
    }
    latest = line.at;
    try {
      yield [fromJson({ frames: line.frames, routingId: line.routingId, group: line.group }), line.at];
    } catch (error) {
      throw wrong(number, (error as Error).message);
    }
  }
}

/** Sends the messages of a file. */
export async function replay(path: string, flags: ReplayFlags): Promise<void> {
  const kind = kindOf(flags.type);
  // Before the socket is opened: a wrong file must not wait for peers.
  using recording = await openRecording(path);
  let waitForPeers = async () => {};
  const prepare = (socket: AnySocket) => {
    reportFailures(socket);
    waitForPeers = waiter(socket, kind, flags);
  };
  await withSocket(kind, refusing(kind, flags), work, prepare);

  async function work(socket: AnySocket): Promise<void> {
    const send = toAddresses(kind, sender(socket, kind, flags));
    await waitForPeers();
    using progress = openProgress(flags.quiet === true);
    const started = performance.now();
    let first: number | undefined;
    for await (const [parcel, at] of recording.messages) {
      first ??= at;
      if (flags.wait) await waitUntil(started + (at - first) / flags.speed, interrupted);
      await send({ ...parcel, group: flags.group ?? parcel.group });
      progress.count(parcel);
      if (interrupted.aborted) return;
    }
  }
}
