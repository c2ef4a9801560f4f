// Requests and replies of ZAP 1.0 (RFC 27 of ZeroMQ), frame by frame.

import { isUtf8 } from "node:buffer";
import { concealed, isObject, shown, shownUnlessPassword } from "../arguments/checks.js";
import type { Message } from "../message/frames.js";
import type { Admission } from "./types.js";
import { z85 } from "./z85.js";

const version = "1.0";
const keyLength = 32;
/** libzmq and czmq limit these frames to what one byte can count. */
const mostBytes = 255;

/** How to address the reply: the router's frames, and the number of the request. */
export interface ReplyTo {
  readonly peer: Buffer;
  readonly id: Buffer;
}

/** The request of a server about a peer. */
export interface ZapRequest {
  readonly domain: string;
  readonly address: string;
  readonly routingId: Buffer;
  readonly mechanism: string;
  readonly publicKey?: string;
  readonly username?: string;
  readonly password?: Buffer;
}

/** Only text that is valid, so that two different byte sequences never become the same text. */
function textOf(frame: Message, what: string): string {
  if (frame.length > mostBytes || !isUtf8(frame) || frame.includes(0)) {
    throw new TypeError(`the ${what} must be UTF-8 text of up to ${mostBytes} bytes without NUL`);
  }
  return frame.toString();
}

/** Where a reply can be sent; undefined if it cannot. All frames are copies: the slab of received frames is large. */
export function replyTo([peer, delimiter, , id]: Message[]): ReplyTo | undefined {
  if (peer === undefined || id === undefined || delimiter?.length !== 0) return undefined;
  return { peer: Buffer.from(peer), id: Buffer.from(id) };
}

/** Parses a request that a Router received. Throws a TypeError for what is not one. */
export function parseRequest(frames: Message[]): ZapRequest {
  const [, , given, , domain, address, routingId, mechanism, ...credentials] = frames;
  if (mechanism === undefined) {
    throw new TypeError(`a request has at least 8 frames with its envelope, and not ${frames.length}`);
  }
  if (String(given) !== version)
    throw new TypeError(`the version must be ${version}, got ${shown(String(given))}`);
  const request = {
    domain: textOf(domain!, "domain"),
    address: textOf(address!, "address"),
    routingId: Buffer.from(routingId!),
    mechanism: textOf(mechanism, "mechanism"),
  };
  const expect = (count: number) => {
    if (credentials.length === count) return;
    throw new TypeError(
      `${request.mechanism} has ${count} frames of credentials, and not ${credentials.length}`,
    );
  };
  switch (request.mechanism) {
    case "NULL":
      expect(0);
      return request;
    case "PLAIN":
      expect(2);
      // The password is compared as bytes: it need not be text.
      return {
        ...request,
        username: textOf(credentials[0]!, "user name"),
        password: Buffer.from(credentials[1]!),
      };
    case "CURVE":
      expect(1);
      if (credentials[0]!.length !== keyLength) {
        throw new TypeError(`a public key has ${keyLength} bytes, and not ${credentials[0]!.length}`);
      }
      return { ...request, publicKey: z85.encode(credentials[0]!) };
    default:
      return request;
  }
}

/** Names that libzmq gives a meaning of its own. */
const reserved = new Set(["user-id", "socket-type", "identity", "routing-id", "peer-address", "__fd"]);
const validName = /^[A-Za-z0-9\-_.+]{1,255}$/;

/** Whether a peer can have a property of this name. */
export const isPropertyName = (name: string): boolean =>
  validName.test(name) && !reserved.has(name.toLowerCase());

function isPlain(value: unknown): boolean {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** User id and metadata as ZAP sends them. Throws a TypeError that names what is wrong. */
export function encodeAdmission(
  admission: Admission,
  defaultId: string,
): { userId: string; metadata: Buffer } {
  const { userId = defaultId, metadata = {} } = admission;
  if (typeof userId !== "string" || userId.includes("\0") || Buffer.byteLength(userId) > mostBytes) {
    throw new TypeError(
      `userId must be a string of up to ${mostBytes} bytes without NUL, got ${shownUnlessPassword(userId)}`,
    );
  }
  // A Map or an array would lose its content.
  if (!isPlain(metadata))
    throw new TypeError(`metadata must be a plain object, got ${shownUnlessPassword(metadata)}`);
  const parts = Object.entries(metadata as Record<string, unknown>).map(([name, value]) => {
    if (!isPropertyName(name)) {
      throw new TypeError(
        `metadata: the name ${shown(name)} must consist of 1 to 255 letters, digits and characters -_.+, and be none of libzmq's own`,
      );
    }
    if (typeof value !== "string" || value.includes("\0")) {
      throw new TypeError(`metadata: ${name} must be a string without NUL, got ${concealed(value)}`);
    }
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(value));
    return Buffer.concat([Buffer.of(name.length), Buffer.from(name), length, Buffer.from(value)]);
  });
  return { userId, metadata: Buffer.concat(parts) };
}

/** The frames of a reply, for a Router. libzmq wants the status text to be short. */
export function replyFrames(
  { peer, id }: ReplyTo,
  status: number,
  text: string,
  userId = "",
  metadata: Uint8Array = Buffer.alloc(0),
): (string | Uint8Array)[] {
  const short = Buffer.from(text).subarray(0, mostBytes);
  return [peer, "", version, id, String(status), short, userId, metadata];
}
