// Messages that are one frame with a tag beside it: the routing id of a Server or Peer, the group of a Radio or Dish. At
// the boundary the tag is a second frame.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import { ZMQ_DISH, ZMQ_PEER, ZMQ_RADIO, ZMQ_SERVER } from "../binding/constants.js";
import { errorOf, explained } from "../binding/errors.js";
import type { WireMessage } from "../binding/index.js";
import { copyOf, type Message, noMessage, toWire } from "./frames.js";

/** What a Server or Peer is given with a message to send, and gets with a received one. */
export interface RoutingOptions {
  /** The peer: a whole number above 0 that a received message of it came with. `zmq_msg_set_routing_id` */
  routingId: number;
}

/** What a Radio is given with a message to send. */
export interface GroupOptions {
  /** At most 255 bytes; ends at a NUL. `zmq_msg_set_group` */
  group: Buffer | string;
}

/** What a Dish gets with a received message. */
export interface GroupInfo {
  /** The group that it was sent to. */
  group: Buffer;
}

const longestGroup = 255;

/** @internal A group as libzmq takes it: up to a NUL. @throws TypeError for another type, ZmqError `EINVAL` when too long */
export function toGroup(group: unknown): Uint8Array {
  if (typeof group !== "string" && !types.isUint8Array(group)) {
    throw explained(
      new TypeError("Value must be a string or buffer"),
      `a group is a string or a Buffer, got ${shown(group)}`,
    );
  }
  // A copy, since methods of the user's array may be the user's own.
  const bytes = typeof group === "string" ? Buffer.from(group) : copyOf(group);
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.subarray(0, end);
  if (used.length > longestGroup) {
    throw errorOf("EINVAL", `A group is at most ${longestGroup} bytes, got ${used.length}`);
  }
  return used;
}

/** @internal How a socket type's messages are sent and received where they have a tag. */
export interface Tagging {
  toWire(message: unknown, options: unknown): WireMessage;
  /** Makes of the frames of a received message what a user gets. */
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
  const detail = `routingId is a whole number from 1 to 4294967295, got ${shown(id)}`;
  if (typeof id === "number") return errorOf("EINVAL").explain(detail);
  return explained(new TypeError("A number was expected"), detail);
}

/** A message of one frame and its tag; more frames than one are libzmq's to refuse. */
function withTag(message: unknown, tag: Uint8Array | number): WireMessage {
  const wire = toWire(message);
  if (!Array.isArray(wire)) return [wire, tag];
  // Not by `concat`, which asks the tag whether it is to be spread.
  if (wire.length > 0) wire.push(tag);
  return wire;
}

/** @internal The number of a peer. */
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

/** @internal By type number. */
export const taggings: ReadonlyMap<number, Tagging> = new Map([
  [ZMQ_SERVER, routing],
  [ZMQ_PEER, routing],
  [ZMQ_RADIO, grouping],
  [ZMQ_DISH, grouping],
]);
