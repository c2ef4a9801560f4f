/// <reference types="node" preserve="true" />
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

/** Native code takes it as it is. */
function isWireFrame(value: unknown): value is WireFrame {
  return value instanceof Uint8Array || (typeof value === "string" && value.length <= longString);
}

function toFrame(value: unknown): WireFrame {
  if (isWireFrame(value)) return value;
  if (typeof value === "string") return Buffer.from(value);
  if (value === null) return empty;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  // Unlike String(value), this throws for a symbol, which has no string form to send.
  return `${value}`;
}

/** @internal Throws a `TypeError` for `undefined` and for what has no string form. */
export function toWire(message: unknown): WireMessage {
  if (message instanceof Uint8Array) return message;
  if (Array.isArray(message)) {
    for (let index = 0; index < message.length; index++) {
      // Not by `map`, which passes over what is missing in the array: that is sent as "undefined", as in zeromq.
      if (!isWireFrame(message[index])) return Array.from(message, toFrame);
    }
    return message;
  }
  if (message === undefined) throw new TypeError("Message must be present");
  return toFrame(message);
}

/** @internal As `toWire`, for each of many messages. */
export function toWireMany(messages: Iterable<unknown>): WireMessage[] {
  const wire: WireMessage[] = [];
  for (const message of messages) wire.push(toWire(message));
  return wire;
}

/** @internal A copy for a message that has to wait: what its sender does to the original meanwhile is not sent. */
export function snapshot(wire: WireMessage): WireMessage {
  if (typeof wire === "string" || typeof wire === "number") return wire;
  return Array.isArray(wire) ? wire.map((frame) => snapshot(frame) as WireFrame) : Buffer.from(wire);
}
