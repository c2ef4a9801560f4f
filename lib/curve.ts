// Key pairs for CURVE, the encryption of libzmq.

import { check } from "./binding/errors.js";
import { binding } from "./binding/index.js";

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
