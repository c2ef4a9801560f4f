// `zmq keygen`: generates a CURVE key pair.

import { access } from "node:fs/promises";
import { Certificate } from "zmq-native";
import { exitCodes, Failure } from "./exit.js";

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Writes a certificate, or prints the keys. */
export async function keygen(
  path: string | undefined,
  flags: { name?: string; force?: boolean },
): Promise<void> {
  const certificate = Certificate.generate(flags.name === undefined ? {} : { name: flags.name });
  if (path === undefined) {
    console.log(`public ${certificate.publicKey}\nsecret ${certificate.secretKey}`);
    return;
  }
  for (const file of [path, `${path}_secret`]) {
    if (!flags.force && (await exists(file))) {
      throw new Failure(`${file} exists; --force replaces it`, exitCodes.usage);
    }
  }
  await certificate.save(path);
  console.log(`wrote ${path} and ${path}_secret, which has the secret key`);
  console.log(`public key ${certificate.publicKey}`);
}
