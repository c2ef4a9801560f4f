/// <reference types="node" preserve="true" />
// What a message is to a user, and how it becomes what native code takes.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import { explained } from "../binding/errors.js";
import type { WireFrame, WireMessage } from "../binding/index.js";

/** One received frame. */
export type Message = Buffer;

/**
 * What can be sent as a frame. Views and buffers send their bytes; `null` sends an empty frame; strings, and whatever
 * else, are sent as UTF-8 of `String(value)`.
 */
export type MessageLike = ArrayBufferView | ArrayBuffer | SharedArrayBuffer | string | number | null;

// Read once: a property of a module's object is looked up anew on each use.
const { isUint8Array, isAnyArrayBuffer, isProxy } = types;

const empty = new Uint8Array(0);
// Longer strings are encoded by Node, whose encoder is faster than Node-API's there.
const longString = 256;

// The length that the engine knows: an own property of the same name may hide it.
const lengthOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "byteLength")!
  .get as (this: Uint8Array) => number;

/** Reads a value once. The result is a string or a real Uint8Array of any realm: reading it runs no user code. */
function toFrame(value: unknown): WireFrame {
  if (typeof value === "string") return value.length <= longString ? value : Buffer.from(value);
  // Not `instanceof`, which runs Symbol.hasInstance, accepts proxies, and refuses other realms.
  if (isUint8Array(value)) return value;
  if (value === null) return empty;
  if (ArrayBuffer.isView(value)) {
    // A detached view is sent as an empty frame, as in zeromq; no view can be made of it.
    if (value.byteLength === 0) return empty;
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (isAnyArrayBuffer(value)) return value.byteLength === 0 ? empty : new Uint8Array(value);
  // Unlike String(value), this throws for a symbol, which has no string form to send.
  return `${value}`;
}

/**
 * @internal Reads a message once, elements of an array by index. Getters, proxies and `toString` of the message run
 * here and not later. An array becomes an array of this module's own, without holes: a missing element is sent as
 * "undefined", as in zeromq. Literals and `Array.from` define elements, and those that exist are assigned to, where `push` would
 * call setters of Array.prototype.
 *
 * @throws TypeError for `undefined` and for what has no string form.
 */
export function toWire(message: unknown): WireMessage {
  if (isUint8Array(message)) return message;
  if (Array.isArray(message)) {
    const { length } = message;
    if (length === 1) return [toFrame(message[0])];
    if (length === 2) return [toFrame(message[0]), toFrame(message[1])];
    if (length === 3) return [toFrame(message[0]), toFrame(message[1]), toFrame(message[2])];
    return isFew(length)
      ? fewFrames(message, length)
      : Array.from({ length }, (_, index) => toFrame(message[index]));
  }
  if (message === undefined) throw noMessage();
  return toFrame(message);
}

/** @internal */
export function noMessage(): TypeError {
  return explained(
    new TypeError("Message must be present"),
    "a message is a string, a Buffer or an array of them, got undefined",
  );
}

const mostFew = 8;

/** A proxy's length may be anything. */
function isFew(length: unknown): boolean {
  return typeof length === "number" && length >>> 0 === length && length <= mostFew;
}

/** For up to eight frames a seventh of the time that `Array.from` takes. */
function fewFrames(message: readonly unknown[], length: number): WireFrame[] {
  const frames: WireFrame[] = [empty, empty, empty, empty, empty, empty, empty, empty];
  for (let index = 0; index < length; index++) frames[index] = toFrame(message[index]);
  frames.length = length;
  return frames;
}

/** @internal As `toWire`, for each of many messages. */
export function toWireMany(messages: Iterable<unknown>): WireMessage[] {
  // Anything else is converted as it comes: a generator may give the same array over and over, with other contents.
  if (!isPlainList(messages)) return Array.from(iterable(messages), toWire);
  const wire: unknown[] = [...messages];
  for (let index = 0; index < wire.length; index++) wire[index] = toWire(wire[index]);
  return wire as WireMessage[];
}

const { values } = Array.prototype;

/** Whether going through it runs no code but getters of its elements. */
function isPlainList(messages: unknown): messages is unknown[] {
  return Array.isArray(messages) && !isProxy(messages) && messages[Symbol.iterator] === values;
}

/** @internal Array.from would take any object for an empty list. */
export function iterable(messages: Iterable<unknown>): Iterable<unknown> {
  if (typeof messages?.[Symbol.iterator] === "function") return messages;
  throw new TypeError(`Messages must be an iterable, such as an array of messages, got ${shown(messages)}`);
}

/**
 * @internal Copies bytes without running user code: `Buffer.from` would call the array's `valueOf`, and `slice` its
 * constructor. An array that was detached has none.
 */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return lengthOf.call(bytes) === 0 ? empty : new Uint8Array(bytes);
}

/** @internal Copies a message that has to wait: later changes to the original are not sent. */
export function snapshot(wire: WireMessage): WireMessage {
  if (typeof wire === "string" || typeof wire === "number") return wire;
  return Array.isArray(wire) ? Array.from(wire, (frame) => snapshot(frame) as WireFrame) : copyOf(wire);
}
