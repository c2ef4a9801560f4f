// Prints messages to standard output in the chosen format, and waits while its reader is slow.

import { once } from "node:events";
import { cborText, msgpackText } from "./decode.js";
import type { OutputFormat } from "./formats.js";
import { harmless, jsonOf } from "./harmless.js";
import { joined } from "./input.js";
import { bufferOf, type Parcel, textOfFrame, toJson } from "./parcel.js";

export interface OutputOptions {
  readonly output: OutputFormat;
  readonly separator?: Buffer | undefined;
}

const newline = Buffer.of(10);
const tab = Buffer.of(9);

/** Quotes a frame like a string of JavaScript; bytes that are not UTF-8 as `\xNN`. */
function quoted(frame: Uint8Array): string {
  const text = textOfFrame(frame);
  if (text !== undefined) return jsonOf(text);
  const escape = (byte: string) => {
    const code = byte.charCodeAt(0);
    if (byte === '"' || byte === "\\") return `\\${byte}`;
    return code < 32 || code > 126 ? `\\x${code.toString(16).padStart(2, "0")}` : byte;
  };
  return `"${Array.from(bufferOf(frame).toString("latin1"), escape).join("")}"`;
}

/** The routing id or group of a message, to print before its frames. */
function label({ routingId, group }: Parcel): string[] {
  if (routingId !== undefined) return [`[${routingId}]`];
  return group === undefined ? [] : [`[${group}]`];
}

/** Shows a frame as what it encodes, or quoted if it does not. */
function decoded(frame: Uint8Array, decode: (bytes: Uint8Array) => string): string {
  try {
    return decode(frame);
  } catch {
    return quoted(frame);
  }
}

type Render = (parcel: Parcel) => Buffer | string;

function renderer({ output, separator }: OutputOptions, terminal: boolean): Render {
  const words = (show: (frame: Uint8Array) => string) => (parcel: Parcel) =>
    `${[...label(parcel), ...parcel.frames.map(show)].join(" ")}\n`;
  switch (output) {
    case "text":
      return (parcel) => {
        const bytes = joined(parcel, separator ?? tab);
        const prefix = label(parcel).map((text) => `${text} `);
        if (terminal) return `${prefix.join("")}${bytes.toString()}\n`;
        return Buffer.concat([Buffer.from(prefix.join("")), bytes, newline]);
      };
    case "quoted":
      return words(quoted);
    case "hex":
      return words((frame) => bufferOf(frame).toString("hex"));
    case "base64":
      return words((frame) => bufferOf(frame).toString("base64"));
    case "json":
      return (parcel) => `${jsonOf(toJson(parcel))}\n`;
    case "raw":
      return (parcel) => joined(parcel, separator);
    case "msgpack":
      return words((frame) => decoded(frame, msgpackText));
    case "cbor":
      return words((frame) => decoded(frame, cborText));
    case "none":
      return () => "";
  }
}

/** Below this width, lines are not cut. */
const narrowest = 20;

/** Cuts a line to the width of the terminal, and says how much is missing. */
function cut(line: string, width: number): string {
  // A terminal without a size has 0 columns.
  if (line.length <= width || width < narrowest) return line;
  const note = `… (${Buffer.byteLength(line) - 1} bytes)`;
  return `${line.slice(0, Math.max(0, width - note.length))}\x1b[2m${note}\x1b[0m\n`;
}

/** Returns a function that prints a message, and resolves when the next one may be printed. */
export async function openOutput(options: OutputOptions): Promise<(parcel: Parcel) => Promise<void>> {
  const { stdout } = process;
  const terminal = stdout.isTTY === true;
  const render = renderer(options, terminal);
  return async (parcel) => {
    let piece = render(parcel);
    if (piece.length === 0) return;
    if (terminal && typeof piece === "string") piece = cut(harmless(piece), stdout.columns);
    if (!stdout.write(piece)) await once(stdout, "drain");
  };
}
