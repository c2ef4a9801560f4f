// `zmq zap`: decides for several programs which peers they admit. It receives their ZAP requests over ipc, and passes them
// to an authenticator of this process. docs/command.md documents the messages.

import * as zmq from "zmq-native";
import { endpointFailure, exitCodes, Failure, interrupted, textOf } from "./exit.js";
import { mayPrint, print, printJson, report, reportSkipped } from "./print.js";
import { allowed, usersOf } from "./security.js";

interface ZapFlags {
  readonly bind: readonly string[];
  readonly curveAllow?: readonly string[];
  readonly plainUsers?: string;
  readonly allowAddress?: readonly string[];
  readonly denyAddress?: readonly string[];
  readonly mode?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const handlerEndpoint = "inproc://zeromq.zap.01";

/** The rules of the authenticator. */
async function rulesOf(flags: ZapFlags): Promise<zmq.AuthenticateOptions> {
  const { curveAllow, plainUsers, allowAddress, denyAddress } = flags;
  const rules: zmq.AuthenticateOptions = {};
  if (curveAllow) rules.curve = { allow: await allowed(curveAllow) };
  if (plainUsers !== undefined) rules.plain = { users: await usersOf(plainUsers) };
  if (allowAddress || denyAddress) {
    // A list that is undefined is refused.
    rules.addresses = {
      ...(allowAddress && { allow: allowAddress }),
      ...(denyAddress && { deny: denyAddress }),
    };
  }
  if (Object.keys(rules).length > 0) return rules;
  throw new Failure(
    "say which peers are admitted, with --curve-allow, --plain-users or --allow-address",
    exitCodes.usage,
  );
}

/** Prints a decision. Names and addresses come from peers. */
function show(decision: zmq.Decision, json: boolean): void {
  if (!mayPrint()) return;
  const time = new Date().toISOString();
  const { admitted, reason, text, domain, address, mechanism, publicKey, username } = decision;
  if (json) {
    const line = { time, admitted, reason, text, domain, address, mechanism, publicKey, username };
    printJson(line);
    return;
  }
  const who = publicKey ?? username ?? "";
  const words = [admitted ? "admitted" : "rejected", mechanism, who, address, domain && `domain ${domain}`];
  const shown = words.filter((word) => word !== "").join(" ");
  print(`${time.slice(11, 23)}  ${shown}${admitted ? "" : `: ${text}`}`);
}

function bindOne(socket: zmq.Router, endpoint: string): void {
  try {
    socket.bindSync(endpoint);
  } catch (error) {
    throw endpointFailure("zap", endpoint, error);
  }
}

/** Binds to ipc endpoints, so that the files have the mode from the start. */
function bind(socket: zmq.Router, endpoints: readonly string[], mode: number): void {
  const before = process.umask();
  try {
    for (const endpoint of endpoints) {
      // Requests have passwords in clear text. Names of Linux that begin with @ have no file, and thus no mode.
      if (!endpoint.startsWith("ipc://") || endpoint.startsWith("ipc://@")) {
        throw new Failure(
          `${endpoint}: zmq zap binds to files only, such as ipc:///run/zap.sock`,
          exitCodes.usage,
        );
      }
      // For a wildcard libzmq makes a folder, which its owner must be able to enter.
      process.umask(0o777 & ~(endpoint === "ipc://*" ? mode | 0o100 : mode));
      bindOne(socket, endpoint);
      if (socket.lastEndpoint !== endpoint) report(`bound to ${socket.lastEndpoint}`);
    }
  } finally {
    process.umask(before);
  }
}

/** The most replies that wait for a program. Beyond it they are lost, and connections ask again after `handshakeInterval`. */
const mostReplies = 100_000;

/** Passes requests to the handler and replies to the programs, until the sockets are closed. */
async function forward(programs: zmq.Router, handler: zmq.Dealer): Promise<void> {
  /** The envelope of each request, which ends with the number that the program gave it. */
  const pending = new Map<string, Buffer[]>();
  let count = 0;
  const requests = async () => {
    for await (const frames of programs) {
      // Behind the routing ids of the program and of its proxies.
      const delimiter = frames.findIndex((frame, index) => index > 0 && frame.length === 0);
      const [version, number, ...rest] = frames.slice(delimiter + 1);
      if (delimiter < 0 || number === undefined) continue;
      const id = `${++count}`;
      // Copies: a received frame can keep a block of 32 KiB.
      pending.set(
        id,
        [...frames.slice(0, delimiter), number].map((frame) => Buffer.from(frame)),
      );
      await handler.send(["", version!, id, ...rest]);
    }
  };
  const replies = async () => {
    for await (const [, version, number, ...rest] of handler) {
      const envelope = pending.get(String(number));
      // Not a reply: the handler tells a connection that its key was removed.
      if (envelope === undefined || rest.length !== 4) continue;
      pending.delete(String(number));
      programs.trySend([...envelope.slice(0, -1), "", version!, envelope.at(-1)!, ...rest]);
    }
  };
  await Promise.all([requests(), replies()]);
}

/** Answers requests until the process is interrupted. */
export async function zap(flags: ZapFlags): Promise<void> {
  const rules = await rulesOf(flags);
  const authenticator = await zmq.context.authenticate(rules).catch((error: unknown) => {
    const text = textOf(error).replace(/\baddresses\.(allow|deny)\b/g, "--$1-address");
    throw new Failure(`zap: ${text}`, error instanceof TypeError ? exitCodes.usage : exitCodes.failed);
  });
  if (!flags.quiet) authenticator.on("decision", (decision) => show(decision, flags.json === true));
  authenticator.on("reload", ({ keys, errors }) => {
    for (const error of errors) report(textOf(error));
    if (!flags.quiet) report(`${keys} keys are admitted now`);
  });
  const unlimited = { sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 0 };
  const programs = new zmq.Router({ linger: 0, sendHighWaterMark: mostReplies });
  const handler = new zmq.Dealer(unlimited);
  try {
    bind(programs, flags.bind, flags.mode ?? 0o600);
    handler.connect(handlerEndpoint);
    const close = () => {
      programs.close();
      handler.close();
    };
    interrupted.addEventListener("abort", close);
    if (interrupted.aborted) close();
    await forward(programs, handler);
  } finally {
    programs.close();
    handler.close();
    await authenticator.close();
    reportSkipped();
  }
}
