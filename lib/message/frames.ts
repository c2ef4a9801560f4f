/// <reference types="node" preserve="true" />
// The types of messages, and how a message is converted for native code.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import { explained } from "../binding/errors.js";
import type { WireFrame, WireMessage } from "../binding/index.js";

/** A received frame. */
export type Message = Buffer;

/**
 * A value that can be sent as a frame. Buffers and typed arrays send their bytes, strings and numbers their UTF-8 text,
 * `null` an empty frame. The bytes of a message that has to wait are copied first, except by `sendMany`.
 */
export type MessageLike = ArrayBufferView | ArrayBuffer | SharedArrayBuffer | string | number | null;

// Destructured, since a property of a module object is looked up at each use.
const { isUint8Array, isAnyArrayBuffer, isProxy } = types;

const empty = new Uint8Array(0);
/** @internal The empty frame of a detached view that is no Uint8Array. */
export const detached = new Uint8Array(0);
// Node's encoder is faster than Node-API's for longer strings.
const longString = 256;

// The engine's getter: an own property of the array may hide it.
const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "byteLength")!
  .get as (this: Uint8Array) => number;

/** Converts a value to a string or a real Uint8Array of any realm, which can be read without running user code. */
function toFrame(value: unknown): WireFrame {
  if (typeof value === "string") return value.length <= longString ? value : Buffer.from(value);
  // Not `instanceof`, which runs Symbol.hasInstance, accepts proxies and rejects other realms.
  if (isUint8Array(value)) return value;
  if (value === null) return empty;
  if (ArrayBuffer.isView(value)) {
    // A detached view is sent as an empty frame, as in zeromq: no Uint8Array can be created from it.
    if (value.byteLength === 0) return emptied(value.buffer);
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (isAnyArrayBuffer(value)) return value.byteLength === 0 ? emptied(value) : new Uint8Array(value);
  // Unlike String(value), this throws for a symbol, which has no string form to send.
  return `${value}`;
}

/** The frame of an empty view. Only `transfer` distinguishes a detached one. */
function emptied(memory: ArrayBufferLike): WireFrame {
  try {
    new Uint8Array(memory);
    return empty;
  } catch {
    return detached;
  }
}

/**
 * @internal Reads a message once. Getters, proxies and `toString` of the message run here and not later. An array is copied
 * by index into a new array without holes: a missing element is sent as "undefined", as in zeromq. The new array is built
 * by literals, `Array.from` and assignment to existing elements, since `push` would call setters of Array.prototype.
 *
 * With `index`, the position in a list of messages, an empty array throws as well.
 *
 * @throws TypeError for `undefined` and for values without a string form, such as symbols.
 */
export function toWire(message: unknown, index?: number): WireMessage {
  if (isUint8Array(message)) return message;
  if (Array.isArray(message)) {
    const { length } = message;
    if (length === 1) return [toFrame(message[0])];
    if (length === 2) return [toFrame(message[0]), toFrame(message[1])];
    if (length === 3) return [toFrame(message[0]), toFrame(message[1]), toFrame(message[2])];
    const frames = isFew(length)
      ? fewFrames(message, length)
      : Array.from({ length }, (_, position) => toFrame(message[position]));
    // libzmq has no message without frames. zeromq ignores one in `send`, so `send` does too.
    if (frames.length === 0 && index !== undefined) throw noFrames(index);
    return frames;
  }
  if (message === undefined) throw noMessage();
  return toFrame(message);
}

/** @internal */
export function noMessage(): TypeError {
  return explained(
    new TypeError("Message must be present"),
    "a message must be a string, a Buffer or an array of them, got undefined",
  );
}

/** @internal */
export function noFrames(index: number): TypeError {
  return explained(
    new TypeError("A message has at least one frame"),
    `the message at index ${index} is an empty array; send "" for an empty message`,
  );
}

const mostFew = 8;

/** Checks the type too, since `length` of a proxy may have any type. */
function isFew(length: unknown): boolean {
  return typeof length === "number" && length >>> 0 === length && length <= mostFew;
}

/** Converts up to eight frames. Takes a seventh of the time of `Array.from`. */
function fewFrames(message: readonly unknown[], length: number): WireFrame[] {
  const frames: WireFrame[] = [empty, empty, empty, empty, empty, empty, empty, empty];
  for (let index = 0; index < length; index++) frames[index] = toFrame(message[index]);
  frames.length = length;
  return frames;
}

/** @internal Converts many messages with `toWire`. */
export function toWireMany(messages: Iterable<unknown>): WireMessage[] {
  // Other iterables are converted element by element: a generator may yield the same array again with other contents.
  if (!isPlainList(messages)) return Array.from(iterable(messages), toWire);
  const wire: unknown[] = [...messages];
  for (let index = 0; index < wire.length; index++) wire[index] = toWire(wire[index], index);
  return wire as WireMessage[];
}

const { values } = Array.prototype;

/** Whether iterating over the value runs no user code except getters of its elements. */
function isPlainList(messages: unknown): messages is unknown[] {
  return Array.isArray(messages) && !isProxy(messages) && messages[Symbol.iterator] === values;
}

/** @internal Throws unless the value is iterable. `Array.from` would accept any object as an empty list. */
export function iterable(messages: Iterable<unknown>): Iterable<unknown> {
  if (typeof messages?.[Symbol.iterator] === "function") return messages;
  throw new TypeError(`Messages must be an iterable, such as an array of messages, got ${shown(messages)}`);
}

/**
 * @internal Copies bytes without running user code: `Buffer.from` would call the array's `valueOf`, and `slice` its
 * constructor. The copy of a detached array is empty.
 */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return lengthOf.call(bytes) === 0 ? empty : new Uint8Array(bytes);
}

/** @internal Copies a message that has to wait, so that later changes to the original are not sent. */
export function snapshot(wire: WireMessage): WireMessage {
  if (typeof wire === "string" || typeof wire === "number") return wire;
  return Array.isArray(wire) ? Array.from(wire, (frame) => snapshot(frame) as WireFrame) : copyOf(wire);
}
