// What a message is to a user, and how it becomes what native code takes.

import { types } from "node:util";
import type { WireFrame, WireMessage } from "./binding.js";

/** One received frame. */
export type Message = Buffer;

/**
 * What can be sent as a frame. Views and buffers send their bytes; `null` sends an empty frame; strings, and whatever
 * else, are sent as UTF-8 of `String(value)`.
 */
export type MessageLike = ArrayBufferView | ArrayBuffer | SharedArrayBuffer | string | number | null;

const empty = new Uint8Array(0);
// Longer strings are encoded by Node, whose encoder is faster than Node-API's there.
const longString = 256;

function toFrame(value: unknown): WireFrame {
  if (typeof value === "string") return value.length > longString ? Buffer.from(value) : value;
  if (value instanceof Uint8Array) return value;
  if (value === null) return empty;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  // Unlike String(value), this throws for a symbol, which has no string form to send.
  return `${value}`;
}

/** Throws a `TypeError` for `undefined` and for what has no string form. */
export function toWire(message: unknown): WireMessage {
  if (message instanceof Uint8Array) return message;
  if (Array.isArray(message)) return message.map(toFrame);
  if (message === undefined) throw new TypeError("Message must be present");
  return toFrame(message);
}

/** As `toWire`, for each of many messages. */
export function toWireMany(messages: Iterable<unknown>): WireMessage[] {
  const wire: WireMessage[] = [];
  for (const message of messages) wire.push(toWire(message));
  return wire;
}
