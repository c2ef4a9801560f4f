// Opens the socket of a command, and closes it when the work is done or has failed.

import * as zmq from "zmq-native";
import {
  endpointFailure,
  endWithin,
  exitCodes,
  Failure,
  interrupted,
  isTimeout,
  lingerAfterTermination,
  reported,
  terminated,
  textOf,
} from "./exit.js";
import { countedWere, report } from "./print.js";
import { type Security, type SecurityFlags, security } from "./security.js";
import { type Setting, valuesOf } from "./settings.js";
import type { SocketKind } from "./sockets.js";

/** The options that all commands with sockets share (`addSocketOptions` in options.ts). */
export interface SocketFlags extends SecurityFlags {
  readonly bind?: readonly string[];
  readonly connect?: readonly string[];
  readonly option?: Readonly<Record<string, Setting>>;
  readonly subscribe?: readonly string[];
  readonly join?: readonly string[];
  readonly linger?: number;
  readonly timeout?: number;
  /** The result of `security`, for commands that open several sockets: a named pipe can be read only once. */
  readonly security?: Security;
}

/** Any socket, with the methods that a command may use after it has looked at the row of its type. */
// biome-ignore lint/suspicious/noExplicitAny: the methods differ by class
export type AnySocket = zmq.Socket & Record<string, any>;

const usage = (message: string) => new Failure(message, exitCodes.usage);

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

type SocketClass = new (options: object) => AnySocket;

async function classOf({ className, draft }: SocketKind): Promise<SocketClass> {
  const module: Record<string, unknown> = draft ? await importDraft() : zmq;
  return module[className] as SocketClass;
}

/** The explanation of an error of a constructor. For unknown options it says everything; the message is that of the engine. */
function optionError(error: unknown): string {
  const { detail } = error as { detail?: unknown };
  return error instanceof TypeError &&
    typeof detail === "string" &&
    /object is not extensible/.test(error.message)
    ? detail
    : textOf(error);
}

/** The options of `--option`. */
function optionsOf(Class: SocketClass, { option = {} }: SocketFlags): Record<string, unknown> {
  if (Object.keys(option).length === 0) return {};
  const probe = new Class({ linger: 0 });
  try {
    return valuesOf(option, probe);
  } finally {
    probe.close();
  }
}

/** libzmq gives an XSubscriber a linger of 0, for its subscriptions. One that only sends has messages. */
const defaultsOf = ({ name, receives }: SocketKind) => (name === "xsub" && !receives ? { linger: -1 } : {});

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
  const { bind = [], connect = [], subscribe, join = [] } = flags;
  if (bind.length + connect.length === 0) {
    throw usage(
      "give at least one endpoint with --bind or --connect, such as --connect tcp://127.0.0.1:5555",
    );
  }
  const { options, rules } = flags.security ?? (await security(flags));
  const authenticator = rules && (await zmq.context.authenticate(rules));
  let socket: AnySocket;
  try {
    const given = { ...defaultsOf(kind), ...(flags.linger !== undefined && { linger: flags.linger }) };
    const Class = await classOf(kind);
    socket = new Class({ ...given, ...options, ...optionsOf(Class, flags) });
  } catch (error) {
    await authenticator?.close();
    throw usage(`cannot open a ${kind.className}: ${optionError(error)}`);
  }
  const close = async (linger: number) => {
    await socket.close({ linger });
    await authenticator?.close();
  };
  let current: string | undefined;
  try {
    if (kind.name === "sub") socket.subscribe(...(subscribe ?? [""]));
    for (const group of join) socket.join(group);
    prepare(socket);
    for (const endpoint of bind) {
      current = endpoint;
      await socket.bind(endpoint);
      // With a port of the system's choice, nobody could connect without it.
      if (socket.lastEndpoint !== endpoint) report(`bound to ${socket.lastEndpoint}`);
    }
    for (const endpoint of connect) {
      current = endpoint;
      socket.connect(endpoint);
    }
    current = undefined;
    if (kind.name === "xsub") for (const topic of subscribe ?? []) await socket.send(`\x01${topic}`);
  } catch (error) {
    socket.close();
    await authenticator?.close();
    if (error instanceof Failure) throw error;
    if (current !== undefined) throw endpointFailure(kind.name, current, error);
    throw new Failure(`${kind.name}: ${textOf(error)}`);
  }
  return { socket, close };
}

/** How long queued messages are still delivered after a failure, in milliseconds. */
const lingerAfterFailure = 1000;

/** The time after Ctrl-C until a note says what the command waits for, in milliseconds. */
const noteAfter = 200;

/** Tells users of a terminal, after Ctrl-C, that queued messages delay the end. Returns a function that stops this. */
function noteWaiting(): () => void {
  if (!process.stderr.isTTY) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => report("waiting for delivery; Ctrl-C again to give up"), noteAfter);
  };
  if (interrupted.aborted) start();
  else interrupted.addEventListener("abort", start);
  return () => {
    interrupted.removeEventListener("abort", start);
    clearTimeout(timer);
  };
}

/** The number of messages that wait for the network, as the end of a note. Empty where libzmq does not count them. */
function left(socket: AnySocket): string {
  try {
    return `: ${socket.statistics().sendQueue} left`;
  } catch {
    return "";
  }
}

/**
 * Whether a command has messages to deliver at its end. The subscriptions of an XSubscriber have no use then: an absent publisher
 * must not make that a failure.
 */
const hasToDeliver = ({ name, sends, receives }: SocketKind) => sends && !(name === "xsub" && receives);

/**
 * Waits until all messages have been handed to the network. `--timeout` and `--linger` limit that: the first of them. Ctrl-C does
 * not end this wait. SIGTERM and SIGHUP limit it, unless `--linger` is given.
 */
async function deliver(socket: AnySocket, kind: SocketKind, { linger, timeout }: SocketFlags): Promise<void> {
  if (!hasToDeliver(kind) && (!kind.sends || linger === undefined)) return;
  const limits = [timeout ?? -1, socket.linger].filter((limit) => limit >= 0);
  let limit = Math.min(...limits);
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stopSoon = () => {
    if (linger !== undefined) return endWithin(limit);
    timer = setTimeout(() => {
      limit = lingerAfterTermination;
      stopped.abort();
    }, lingerAfterTermination);
    endWithin(lingerAfterTermination);
  };
  if (terminated.aborted) stopSoon();
  else terminated.addEventListener("abort", stopSoon);
  try {
    await socket.flush({ ...(limits.length > 0 && { timeout: limit }), signal: stopped.signal });
  } catch (error) {
    if (!isTimeout(error) && !stopped.signal.aborted) throw error;
    const { exitCode } = interrupted.aborted
      ? (interrupted.reason as Failure)
      : { exitCode: exitCodes.timeout };
    throw new Failure(`not all messages were delivered within ${limit} ms${left(socket)}`, exitCode);
  } finally {
    terminated.removeEventListener("abort", stopSoon);
    clearTimeout(timer);
  }
}

/** The reasons of dropped messages that a command reports at its end. The others are those of receivers, or the user's wish. */
const reportedDrops = {
  highWaterMark: "the queue of a peer was full; --option sendHighWaterMark=0 removes its limit",
  peerGone: "the peer left before delivery",
} as const;

/** Reports the messages that a peer should have had, and that the socket has dropped. A command that is done then has exit code 4. */
function reportDrops(socket: AnySocket, { sends, name }: SocketKind, { option }: SocketFlags): void {
  if (!sends) return;
  // With the option, it is the user's wish, or the send has failed.
  const dropsUnknown = name === "router" && option?.mandatory === undefined;
  const reasons = { ...reportedDrops, ...(dropsUnknown && { noRoute: "their peer had left" }) };
  let dropped: zmq.DropCounts;
  try {
    ({ dropped } = socket.statistics());
  } catch {
    // It is closed, or libzmq does not count.
    return;
  }
  for (const [reason, words] of Object.entries(reasons)) {
    const count = dropped[reason as keyof typeof reasons];
    if (count === 0) continue;
    report(`${countedWere(count, "message")} dropped: ${words}`);
    process.exitCode ??= exitCodes.dropped;
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
  let end: { error: unknown } | undefined;
  try {
    await work(socket);
  } catch (error) {
    end = { error };
  }
  // Work that has closed its socket has failed, also after a signal.
  if (end && (!interrupted.aborted || socket.closed)) {
    reportDrops(socket, kind, flags);
    // The wait for queued messages must not keep the failure from the user. Without messages there is none.
    const failure = kind.sends ? reported(end.error) : end.error;
    const linger = flags.linger ?? (hasToDeliver(kind) ? lingerAfterFailure : 0);
    terminated.addEventListener("abort", () => endWithin(linger));
    await close(linger);
    throw failure;
  }
  const stopNote = noteWaiting();
  try {
    // Peers may leave during the wait.
    await deliver(socket, kind, flags).finally(() => reportDrops(socket, kind, flags));
    await close(socket.linger);
  } catch (error) {
    await close(0);
    throw error;
  } finally {
    stopNote();
  }
  if (end) throw end.error;
}
