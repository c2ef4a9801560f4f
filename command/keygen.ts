// `zmq keygen`: generates a CURVE key pair.

import { access } from "node:fs/promises";
import { Certificate } from "zmq-native";
import { exitCodes, Failure } from "./exit.js";
import { print } from "./print.js";

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
    print(`public ${certificate.publicKey}`, `secret ${certificate.secretKey}`);
    return;
  }
  for (const file of [path, `${path}_secret`]) {
    if (!flags.force && (await exists(file))) {
      throw new Failure(`${file} exists; --force replaces it`, exitCodes.usage);
    }
  }
  await certificate.save(path);
  print(`wrote ${path} and ${path}_secret, which has the secret key`);
  print(`public key ${certificate.publicKey}`);
}
