// Messages of one frame with a tag: the routing id of a Server or Peer, the group of a Radio or Dish. Native code takes
// the tag as a second frame.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import { ZMQ_DISH, ZMQ_PEER, ZMQ_RADIO, ZMQ_SERVER } from "../binding/constants.js";
import { errorOf, explained } from "../binding/errors.js";
import type { WireMessage } from "../binding/index.js";
import { copyOf, type Message, noMessage, toWire } from "./frames.js";

/** The routing id that belongs to a message of a Server or Peer. */
export interface RoutingOptions {
  /** Identifies the peer: a whole number from 1 to 4294967295, as received with a message. libzmq: `zmq_msg_set_routing_id`. */
  routingId: number;
}

/** The group that a Radio sends a message to. */
export interface GroupOptions {
  /** The name of the group, up to 255 bytes. A NUL ends it. libzmq: `zmq_msg_set_group`. */
  group: Buffer | string;
}

/** The group of a message that a Dish received. */
export interface GroupInfo {
  /** The name of the group. */
  group: Buffer;
}

const longestGroup = 255;

/** @internal Converts a group for libzmq: up to a NUL. Throws a TypeError for another type, `EINVAL` if it is too long. */
export function toGroup(group: unknown): Uint8Array {
  if (typeof group !== "string" && !types.isUint8Array(group)) {
    throw explained(
      new TypeError("Value must be a string or buffer"),
      `a group must be a string or a Buffer, got ${shown(group)}`,
    );
  }
  // Copied first, since the user may have replaced methods of the array.
  const bytes = typeof group === "string" ? Buffer.from(group) : copyOf(group);
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.subarray(0, end);
  if (used.length > longestGroup) {
    throw errorOf("EINVAL", `A group is at most ${longestGroup} bytes, got ${used.length}`);
  }
  return used;
}

/** @internal How the messages of a socket type with tags are sent and received. */
export interface Tagging {
  toWire(message: unknown, options: unknown): WireMessage;
  /** Converts the frames of a received message to the message that the user receives. */
  fromFrames(frames: Message[]): [Message, object];
}

function optionOf(options: unknown, key: string): unknown {
  if (typeof options !== "object" || options === null) throw noOption(options, key);
  const value = (options as Record<string, unknown>)[key];
  if (value === undefined) throw noOption(options, key);
  return value;
}

function noOption(options: unknown, key: string): Error {
  const detail = `send(message, { ${key} }) needs a ${key}, got ${shown(options)}`;
  if (typeof options === "object" && options !== null) return errorOf("EINVAL").explain(detail);
  return explained(new TypeError("Options must be an object"), detail);
}

function badRoutingId(id: unknown): Error {
  const detail = `routingId must be a whole number from 1 to 4294967295, got ${shown(id)}`;
  if (typeof id === "number") return errorOf("EINVAL").explain(detail);
  return explained(new TypeError("A number was expected"), detail);
}

/** Appends the tag to a message. libzmq rejects a message of several frames. */
function withTag(message: unknown, tag: Uint8Array | number): WireMessage {
  const wire = toWire(message);
  if (!Array.isArray(wire)) return [wire, tag];
  // Not `concat`, which reads Symbol.isConcatSpreadable of the tag.
  if (wire.length > 0) wire.push(tag);
  return wire;
}

/** @internal Checks a routing id. */
export function toRoutingId(id: unknown): number {
  if (typeof id !== "number" || !(id >= 1 && id < 2 ** 32)) throw badRoutingId(id);
  return id;
}

const routing: Tagging = {
  toWire(message, options) {
    if (message === undefined) throw noMessage();
    return withTag(message, toRoutingId(optionOf(options, "routingId")));
  },
  fromFrames: ([message, tag]) => [message!, { routingId: tag!.readUInt32LE() }],
};

const grouping: Tagging = {
  toWire(message, options) {
    if (message === undefined) throw noMessage();
    return withTag(message, toGroup(optionOf(options, "group")));
  },
  fromFrames: ([message, group]) => [message!, { group: group! }],
};

/** @internal The taggings by socket type. */
export const taggings: ReadonlyMap<number, Tagging> = new Map([
  [ZMQ_SERVER, routing],
  [ZMQ_PEER, routing],
  [ZMQ_RADIO, grouping],
  [ZMQ_DISH, grouping],
]);
