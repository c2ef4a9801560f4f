// Keys of CURVE, libzmq's encryption.

import { check } from "./binding/errors.js";
import { binding } from "./binding/index.js";

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
