// `zmq record` and `zmq replay`. A recording is text: a header, then a line of JSON for each message. docs/command.md
// documents it.

import { constants } from "node:buffer";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { refusing, toAddresses } from "./addressed.js";
import { exitCodes, Failure, interrupted } from "./exit.js";
import { checkStandardInput, createFile, fileFailure, openFile, withoutMark, written } from "./files.js";
import { reportFailures } from "./handshakes.js";
import { jsonOf } from "./harmless.js";
import { split } from "./input.js";
import { receiverWithPeer, sender, waiter } from "./messages.js";
import { type AnySocket, type SocketFlags, withSocket } from "./open.js";
import { waitUntil } from "./pace.js";
import { fromJson, type Parcel, textOfFrame } from "./parcel.js";
import { framePieces, gathered } from "./pieces.js";
import { report } from "./print.js";
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
  /** Writes a part of a line. */
  write(text: string): Promise<void>;
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
  const mode = 0o600;
  const file = isFile ? await createFile(path, force ? "w" : "wx", mode, exitCodes.usage) : process.stdout;
  let failed: Error | undefined;
  if (isFile) {
    file.on("error", (error) => {
      failed = error;
      onError();
    });
  }
  const check = () => {
    if (failed) throw fileFailure("write", path, failed);
  };
  return {
    async write(text) {
      check();
      if (!file.write(text)) await once(file, "drain").catch(() => {});
    },
    async end() {
      try {
        if (isFile && !failed) await finished(file.end(), written);
      } catch (error) {
        failed = error as Error;
      }
      check();
    },
  };
}

/**
 * The largest message that is recorded, in bytes: base64 makes four characters of three bytes, and a text has a longest length.
 * The rest is for the other fields of the line, and for those of many frames.
 */
const mostRecorded = Math.floor((constants.MAX_STRING_LENGTH * 3) / 4) - (2 << 20);

/** Receives messages and writes each to the file. */
export async function record(path: string, flags: RecordFlags): Promise<void> {
  const kind = kindOf(flags.type);
  await withSocket(kind, { subscribe: [""], ...flags }, work, reportFailures);

  async function work(socket: AnySocket): Promise<void> {
    const file = await create(path, flags.force === true, () => socket.close());
    const receive = receiverWithPeer(socket, kind, flags);
    using progress = openProgress(flags.quiet === true);
    const started = performance.now();
    const header = { format, version: formatVersion, type: kind.name, started: new Date().toISOString() };
    await file.write(`${jsonOf(header)}\n`);
    let failure: unknown;
    let missing = 0;
    try {
      for (let number = 0; number !== flags.count; number++) {
        const { frames, ...rest } = await receive();
        const at = Math.round((performance.now() - started) * 1000) / 1000;
        const size = frames.reduce((sum, { length }) => sum + length, 0);
        if (size > mostRecorded) {
          missing++;
          report(
            `a message of ${size} bytes is not recorded: a recording has messages of up to ${mostRecorded} bytes. Receive it by --output raw`,
          );
          continue;
        }
        for (const text of gathered(linePieces({ at, ...rest }, frames))) await file.write(text);
        progress.count({ frames });
      }
    } catch (error) {
      failure = error;
    }
    // The file is complete, whatever ends the command.
    await file.end();
    const text = `${path} is incomplete: it lacks ${missing === 1 ? "a message that was" : `${missing} messages that were`} too large`;
    if (missing > 0 && failure === undefined) throw new Failure(text);
    if (missing > 0) report(text);
    if (failure !== undefined) throw failure;
  }
}

/** A message as a line of a recording, in pieces. */
function* linePieces(fields: object, frames: readonly Uint8Array[]): Generator<string> {
  yield `${jsonOf(fields).slice(0, -1)},"frames":`;
  yield* framePieces(frames);
  yield "}\n";
}

type Timed = [parcel: Parcel, at: number];

/** A recording that is read. Standard input keeps the process alive until it is disposed of. */
interface Source extends Disposable {
  readonly messages: AsyncGenerator<Timed>;
}

/** Opens a recording and checks its header. Rejects if it is not a recording. */
async function openRecording(path: string): Promise<Source> {
  if (path === "-") checkStandardInput("zmq replay FILE reads a file");
  const source = path === "-" ? process.stdin : openFile(path);
  interrupted.addEventListener("abort", () => source.destroy());
  const wrong = (number: number, reason: string) => new Failure(`${path}, line ${number}: ${reason}`);
  const name = path === "-" ? "standard input" : path;
  const lines = linesOf(
    source,
    name,
    `${path} has a line that is longer than a text of JavaScript can be`,
    wrong,
  );
  try {
    const header = await lines.next();
    if (header.done && interrupted.aborted) throw interrupted.reason;
    checkHeader(path, header.value, wrong);
  } catch (error) {
    source.destroy();
    throw error;
  }
  return { messages: messagesOf(lines, wrong), [Symbol.dispose]: () => void source.destroy() };
}

/** Throws a `Failure` if the first line of a file is not that of a recording. */
function checkHeader(
  path: string,
  text: string | undefined,
  wrong: (number: number, reason: string) => Failure,
): void {
  if (text === undefined) throw new Failure(`${path}: not a recording of zmq record: it is empty`);
  const { format: name, version } = parsed(text, wrong(1, "not a recording of zmq record"));
  if (name !== format) throw wrong(1, "not a recording of zmq record");
  if (version !== formatVersion) {
    throw wrong(1, `the recording has version ${version}; this program reads ${formatVersion}`);
  }
}

/** The lines of a recording. Ends with the first signal. `readline` would also split texts at U+2028 and at U+2029. */
async function* linesOf(
  source: AsyncIterable<Buffer>,
  name: string,
  tooLong: string,
  wrong: (number: number, reason: string) => Failure,
): AsyncGenerator<string, undefined> {
  let number = 0;
  try {
    for await (const line of split(source, 10, constants.MAX_STRING_LENGTH, tooLong)) {
      number++;
      const text = textOfFrame(line);
      if (text === undefined) throw wrong(number, "not UTF-8");
      yield number === 1 ? withoutMark(text) : text;
    }
  } catch (error) {
    // The signal has destroyed the source.
    if (!interrupted.aborted) throw fileFailure("read", name, error);
  }
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
  const kind = { ...kindOf(flags.type), receives: false };
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
