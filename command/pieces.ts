// The texts of frames in pieces: V8 has no text above 512 MiB, and a frame may have any size.

import { isUtf8 } from "node:buffer";
import { StringDecoder } from "node:string_decoder";
import { jsonOf } from "./harmless.js";
import { bufferOf, type Parcel } from "./parcel.js";

/** Bytes of a frame in one piece. A multiple of 3, so that only the last piece of base64 has padding. */
const pieceBytes = 3 << 14;

/**
 * Messages above this are JSON with base64 only. An escape has six characters, so their lines could be too long for the readers
 * of a JSON line.
 */
const mostTextBytes = 64 << 20;

function* piecesOf(frame: Uint8Array): Generator<Buffer> {
  const bytes = bufferOf(frame);
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** The text of a frame. Invalid UTF-8 becomes U+FFFD. */
export function* textPieces(frame: Uint8Array): Generator<string> {
  const decoder = new StringDecoder("utf8");
  for (const piece of piecesOf(frame)) yield decoder.write(piece);
  yield decoder.end();
}

export function* encodedPieces(frame: Uint8Array, encoding: "hex" | "base64"): Generator<string> {
  for (const piece of piecesOf(frame)) yield piece.toString(encoding);
}

function* jsonTextPieces(frame: Uint8Array): Generator<string> {
  yield '"';
  for (const piece of textPieces(frame)) yield jsonOf(piece).slice(1, -1);
  yield '"';
}

/** Each byte as it stands between quotation marks. */
const byteTexts = Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (character === '"' || character === "\\") return `\\${character}`;
  return code < 32 || code > 126 ? `\\x${code.toString(16).padStart(2, "0")}` : character;
});

/** Quotes a frame like a string of JavaScript; bytes that are not UTF-8 as `\xNN`. */
export function* quotedPieces(frame: Uint8Array): Generator<string> {
  if (isUtf8(frame)) return yield* jsonTextPieces(frame);
  yield '"';
  for (const piece of piecesOf(frame)) {
    let text = "";
    for (const byte of piece) text += byteTexts[byte];
    yield text;
  }
  yield '"';
}

/** A list of frames as JSON: each a text if it is UTF-8, otherwise base64. */
export function* framePieces(frames: readonly Uint8Array[]): Generator<string> {
  const size = frames.reduce((sum, { length }) => sum + length, 0);
  let separator = "[";
  for (const frame of frames) {
    yield separator;
    separator = ",";
    if (size <= mostTextBytes && isUtf8(frame)) yield* jsonTextPieces(frame);
    else {
      yield '{"base64":"';
      yield* encodedPieces(frame, "base64");
      yield '"}';
    }
  }
  yield separator === "[" ? "[]" : "]";
}

/** A message as JSON: its frames, or an object that has more. */
export function* jsonPieces({ frames, routingId, group }: Parcel): Generator<string> {
  if (routingId === undefined && group === undefined) return yield* framePieces(frames);
  yield '{"frames":';
  yield* framePieces(frames);
  yield `,${jsonOf({ routingId, group }).slice(1)}`;
}

/** Combines pieces to longer ones: each write costs a system call. */
export function* gathered(pieces: Iterable<string>): Generator<string> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < pieceBytes) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}
