// The files of certificates, in the format of czmq and pyzmq: ZPL (RFC 4 of ZeroMQ), a public file and a secret one.

import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { shown } from "../arguments/checks.js";
import { parseZpl } from "./zpl.js";

/** The content of a file. The class Certificate validates it; importing the class here would be a cycle. */
export interface Stored {
  readonly publicKey: string;
  readonly secretKey: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

const secretSuffix = "_secret";
/** Bytes of a certificate's file at most. Those of czmq and pyzmq have less than 1 KiB. */
const mostBytes = 64 * 1024;

const publicNotice = `#   ZeroMQ CURVE public certificate
#   Send it to peers over a channel that you trust, or verify its content after it was sent.
`;
const secretNotice = `#   ZeroMQ CURVE **secret** certificate
#   Do not send this file to anybody. Do not let other users read it.
`;

function pathOf(path: unknown): string {
  if (path instanceof URL) return fileURLToPath(path);
  if (typeof path === "string" && path !== "") return path;
  throw new TypeError(`path must be the path of a certificate file, such as "ada.key"; got ${shown(path)}`);
}

function textOf({ publicKey, metadata }: Stored, secretKey?: string): string {
  const lines = [secretKey === undefined ? publicNotice : secretNotice, "metadata"];
  for (const [name, value] of Object.entries(metadata)) {
    const quote = value.includes('"') ? "'" : '"';
    lines.push(`    ${name} = ${quote}${value}${quote}`);
  }
  lines.push("curve", `    public-key = "${publicKey}"`);
  if (secretKey !== undefined) lines.push(`    secret-key = "${secretKey}"`);
  return `${lines.join("\n")}\n`;
}

/** Writes a file that appears with its full content and its mode, so that nobody else can read a secret in between. */
async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(unfinished, text, { flag: "wx", mode });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

export async function saveCertificate(certificate: Stored, path: unknown): Promise<void> {
  const file = pathOf(path);
  if (file.endsWith(secretSuffix)) {
    const remedy = shown(file.slice(0, -secretSuffix.length));
    throw new TypeError(
      `${file}: save() takes the path of the public file and appends "_secret" itself: pass ${remedy}`,
    );
  }
  const { secretKey } = certificate;
  if (secretKey === undefined) await refuseOtherSecret(certificate, file);
  // First: a public file without its secret one would let peers allow a key that nobody has.
  if (secretKey !== undefined)
    await replaceFile(`${file}${secretSuffix}`, textOf(certificate, secretKey), 0o600);
  await replaceFile(file, textOf(certificate), 0o644);
}

/** Reads one file and makes a certificate of it; throws an error that names the file. */
export async function readCertificate<T>(file: string, make: (stored: Stored) => T): Promise<T> {
  const { size } = await stat(file).then((stats) => {
    // Opening a FIFO would wait for a writer.
    if (!stats.isFile()) throw new TypeError(`${file} is not a file`);
    return stats;
  });
  if (size > mostBytes) {
    throw new TypeError(
      `${file} is not a certificate: it has ${size} bytes, and certificates have at most ${mostBytes}`,
    );
  }
  const values = parseZpl(await readFile(file, "utf8"));
  const [publicKey, secretKey] = [values.get("curve/public-key"), values.get("curve/secret-key")];
  if (publicKey === undefined) {
    throw new TypeError(`${file} is not a certificate: it lacks "public-key" in the section "curve"`);
  }
  const metadata: Record<string, string> = Object.create(null);
  for (const [path, value] of values) {
    const [, name] = /^metadata\/([^/]+)$/.exec(path) ?? [];
    if (name !== undefined) metadata[name] = value;
  }
  try {
    return make({ publicKey, secretKey, metadata });
  } catch (error) {
    throw new TypeError(`${file} is not a certificate: ${(error as Error).message}`);
  }
}

/** Certificate.load would read the secret file, and return another certificate than the one that was saved. */
async function refuseOtherSecret({ publicKey }: Stored, file: string): Promise<void> {
  const secretFile = `${file}${secretSuffix}`;
  const other = await readIfPossible(secretFile, (stored) => stored.publicKey !== publicKey);
  if (!other) return;
  throw new Error(`${secretFile} has the secret of another certificate: remove it, or save to another path`);
}

/** Undefined if the file does not exist, or only its owner may read it. */
async function readIfPossible<T>(file: string, make: (stored: Stored) => T): Promise<T | undefined> {
  try {
    return await readCertificate(file, make);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES") return undefined;
    throw error;
  }
}

export async function loadCertificate<T>(path: unknown, make: (stored: Stored) => T): Promise<T> {
  const file = pathOf(path);
  const secret = file.endsWith(secretSuffix)
    ? undefined
    : await readIfPossible(`${file}${secretSuffix}`, make);
  return secret ?? (await readCertificate(file, make));
}
