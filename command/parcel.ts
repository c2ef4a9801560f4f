// A message with what belongs to it, and its notation as JSON, which `--input json`, `--output json` and recordings use.

import { isUtf8 } from "node:buffer";
import { cut } from "./width.js";

/** A message as it travels through a command. */
export interface Parcel {
  readonly frames: readonly Uint8Array[];
  /** Of Server and Peer sockets. */
  readonly routingId?: number | undefined;
  /** Of Radio and Dish sockets. */
  readonly group?: string | undefined;
}

/** The bytes of a frame as a Buffer, without copying. */
export const bufferOf = (frame: Uint8Array): Buffer =>
  Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);

/** The text of a frame, or undefined if it is not valid UTF-8. */
export function textOfFrame(frame: Uint8Array): string | undefined {
  return isUtf8(frame) ? bufferOf(frame).toString() : undefined;
}

/** A short frame as JSON: text if it is valid UTF-8, otherwise base64. pieces.ts has the JSON of frames of any size. */
export function toJsonFrame(frame: Uint8Array): string | { base64: string } {
  return textOfFrame(frame) ?? { base64: bufferOf(frame).toString("base64") };
}

/** The most code units that are looked at for the start of a text. */
const mostOfExcerpt = 1000;

/** The start of a value as JSON, for an error. */
export function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return cut(text.slice(0, mostOfExcerpt), 61);
}

/** The bytes of base64, also of its URL-safe alphabet and without padding. Node decodes invalid text without an error. */
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  const canonical = bytes.toString("base64");
  const standard = text.replaceAll("-", "+").replaceAll("_", "/");
  if (standard === canonical || standard === canonical.replace(/=+$/, "")) return bytes;
  throw new TypeError(`${excerpt(text)} is not base64: check its characters, its length and its end`);
}

/** UTF-8 cannot express a half of a surrogate pair: Buffer.from would send U+FFFD instead. */
const loneSurrogate = /\p{Cs}/u;

/** Throws a `TypeError` if a text has no UTF-8. */
export function checkText(text: string): void {
  if (loneSurrogate.test(text)) {
    throw new TypeError(`${excerpt(text)} has a lone surrogate, which UTF-8 cannot express`);
  }
}

function fromJsonFrame(value: unknown): Uint8Array {
  if (typeof value === "string") {
    checkText(value);
    return Buffer.from(value);
  }
  if (typeof value === "object" && value !== null) {
    const { base64, hex } = value as { base64?: unknown; hex?: unknown };
    if (typeof base64 === "string") return fromBase64(base64);
    if (typeof hex === "string" && /^(?:[\da-f]{2})*$/i.test(hex)) return Buffer.from(hex, "hex");
  }
  throw new TypeError(`a frame must be a string, {"base64": …} or {"hex": …}, got ${excerpt(value)}`);
}

/** Reads a message as `--output json` prints it, and a single frame. Throws a `TypeError` that names what is wrong. */
export function fromJson(value: unknown): Parcel {
  const list = typeof value === "object" && value !== null && "frames" in value ? value.frames : value;
  const frames = (Array.isArray(list) ? list : [list]).map(fromJsonFrame);
  if (frames.length === 0) throw new TypeError("a message has at least one frame, got []");
  if (list === value) return { frames };
  const { routingId, group } = value as { routingId?: unknown; group?: unknown };
  if (routingId !== undefined && typeof routingId !== "number") {
    throw new TypeError(`routingId must be a number, got ${JSON.stringify(routingId)}`);
  }
  if (group !== undefined && typeof group !== "string") {
    throw new TypeError(`group must be a string, got ${JSON.stringify(group)}`);
  }
  if (group !== undefined) checkText(group);
  return { frames, routingId, group };
}
