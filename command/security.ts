// CURVE, PLAIN and TLS: from the options of a command to those of its socket, and to the rules for its peers.

import { stat } from "node:fs/promises";
import * as zmq from "zmq-native";
import { exitCodes, Failure } from "./exit.js";
import { fileFailure, readText } from "./files.js";

/** The options that are about security. */
export interface SecurityFlags {
  readonly curveSecret?: string;
  readonly curveServerKey?: string;
  readonly curveAllow?: readonly string[];
  readonly plain?: string;
  readonly plainUsers?: string;
  readonly wssCertificate?: string;
  readonly wssKey?: string;
  readonly wssTrust?: string;
  readonly wssHostname?: string;
  readonly bind?: readonly string[];
  readonly connect?: readonly string[];
}

const usage = (message: string) => new Failure(message, exitCodes.usage);

async function loadCertificate(path: string): Promise<zmq.Certificate> {
  try {
    return await zmq.Certificate.load(path);
  } catch (error) {
    // The file with the secret key has another name.
    const { path: file = path } = error as NodeJS.ErrnoException;
    throw fileFailure("read", `the certificate ${file}`, error, exitCodes.usage);
  }
}

/** The public key in a file, or the key itself. */
async function publicKeyOf(value: string): Promise<string> {
  if (value.length === 40 && !(await stat(value).catch(() => undefined))) return value;
  return (await loadCertificate(value)).publicKey;
}

/** The value of `curve.allow`: any, a folder, or keys and files with keys. */
export async function allowed(values: readonly string[]): Promise<string | string[]> {
  const [first] = values;
  if (values.includes("any")) {
    if (values.length > 1) throw usage("--curve-allow any admits every key: give it alone, or leave it out");
    return "any";
  }
  const folders = await Promise.all(
    values.map(async (value) => (await stat(value).catch(() => undefined))?.isDirectory() === true),
  );
  if (!folders.includes(true)) return Promise.all(values.map(publicKeyOf));
  if (values.length > 1) throw usage("--curve-allow takes one folder, or any number of keys and files");
  return first!;
}

/** Reads a file of lines `NAME:PASSWORD`. */
export async function usersOf(path: string): Promise<Record<string, string>> {
  const text = await readText(path);
  const users: Record<string, string> = Object.create(null);
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === "") continue;
    const split = line.indexOf(":");
    if (split < 1) throw usage(`${path}, line ${index + 1}: expected NAME:PASSWORD`);
    users[line.slice(0, split)] = line.slice(split + 1);
  }
  return users;
}

/** The options of the socket for the TLS of wss. */
async function tlsOptions(flags: SecurityFlags): Promise<Record<string, unknown>> {
  const options: Record<string, unknown> = {};
  for (const name of ["wssCertificate", "wssKey", "wssTrust"] as const) {
    const path = flags[name];
    if (path === undefined) continue;
    options[name] = await readText(path);
  }
  if (flags.wssHostname !== undefined) options.wssHostname = flags.wssHostname;
  if (flags.wssTrust === undefined && flags.connect?.some((endpoint) => endpoint.startsWith("wss://"))) {
    options.wssTrustSystem = true;
  }
  return options;
}

/** The security of a socket, as its files and options say. */
export interface Security {
  readonly options: Readonly<Record<string, unknown>>;
  readonly rules: zmq.AuthenticateOptions | undefined;
}

/** The options of the socket for CURVE, PLAIN and TLS, and the rules for its peers. */
export async function security(flags: SecurityFlags): Promise<Security> {
  const { curveSecret, curveServerKey, curveAllow, plain, plainUsers } = flags;
  const options = await tlsOptions(flags);
  const rules: zmq.AuthenticateOptions = {};
  const curve = [curveSecret, curveServerKey, curveAllow].some((value) => value !== undefined);
  if ([curve, plain !== undefined, plainUsers !== undefined].filter(Boolean).length > 1) {
    // A socket has one mechanism. PLAIN would replace CURVE, and nothing would be encrypted.
    throw usage("give only one of --curve-…, --plain and --plain-users: a socket has one mechanism");
  }
  if (curveAllow !== undefined && curveSecret === undefined) {
    throw usage("--curve-allow needs --curve-secret FILE, the certificate of this server");
  }
  if (curveAllow !== undefined && curveServerKey !== undefined) {
    throw usage("--curve-allow makes the socket a server, --curve-server-key a client: give one of them");
  }
  const connectsOnly = flags.connect !== undefined && flags.connect.length > 0 && !flags.bind?.length;
  if (curveSecret !== undefined && curveServerKey === undefined && curveAllow === undefined && connectsOnly) {
    throw usage(
      "--curve-secret with --connect needs --curve-server-key KEY, the public key of the server. " +
        "A server that connects is marked by --curve-allow; any admits every key",
    );
  }
  if (curveSecret !== undefined || curveServerKey !== undefined) {
    const own =
      curveSecret === undefined
        ? zmq.Certificate.generate()
        : await loadCertificate(curveSecret.replace(/_secret$/, ""));
    if (own.secretKey === undefined)
      throw usage(`${curveSecret}_secret, which has the secret key, is missing`);
    options.curvePublicKey = own.publicKey;
    options.curveSecretKey = own.secretKey;
    if (curveServerKey !== undefined) options.curveServerKey = await publicKeyOf(curveServerKey);
    else {
      options.curveServer = true;
      rules.curve = { allow: await allowed(curveAllow ?? ["any"]) };
    }
  }
  if (plain !== undefined) {
    const split = plain.indexOf(":");
    if (split < 1) throw usage("--plain takes NAME:PASSWORD, and got no colon after a name");
    options.plainUsername = plain.slice(0, split);
    options.plainPassword = plain.slice(split + 1);
  }
  if (plainUsers !== undefined) {
    options.plainServer = true;
    rules.plain = { users: await usersOf(plainUsers) };
  }
  return { options, rules: rules.curve || rules.plain ? rules : undefined };
}
