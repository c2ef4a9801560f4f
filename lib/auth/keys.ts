// Keys for CURVE, the encryption of libzmq.

import { check } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import { curveKeyBytes, z85 } from "./z85.js";

/**
 * Generates a key pair for CURVE security. Each key is a string of 40 characters (Z85). libzmq: `zmq_curve_keypair`.
 * RFC 26.
 *
 * @throws ZmqError `ENOTSUP`: libzmq was built without CURVE.
 *
 * @example
 * ```ts
 * import { curveKeyPair, Reply, Request } from "zmq-native";
 *
 * const [server, client] = [curveKeyPair(), curveKeyPair()];
 * const reply = new Reply({ curveServer: true, curveSecretKey: server.secretKey });
 * const request = new Request({
 *   curvePublicKey: client.publicKey,
 *   curveSecretKey: client.secretKey,
 *   curveServerKey: server.publicKey,
 * });
 * await reply.bind("tcp://127.0.0.1:*");
 * request.connect(reply.lastEndpoint!);
 * await request.send("secret");
 * console.log(String(await reply.receive())); // secret
 * ```
 */
export function curveKeyPair(): {
  /** The public key. A server's is the `curveServerKey` of its clients. */
  publicKey: string;
  /** The secret key, for `curveSecretKey`. Keep it out of logs and repositories. */
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
 * Computes the public key of a secret key. libzmq: `zmq_curve_public`.
 *
 * @param secretKey 40 characters of Z85, or 32 bytes.
 *
 * @throws TypeError: `secretKey` is neither.
 *
 * @example
 * ```ts
 * import { curveKeyPair, curvePublicKey } from "zmq-native";
 *
 * const { publicKey, secretKey } = curveKeyPair();
 * console.log(curvePublicKey(secretKey) === publicKey); // true
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
