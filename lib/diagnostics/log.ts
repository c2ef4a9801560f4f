// NODE_DEBUG=zmq: a line on stderr for each event of diagnostics_channel. No contents of messages.

import { debuglog } from "node:util";
import { now } from "../runtime/clock.js";
import { type Noticed, subscribeAll, type Traced } from "./channels.js";

/** The fields of payloads, each of which only some have. */
interface Payload {
  readonly socketType: string;
  readonly socketId: number;
  readonly operation?: string;
  readonly endpoint?: string | null;
  readonly boundEndpoint?: string | null;
  readonly localAddress?: string;
  readonly remoteAddress?: string;
  readonly reason?: string;
  readonly count?: number;
  readonly frames?: number;
  readonly bytes?: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Escapes control and format characters: an endpoint or an error must not be able to control a terminal. */
const escaped = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );

const numbered = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function failureOf(error: unknown): string {
  try {
    const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
    return `failed: ${typeof code === "string" ? `${code} ` : ""}${typeof message === "string" ? message : String(error)}`;
  } catch {
    // The reason of an abort can be anything, also an object that has no text.
    return "failed";
  }
}

function sizesOf({ count = 0, frames = 0, bytes = 0 }: Payload): string {
  return `${numbered(count, "message")}, ${numbered(frames, "frame")}, ${numbered(bytes, "byte")}`;
}

/** The details of an operation that has ended. */
function outcomeOf(name: Traced, payload: Payload): string {
  if (payload.error !== undefined) return failureOf(payload.error);
  if (name === "send" && payload.result === false) return `${sizesOf(payload)}, not sent: the queue is full`;
  if (name === "send") return sizesOf(payload);
  if (name === "receive") return payload.count === 0 ? "no message" : sizesOf(payload);
  if (name === "handshake") return "succeeded";
  return payload.boundEndpoint != null && payload.boundEndpoint !== payload.endpoint
    ? `bound to ${payload.boundEndpoint}`
    : "done";
}

/** The connection of a handshake or a peer. */
function connectionOf({ endpoint, remoteAddress }: Payload): string {
  return remoteAddress && remoteAddress !== endpoint ? `${endpoint} (peer ${remoteAddress})` : `${endpoint}`;
}

const isOfMessages = (name: Traced) => name === "send" || name === "receive";

/** Starts the log if NODE_DEBUG contains `zmq`. */
export function startLog(): void {
  const log = debuglog("zmq");
  if (!log.enabled) return;
  const starts = new WeakMap<object, number>();
  const write = ({ socketType, socketId }: Payload, text: string) =>
    log("%s", escaped(`${socketType} ${socketId} ${text}`));

  const ended = (name: Traced, payload: Payload) => {
    const start = starts.get(payload);
    if (start === undefined) return;
    starts.delete(payload);
    if (name === "handshake") {
      // Without a time: both events of the connection may have waited for this thread.
      write(payload, `handshake ${connectionOf(payload)}: ${outcomeOf(name, payload)}`);
      return;
    }
    const what = isOfMessages(name) ? payload.operation : `${payload.operation} ${payload.endpoint}`;
    write(payload, `${what}: ${outcomeOf(name, payload)} (${(now() - start).toFixed(1)} ms)`);
  };
  const synchronous = [
    "trySend",
    "tryReceive",
    "bindSync",
    "unbindSync",
    "connect",
    "disconnect",
    "connectPeer",
  ];

  subscribeAll(
    (name, phase, object) => {
      const payload = object as Payload;
      if (phase === "start") starts.set(payload, now());
      else if (phase === "asyncEnd") ended(name, payload);
      else if (phase === "end") {
        // A promise that is pending has no error yet.
        const threw = name !== "handshake" && payload.error !== undefined;
        if (threw || synchronous.includes(payload.operation ?? "")) ended(name, payload);
      }
    },
    (name: Noticed, object) => {
      const payload = object as Payload;
      if (name === "socket:open" || name === "socket:close") write(payload, name.slice(7));
      else if (name === "message:drop") {
        const from = payload.endpoint == null ? "" : ` from ${payload.endpoint}`;
        write(payload, `message dropped${from}: ${payload.reason}`);
      } else if (name === "peer:join") write(payload, `peer joined ${connectionOf(payload)}`);
      else write(payload, `peer left ${connectionOf(payload)}: ${payload.reason}`);
    },
  );
}
