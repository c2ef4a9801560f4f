// Keys of CURVE, libzmq's encryption.

import { check } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import { curveKeyBytes, z85 } from "./z85.js";

/**
 * A new key pair, each key 40 characters of Z85.
 *
 * @throws ZmqError `ENOTSUP` where the addon was built without CURVE. `zmq_curve_keypair`
 */
export function curveKeyPair(): {
  /** For peers: `curveServerKey` of those that connect. */
  publicKey: string;
  /** For `curveSecretKey` alone. */
  secretKey: string;
} {
  const pair = binding.curveKeyPair();
  if (typeof pair === "number") throw check(pair);
  const [publicKey, secretKey] = pair;
  return { publicKey, secretKey };
}

/** DER of a PKCS #8 private key for X25519, without the key itself (RFC 8410). */
const pkcs8Prefix = "302e020100300506032b656e04220420";

/**
 * Computes the public key of a secret key. `zmq_curve_public`
 *
 * @param secretKey 40 characters of Z85, or 32 bytes.
 * @throws TypeError if `secretKey` is neither.
 * @example
 * ```ts
 * const { publicKey, secretKey } = curveKeyPair();
 * curvePublicKey(secretKey) === publicKey; // true
 * ```
 */
export function curvePublicKey(secretKey: string | Uint8Array): string {
  // Loading node:crypto takes 2 ms, and most programs do not call this.
  const { createPrivateKey, createPublicKey } = process.getBuiltinModule("node:crypto");
  const secret = curveKeyBytes(secretKey, "secretKey", { secret: true });
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from(pkcs8Prefix, "hex"), secret]),
    format: "der",
    type: "pkcs8",
  });
  return z85.encode(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));
}
