// A message with what belongs to it, and its notation as JSON, which `--input json`, `--output json` and recordings use.

/** A message as it travels through a command. */
export interface Parcel {
  readonly frames: readonly Uint8Array[];
  /** Of Server and Peer sockets. */
  readonly routingId?: number | undefined;
  /** Of Radio and Dish sockets. */
  readonly group?: string | undefined;
}

/** A frame as JSON: text if it is valid UTF-8, otherwise base64. */
export type JsonFrame = string | { base64: string } | { hex: string };

/** A message as JSON: its frames, or an object that has more. */
export type JsonMessage =
  | JsonFrame
  | JsonFrame[]
  | { frames: JsonFrame[]; routingId?: number | undefined; group?: string | undefined };

/** The bytes of a frame as a Buffer, without copying. */
export const bufferOf = (frame: Uint8Array): Buffer =>
  Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);

/** The text of a frame, or undefined if it is not valid UTF-8. */
export function textOfFrame(frame: Uint8Array): string | undefined {
  const text = bufferOf(frame).toString();
  // Invalid bytes become U+FFFD, which a frame may also contain.
  return text.includes("\ufffd") && !Buffer.from(text).equals(frame) ? undefined : text;
}

export function toJsonFrame(frame: Uint8Array): JsonFrame {
  return textOfFrame(frame) ?? { base64: bufferOf(frame).toString("base64") };
}

function fromJsonFrame(value: unknown): Uint8Array {
  if (typeof value === "string") return Buffer.from(value);
  if (typeof value === "object" && value !== null) {
    const { base64, hex } = value as { base64?: unknown; hex?: unknown };
    if (typeof base64 === "string" && /^[\w+/-]*={0,2}$/.test(base64)) return Buffer.from(base64, "base64");
    if (typeof hex === "string" && /^(?:[\da-f]{2})*$/i.test(hex)) return Buffer.from(hex, "hex");
  }
  throw new TypeError(`a frame must be a string, {"base64": …} or {"hex": …}, got ${JSON.stringify(value)}`);
}

export function toJson({ frames, routingId, group }: Parcel): JsonMessage {
  const list = frames.map(toJsonFrame);
  return routingId === undefined && group === undefined ? list : { frames: list, routingId, group };
}

/** Reads the notation of `toJson`, and a single frame. Throws a `TypeError` that names what is wrong. */
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
  return { frames, routingId, group };
}
