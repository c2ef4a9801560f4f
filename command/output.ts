// Prints messages to standard output in the chosen format, and waits while its reader is slow. A large message is printed in
// pieces.

import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { OutputFormat } from "./formats.js";
import { harmless } from "./harmless.js";
import { joined } from "./input.js";
import type { Parcel } from "./parcel.js";
import { encodedPieces, gathered, jsonPieces, quotedPieces, textPieces } from "./pieces.js";
import { countedWere, Tally } from "./print.js";
import { fitting, mostOfColumn, widthOf } from "./width.js";

export interface OutputOptions {
  readonly output: OutputFormat;
  readonly separator?: Buffer | undefined;
}

const newline = Buffer.of(10);
const tab = Buffer.of(9);

/** The longest frame that is decoded, in bytes. A part of one byte takes up to 200 bytes of memory. */
const mostDecoded = 4 << 20;

const undecoded = new Tally(
  (count) => `${countedWere(count, "frame")} too large to decode, and printed as by --output quoted`,
);

/** The routing id or group of a message, to print before its frames. */
function label({ routingId, group }: Parcel): string[] {
  if (routingId !== undefined) return [`[${routingId}]`];
  return group === undefined ? [] : [`[${group}]`];
}

/** Shows a frame as what it encodes, or quoted if it does not. */
function decodedPieces(
  frame: Uint8Array,
  format: OutputFormat,
  decode: (bytes: Uint8Array) => string,
): Iterable<string> {
  if (frame.length > mostDecoded) {
    undecoded.add(
      `a frame of ${frame.length} bytes is printed as by --output quoted: --output ${format} decodes up to ${mostDecoded} bytes. --output raw prints all bytes`,
    );
    return quotedPieces(frame);
  }
  try {
    return [decode(frame)];
  } catch {
    return quotedPieces(frame);
  }
}

/** A line with the frames of a message. */
function* words(parcel: Parcel, show: (frame: Uint8Array) => Iterable<string>): Generator<string> {
  let space = "";
  for (const text of label(parcel)) {
    yield text;
    space = " ";
  }
  for (const frame of parcel.frames) {
    yield space;
    yield* show(frame);
    space = " ";
  }
  yield "\n";
}

/** The bytes to print for a message, or their text in pieces. */
type Render = (parcel: Parcel) => Buffer | Iterable<string>;

async function renderer({ output, separator }: OutputOptions, terminal: boolean): Promise<Render> {
  switch (output) {
    case "text":
      return (parcel) => {
        const bytes = joined(parcel, separator ?? tab);
        if (terminal) return words({ ...parcel, frames: [bytes] }, textPieces);
        const prefix = label(parcel).map((text) => `${text} `);
        return Buffer.concat([Buffer.from(prefix.join("")), bytes, newline]);
      };
    case "quoted":
      return (parcel) => words(parcel, quotedPieces);
    case "hex":
    case "base64":
      return (parcel) => words(parcel, (frame) => encodedPieces(frame, output));
    case "json":
      return function* (parcel) {
        yield* jsonPieces(parcel);
        yield "\n";
      };
    case "raw":
      return (parcel) => joined(parcel, separator);
    case "msgpack":
    case "cbor": {
      const { cborText, msgpackText } = await import("./decode.js");
      const decode = output === "cbor" ? cborText : msgpackText;
      return (parcel) => words(parcel, (frame) => decodedPieces(frame, output, decode));
    }
    case "none":
      return () => [];
  }
}

/** The bytes that are written at once. */
const mostWritten = 64 << 20;

/** Below this width, lines are not cut. */
const narrowest = 20;

/** Makes text safe for a terminal, and cuts a line to its width. Says how much is missing. */
function* shown(pieces: Iterable<string>, width: number): Generator<string> {
  // A terminal without a size has 0 columns.
  const most = width < narrowest ? Number.POSITIVE_INFINITY : width;
  let line = "";
  let bytes = 0;
  for (const piece of pieces) {
    const text = harmless(piece);
    bytes += Buffer.byteLength(text);
    if (most === Number.POSITIVE_INFINITY) yield text;
    else if (line.length <= most * mostOfColumn) line += text;
  }
  if (line.length <= most * mostOfColumn && widthOf(line) <= most) return yield line;
  const note = `… (${bytes - 1} bytes)`;
  yield `${fitting(line, width - widthOf(note))}\x1b[2m${note}\x1b[0m\n`;
}

/** Returns a function that prints a message, and resolves when the next one may be printed. */
export async function openOutput(options: OutputOptions): Promise<(parcel: Parcel) => Promise<void>> {
  const { stdout } = process;
  const terminal = stdout.isTTY === true;
  const render = await renderer(options, terminal);
  const print = async (piece: Buffer | string) => {
    if (!stdout.write(piece)) await once(stdout, "drain");
  };
  return async (parcel) => {
    const rendered = render(parcel);
    if (Buffer.isBuffer(rendered)) {
      // One write call of the system takes less than 2 GiB, and Node fails beyond it.
      for (let start = 0; start < rendered.length; start += mostWritten) {
        if (start > 0) await nextTurn();
        await print(rendered.subarray(start, start + mostWritten));
      }
      return;
    }
    const pieces = gathered(terminal ? shown(rendered, stdout.columns) : rendered);
    let number = 0;
    for (const piece of pieces) {
      // Writing to a pipe blocks. Signals must be noticed between the pieces of a large message.
      if (number++ > 0) await nextTurn();
      await print(piece);
    }
  };
}
