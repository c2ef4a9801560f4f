// Where the messages to send come from: arguments, files or standard input; and how their bytes become messages.

import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { exitCodes, Failure } from "./exit.js";
import { checkFile, checkStandardInput, fileFailure, isPipe, openFile, withoutMark } from "./files.js";
import type { InputFormat } from "./formats.js";
import { bufferOf, checkText, excerpt, fromJson, type Parcel, textOfFrame } from "./parcel.js";
import { compile } from "./template.js";

/** Where the messages are. */
interface InputSource {
  /** Messages given as arguments. */
  readonly messages: readonly string[];
  readonly files: readonly string[];
  /** Whether arguments are sent again and again. */
  readonly repeat: boolean;
}

export interface InputOptions extends InputSource {
  readonly input: InputFormat;
  /** Splits a message into frames. */
  readonly separator?: Buffer | undefined;
  /** Whether `{{…}}` in arguments is replaced. */
  readonly template: boolean;
  /** Resolves when the next message is due. Templates are filled in after that. */
  readonly due: () => Promise<void>;
  /** Ends the input. */
  readonly signal: AbortSignal;
  /** Ends standard input and named pipes, which may never end by themselves. The messages that have been read are sent. */
  readonly inputSignal: AbortSignal;
}

/** The longest line or JSON value. Longer input is a mistake, such as a binary file without `--input raw`. */
const longestPiece = 1 << 30;

function framesOf(bytes: Buffer, separator: Buffer | undefined): Buffer[] {
  if (separator === undefined) return [bytes];
  const frames: Buffer[] = [];
  let start = 0;
  for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, start)) {
    frames.push(bytes.subarray(start, at));
    start = at + separator.length;
  }
  return [...frames, bytes.subarray(start)];
}

/** Splits a stream of bytes after each `delimiter`. The last piece needs none. Throws `tooLong` for one above `longest` bytes. */
export async function* split(
  source: AsyncIterable<Buffer>,
  delimiter: number,
  longest = longestPiece,
  tooLong = "a line of the input has more than 1 GiB; see --input raw",
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let at = chunk.indexOf(delimiter); at >= 0; at = chunk.indexOf(delimiter, start)) {
      const piece = chunk.subarray(start, at);
      yield rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      size = 0;
      start = at + 1;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      size += chunk.length - start;
      if (size > longest) throw new Failure(tooLong);
    }
  }
  if (size > 0) yield Buffer.concat(rest);
}

async function* whole(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longestPiece) throw new Failure("a message of --input raw has more than 1 GiB");
  }
  yield Buffer.concat(chunks);
}

/** The text of a line that is JSON. */
function textOfJson(line: Buffer, number: number): string {
  const content = textOfFrame(line);
  if (content === undefined) throw new Failure(`input line ${number} is not UTF-8, so it is not JSON`);
  const text = number === 1 ? withoutMark(content) : content;
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new Failure(`input line ${number} is not JSON: ${(error as Error).message}`);
  }
}

/** Changes the parts of valid JSON between its strings. */
function betweenStrings(json: string, change: (text: string) => string): string {
  const parts: string[] = [];
  let start = 0;
  for (let quote = json.indexOf('"'); quote >= 0; quote = json.indexOf('"', start)) {
    parts.push(change(json.slice(start, quote)));
    let end = quote;
    let escapes = 0;
    do {
      end = json.indexOf('"', end + 1);
      escapes = 0;
      while (json[end - 1 - escapes] === "\\") escapes++;
    } while (escapes % 2 === 1);
    parts.push(json.slice(quote, end + 1));
    start = end + 1;
  }
  return [...parts, change(json.slice(start))].join("");
}

/** Whether MessagePack and CBOR encode the integer in eight bytes. */
const hasEightBytes = (value: bigint) => value >= -(2n ** 63n) && value < 2n ** 64n;
const hasFourBytes = (value: number) => value >= -(2 ** 31) && value < 2 ** 32;

/** Whether a number of JSON is not written as zero. */
const hasDigits = (token: string) => /^[-.0]*[1-9]/.test(token);

/** Parses JSON with integers of 64 bits, which become bigints: `JSON.parse` rounds those above 2^53. */
function parseExactly(text: string): unknown {
  // Escapes of surrogates, long integers, exponents and negative zeros are rare.
  if (!/\\u[dD]|\d{10}|\d[eE]|-0/.test(text)) return JSON.parse(text);
  // Node 20 does not tell a reviver the source of a number, so a string with this prefix stands for each.
  const mark = `${randomUUID()}:`;
  const marked = betweenStrings(text, (part) =>
    part.replace(/-?\d[\d.eE+-]*/g, (token) => {
      const value = Number(token);
      if (!Number.isFinite(value) || (value === 0 && hasDigits(token))) {
        throw new TypeError(`${excerpt(token)} is beyond the range of numbers`);
      }
      // The encoders make an integer of it.
      if (Object.is(value, -0)) throw new TypeError(`${excerpt(token)} would lose its sign: send it as text`);
      // The encoder of MessagePack makes a float of a number beyond four bytes.
      if (hasFourBytes(value) || !/^-?\d+$/.test(token)) return token;
      if (!hasEightBytes(BigInt(token))) {
        throw new TypeError(`${excerpt(token)} is beyond 64 bits: send it as text`);
      }
      return `"${mark}${token}"`;
    }),
  );
  return JSON.parse(marked, (key, value: unknown) => {
    if (typeof value === "string" && value.startsWith(mark)) return BigInt(value.slice(mark.length));
    if (typeof value === "string") checkText(value);
    checkText(key);
    return value;
  });
}

/** Whether a value is an object that is neither a message nor a frame in JSON, such as a document of the user. */
const isDocument = (value: unknown) =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !["frames", "base64", "hex"].some((name) => name in value);

/** How each format reads a source: into pieces, and each piece into a message. */
async function reader(
  options: InputOptions,
): Promise<(source: AsyncIterable<Buffer>) => AsyncGenerator<Parcel>> {
  const { input, separator } = options;
  const plain = (pieces: (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>) =>
    async function* (source: AsyncIterable<Buffer>) {
      for await (const piece of pieces(source)) yield { frames: framesOf(piece, separator) };
    };
  const byLine = (convert: (text: string) => Parcel) =>
    async function* (source: AsyncIterable<Buffer>) {
      let number = 0;
      for await (const line of split(source, 10)) {
        number++;
        if (line.toString().trim() === "") continue;
        const text = textOfJson(line, number);
        try {
          yield convert(text);
        } catch (error) {
          throw new Failure(`input line ${number}: ${(error as Error).message}`);
        }
      }
    };
  switch (input) {
    case "lines":
      return plain((source) => split(source, 10));
    case "nul":
      return plain((source) => split(source, 0));
    case "raw":
      return plain(whole);
    case "json":
      return byLine((text) => {
        const value: unknown = JSON.parse(text);
        if (!isDocument(value)) return fromJson(value);
        throw new TypeError(
          `${excerpt(value)} is not a frame; to send lines of JSON unchanged, leave out --input json`,
        );
      });
    case "msgpack": {
      const { encode } = await import("@msgpack/msgpack");
      return byLine((text) => ({ frames: [encode(parseExactly(text), { useBigInt64: true })] }));
    }
    case "cbor": {
      const { encode } = await import("cborg");
      return byLine((text) => ({ frames: [encode(parseExactly(text))] }));
    }
  }
}

/** Functions that make the frames of each argument. */
export function compiledArguments(
  messages: readonly string[],
  template: boolean,
  separator: Buffer | undefined,
): ((count: number) => Buffer[])[] {
  const split = (bytes: Buffer) => framesOf(bytes, separator);
  return messages.map((text) => (template ? compile(text, split) : () => split(Buffer.from(text))));
}

async function* fromArguments({ messages, separator, template, repeat, due, signal }: InputOptions) {
  const compiled = compiledArguments(messages, template, separator);
  let count = 0;
  do {
    for (const make of compiled) {
      signal.throwIfAborted();
      await due();
      yield { frames: make(++count) };
    }
  } while (repeat);
}

/** A stream was not read to its end: its last piece may be incomplete. */
const cut = Symbol("cut");

/** The bytes of a stream, until it or the command ends. Throws `cut` in the latter case. */
async function* bytesOf(stream: Readable, name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => stream.destroy();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    yield* stream;
  } catch (error) {
    if (!signal.aborted) throw fileFailure("read", name, error);
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (!stream.readableEnded) throw cut;
}

/** Throws a `Failure` if the messages cannot be read. Call this before the socket is opened: wrong usage must not wait for peers. */
export function checkSource({ messages, files, repeat }: InputSource): void {
  if (repeat && files.length > 0) {
    throw new Failure(
      "arguments that are repeated leave no turn to --file: give one of them",
      exitCodes.usage,
    );
  }
  for (const path of files) checkFile(path);
  if (messages.length === 0 && files.length === 0) checkStandardInput("--file reads files");
}

/** The messages to send, each when it is due, in order: of the arguments, then of the files, otherwise of standard input. */
export async function* messagesOf(options: InputOptions): AsyncGenerator<Parcel> {
  const { messages, files, due, signal, inputSignal } = options;
  if (messages.length > 0) yield* fromArguments(options);
  const read = await reader(options);
  async function* parcelsOf(stream: Readable, name: string, end: AbortSignal): AsyncGenerator<Parcel> {
    try {
      for await (const parcel of read(bytesOf(stream, name, end))) {
        await due();
        yield parcel;
      }
    } catch (error) {
      if (error !== cut) throw error;
      // A file has more. Nobody knows whether standard input or a pipe has.
      if (end === signal) signal.throwIfAborted();
    }
  }
  for (const path of files) {
    signal.throwIfAborted();
    const file = openFile(path);
    yield* parcelsOf(file, path, isPipe(file) ? inputSignal : signal);
  }
  if (messages.length > 0 || files.length > 0) return;
  yield* parcelsOf(process.stdin, "standard input", inputSignal);
}

/** The bytes of a message for a program that reads one: its frames, joined by the separator. */
export function joined(parcel: Parcel, separator: Buffer | undefined): Buffer {
  const frames = parcel.frames.map(bufferOf);
  if (separator === undefined || frames.length < 2) return Buffer.concat(frames);
  return Buffer.concat(frames.flatMap((frame, index) => (index === 0 ? [frame] : [separator, frame])));
}
