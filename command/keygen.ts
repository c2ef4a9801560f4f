// `zmq keygen`: generates a CURVE key pair.

import { lstat, stat } from "node:fs/promises";
import { Certificate } from "zmq-native";
import { exitCodes, Failure, textOf } from "./exit.js";
import { fileFailure } from "./files.js";
import { print } from "./print.js";

/** Throws a `Failure` if a certificate must not replace a file. The certificate becomes a new file, so others than regular ones stay. */
async function checkTarget(file: string, force: boolean): Promise<void> {
  // Also of links that lead nowhere.
  if (!(await lstat(file).catch(() => undefined))) return;
  const stats = await stat(file).catch(() => undefined);
  if (stats && !stats.isFile()) {
    const what = stats.isDirectory() ? "a folder" : "not a regular file";
    throw new Failure(`cannot write ${file}: it is ${what}`, exitCodes.usage);
  }
  if (!force) throw new Failure(`${file} exists; --force replaces it`, exitCodes.usage);
}

/** The failure to write a certificate. The messages of Node name a temporary file. */
function saveFailure(path: string, error: unknown): Failure {
  if (error instanceof TypeError) return new Failure(textOf(error), exitCodes.usage);
  const text = textOf(error);
  const secret = `${path}_secret`;
  const file = text.includes(`${secret}.`) ? secret : path;
  return fileFailure("write", file, error);
}

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
  for (const file of [path, `${path}_secret`]) await checkTarget(file, flags.force === true);
  await certificate.save(path).catch((error: unknown) => {
    throw saveFailure(path, error);
  });
  print(`wrote ${path} and ${path}_secret, which has the secret key`);
  print(`public key ${certificate.publicKey}`);
}
