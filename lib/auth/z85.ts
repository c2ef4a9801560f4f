// Z85, the text form of CURVE keys (RFC 32 of ZeroMQ): five characters for four bytes.

import { types } from "node:util";
import { shownUnlessKey } from "../arguments/checks.js";

const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const keyLength = 32;
const keyTextLength = 40;
const largestChunk = 2 ** 32;

function encode(bytes: Uint8Array): string {
  if (!types.isUint8Array(bytes)) {
    throw new TypeError(`z85.encode takes a Buffer or Uint8Array, got ${shownUnlessKey(bytes)}`);
  }
  const { length } = bytes;
  if (length % 4 !== 0) {
    throw new TypeError(
      `z85.encode takes bytes whose number is a multiple of 4, got ${length}: pad them before encoding`,
    );
  }
  let text = "";
  for (let at = 0; at < length; at += 4) {
    let value = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
    let chunk = "";
    for (let place = 0; place < 5; place++) {
      chunk = digits[value % 85] + chunk;
      value = Math.floor(value / 85);
    }
    text += chunk;
  }
  return text;
}

/** Undefined for text that is not Z85. */
function bytesOf(text: string): Buffer | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let at = 0; at < text.length; at += 5) {
    let value = 0;
    for (let place = 0; place < 5; place++) {
      const digit = digits.indexOf(text[at + place]!);
      if (digit < 0) return undefined;
      value = value * 85 + digit;
    }
    // Five characters can express more than four bytes hold.
    if (value >= largestChunk) return undefined;
    bytes.writeUInt32BE(value, (at / 5) * 4);
  }
  return bytes;
}

function decode(text: string): Buffer {
  const bytes = typeof text === "string" ? bytesOf(text) : undefined;
  if (bytes === undefined) {
    throw new TypeError(
      `z85.decode takes text whose length is a multiple of 5: groups of Z85 digits, each below 2**32; got ${shownUnlessKey(text)}`,
    );
  }
  return bytes;
}

/**
 * Converts between bytes and Z85, the text form of CURVE keys.
 *
 * @example
 * ```ts
 * import { curveKeyPair, z85 } from "zmq-native";
 *
 * const { publicKey } = curveKeyPair();
 * const bytes = z85.decode(publicKey);
 * console.log(bytes.length); // 32
 * console.log(z85.encode(bytes) === publicKey); // true
 * ```
 */
export const z85: {
  /**
   * Encodes bytes as text, five characters for four bytes. libzmq: `zmq_z85_encode`.
   *
   * @throws TypeError: `bytes` is not a Uint8Array, or its length is not a multiple of 4.
   */
  encode(bytes: Uint8Array): string;
  /**
   * Decodes text to bytes, four bytes for five characters. libzmq: `zmq_z85_decode`.
   *
   * @throws TypeError: `text` is not Z85.
   */
  decode(text: string): Buffer;
} = Object.freeze({ encode, decode });

/**
 * @internal The 32 bytes of a key, which is Z85 text or bytes; always a copy. The error does not show a secret.
 *
 * @throws TypeError: the key is invalid. The message names `what`.
 */
export function curveKeyBytes(key: unknown, what: string, { secret = false } = {}): Buffer {
  if (typeof key === "string" && key.length === keyTextLength) {
    const bytes = bytesOf(key);
    if (bytes !== undefined) return bytes;
  }
  if (types.isUint8Array(key) && key.length === keyLength) return Buffer.from(key);
  const got = secret ? "another value, which is not shown" : shownUnlessKey(key);
  throw new TypeError(
    `${what} must be a CURVE key: 40 characters of Z85, or 32 bytes, as curveKeyPair() makes them; got ${got}`,
  );
}

/** @internal The Z85 text of a key. */
export const curveKeyText = (key: unknown, what: string): string => encode(curveKeyBytes(key, what));
