// Opens the socket of a command: its class, options, security and endpoints.

import { readFile, stat } from "node:fs/promises";
import * as zmq from "zmq-native";
import { exitCodes, Failure, interrupted, isTimeout, textOf } from "./exit.js";
import type { SocketKind } from "./sockets.js";

/** The options that all commands with sockets share (`addSocketOptions` in options.ts). */
export interface SocketFlags {
  readonly bind?: readonly string[];
  readonly connect?: readonly string[];
  readonly option?: Readonly<Record<string, unknown>>;
  readonly curveSecret?: string;
  readonly curveServerKey?: string;
  readonly curveAllow?: readonly string[];
  readonly plain?: string;
  readonly plainUsers?: string;
  readonly subscribe?: readonly string[];
  readonly join?: readonly string[];
  readonly linger?: number;
  readonly timeout?: number;
  /** Topics of an XSubscriber that was not given any. */
  readonly topics?: readonly string[];
}

/** Any socket, with the methods that a command may use after it has looked at the row of its type. */
// biome-ignore lint/suspicious/noExplicitAny: the methods differ by class
export type AnySocket = zmq.Socket & Record<string, any>;

const usage = (message: string) => new Failure(message, exitCodes.usage);

async function loadCertificate(path: string): Promise<zmq.Certificate> {
  try {
    return await zmq.Certificate.load(path);
  } catch (error) {
    throw usage(`cannot read the certificate ${path}: ${textOf(error)}`);
  }
}

/** The public key in a file, or the key itself. */
async function publicKeyOf(value: string): Promise<string> {
  if (value.length === 40 && !(await stat(value).catch(() => undefined))) return value;
  return (await loadCertificate(value)).publicKey;
}

async function allowed(values: readonly string[]): Promise<string | string[]> {
  const [first] = values;
  const folders = await Promise.all(
    values.map(async (value) => (await stat(value).catch(() => undefined))?.isDirectory() === true),
  );
  if (!folders.includes(true)) return Promise.all(values.map(publicKeyOf));
  if (values.length > 1) throw usage("--curve-allow takes one folder, or any number of keys and files");
  return first!;
}

/** Reads a file of lines `NAME:PASSWORD`. */
async function usersOf(path: string): Promise<Record<string, string>> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw usage(`cannot read ${path}: ${error.message}`);
  });
  const users: Record<string, string> = Object.create(null);
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === "") continue;
    const split = line.indexOf(":");
    if (split < 1) throw usage(`${path}, line ${index + 1}: expected NAME:PASSWORD`);
    users[line.slice(0, split)] = line.slice(split + 1);
  }
  return users;
}

/** The options of the socket for CURVE and PLAIN, and the rules for its peers. */
async function security(flags: SocketFlags) {
  const { curveSecret, curveServerKey, curveAllow, plain, plainUsers } = flags;
  const options: Record<string, unknown> = {};
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
      rules.curve = { allow: curveAllow === undefined ? "any" : await allowed(curveAllow) };
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

/** Loads the draft sockets. Without the warning, which is meant for programs. */
async function importDraft(): Promise<Record<string, unknown>> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await import("zmq-native/draft");
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function classOf({ className, draft }: SocketKind): Promise<new (options: object) => AnySocket> {
  const module: Record<string, unknown> = draft ? await importDraft() : zmq;
  return module[className] as new (
    options: object,
  ) => AnySocket;
}

/** A socket that is bound and connected. */
interface Opened {
  readonly socket: AnySocket;
  /** Closes the socket, and what admits its peers. */
  close(linger: number): Promise<void>;
}

async function open(
  kind: SocketKind,
  flags: SocketFlags,
  prepare: (socket: AnySocket) => void,
): Promise<Opened> {
  const { bind = [], connect = [], option = {}, subscribe, join = [] } = flags;
  if (bind.length + connect.length === 0) {
    throw usage(
      "give at least one endpoint with --bind or --connect, such as --connect tcp://127.0.0.1:5555",
    );
  }
  const { options, rules } = await security(flags);
  const authenticator = rules && (await zmq.context.authenticate(rules));
  let socket: AnySocket;
  try {
    const given = flags.linger === undefined ? {} : { linger: flags.linger };
    socket = new (await classOf(kind))({ ...given, ...options, ...option });
  } catch (error) {
    await authenticator?.close();
    throw usage(`cannot open a ${kind.className}: ${textOf(error)}`);
  }
  const close = async (linger: number) => {
    await socket.close({ linger });
    await authenticator?.close();
  };
  try {
    if (kind.name === "sub") socket.subscribe(...(subscribe ?? [""]));
    for (const group of join) socket.join(group);
    prepare(socket);
    for (const endpoint of bind) {
      await socket.bind(endpoint);
      // With a port of the system's choice, nobody could connect without it.
      if (socket.lastEndpoint !== endpoint) console.error(`zmq: bound to ${socket.lastEndpoint}`);
    }
    for (const endpoint of connect) socket.connect(endpoint);
    if (kind.name === "xsub")
      for (const topic of subscribe ?? flags.topics ?? []) await socket.send(`\x01${topic}`);
  } catch (error) {
    socket.close();
    await authenticator?.close();
    throw new Failure(`${kind.name}: ${textOf(error)}`);
  }
  return { socket, close };
}

/** How long queued messages are still delivered after a failure, in milliseconds. */
const lingerAfterFailure = 1000;

/** Waits until all messages have been handed to the network, if `--timeout` limits that. */
async function deliver(socket: AnySocket, kind: SocketKind, { timeout }: SocketFlags): Promise<void> {
  if (!kind.sends || timeout === undefined || interrupted.aborted) return;
  try {
    await socket.flush({ timeout, signal: interrupted });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new Failure(`not all messages were delivered within ${timeout} ms`, exitCodes.timeout);
  }
}

/**
 * Opens a socket, works with it, and closes it.
 *
 * @param prepare Runs before the socket is bound and connected: for instance, observes its events.
 * @throws Failure: an endpoint is missing or refused, or an option is.
 */
export async function withSocket(
  kind: SocketKind,
  flags: SocketFlags,
  work: (socket: AnySocket) => Promise<void>,
  prepare: (socket: AnySocket) => void = () => {},
): Promise<void> {
  const { socket, close } = await open(kind, flags, prepare);
  try {
    await work(socket);
    await deliver(socket, kind, flags);
  } catch (error) {
    // A peer that never comes must not keep the failure from the user.
    await close(interrupted.aborted ? socket.linger : (flags.linger ?? lingerAfterFailure));
    throw error;
  }
  await close(socket.linger);
}
