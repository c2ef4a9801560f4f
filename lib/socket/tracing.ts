// Reports sends and receives to the tracing channels of node:diagnostics_channel. Called only while something subscribes.

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import {
  ZMQ_DEALER,
  ZMQ_PAIR,
  ZMQ_PUB,
  ZMQ_PUSH,
  ZMQ_REP,
  ZMQ_REQ,
  ZMQ_ROUTER,
  ZMQ_XPUB,
  ZMQ_XSUB,
} from "../binding/constants.js";
import type { WireFrame, WireMessage } from "../binding/index.js";
import { Identified } from "../core/identity.js";
import type { Core } from "../core/open-socket.js";
import { isPlanned } from "../core/queue-entry.js";
import { tracing } from "../diagnostics/channels.js";
import { copyOf, type Message } from "../message/frames.js";
import { taggings } from "../message/tag.js";
import { conflateOptions } from "../options/table.js";

/** The calls that receive, as their payloads name them. The types of payloads import the sockets, so they repeat it. */
export type ReceiveCall =
  | "receive"
  | "receiveMany"
  | "receiveWithMetadata"
  | "tryReceive"
  | "for await"
  | "batches"
  | "messagesWithMetadata";

/** The socket types whose messages may have any number of frames, except those that cannot send. */
const anyFrames = [
  ...[ZMQ_PAIR, ZMQ_PUB, ZMQ_PUSH, ZMQ_REP, ZMQ_REQ, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_XPUB, ZMQ_XSUB],
];
/** Those of them that have the option `conflate`. */
const conflating = [ZMQ_PUB, ZMQ_PUSH, ZMQ_DEALER];

const lengthOf = (frame: WireFrame): number =>
  typeof frame === "string" ? Buffer.byteLength(frame) : typeof frame === "number" ? 0 : frame.byteLength;

const ignore = () => {};

/** The common part of the payloads of sends and receives. */
abstract class Operation extends Identified {
  readonly operation: string;
  /** The number of messages, of their frames, and of the bytes in these. */
  count = 0;
  frames = 0;
  bytes = 0;
  readonly #core: Core;

  constructor(core: Core, operation: string) {
    super(core);
    this.operation = operation;
    this.#core = core;
  }

  /** The first endpoint that the socket is bound to, or else connected to. */
  get endpoint(): string | null {
    return this.#core.record.first;
  }

  /** Counts a message of which the first `length` elements are frames. */
  protected counted(message: readonly WireFrame[], length: number): void {
    this.count++;
    this.frames += length;
    for (let index = 0; index < length; index++) this.bytes += lengthOf(message[index]!);
  }
}

class Send extends Operation {
  readonly #core: Core;
  readonly #wire: WireMessage[];
  #started = false;

  constructor(core: Core, operation: string, wire: WireMessage[]) {
    super(core, operation);
    this.#core = core;
    this.#wire = wire;
    const tags = taggings.has(core.type) ? 1 : 0;
    for (const message of wire) {
      const frames = Array.isArray(message) ? message : [message];
      if (frames.length > tags) this.counted(frames, frames.length - tags);
    }
  }

  /** The frames of each message, without the routing id or group of a draft socket. */
  get messages(): (string | Uint8Array)[][] {
    const tagged = taggings.has(this.#core.type);
    // An empty array is not a message.
    const messages = this.#wire.filter((message) => !Array.isArray(message) || message.length > 0);
    return messages.map((message) => {
      const frames = Array.isArray(message) ? message : [message];
      return (tagged ? frames.slice(0, -1) : frames.slice()) as (string | Uint8Array)[];
    });
  }

  append(frame: unknown): boolean {
    if (typeof frame !== "string" && !types.isUint8Array(frame)) {
      throw new TypeError(`A frame to append must be a string or a Uint8Array, got ${shown(frame)}`);
    }
    if (this.#started || !this.#mayAppend()) return false;
    const bytes = typeof frame === "string" ? frame : copyOf(frame);
    const { type } = this.#core;
    for (const [index, message] of this.#wire.entries()) {
      const frames = Array.isArray(message) ? message : [message];
      // An empty array is not a message. A Router needs a frame between the routing id and this one.
      if (frames.length < (type === ZMQ_ROUTER ? 2 : 1)) continue;
      if (type === ZMQ_XSUB && isSubscription(frames[0]!)) continue;
      this.#wire[index] = [...frames, bytes];
    }
    return true;
  }

  /** The messages to send. Ends the time in which subscribers may append frames. */
  take(): WireMessage[] {
    this.#started = true;
    return this.#wire;
  }

  #mayAppend(): boolean {
    const core = this.#core;
    if (core.handle === 0 || !anyFrames.includes(core.type)) return false;
    return !(conflating.includes(core.type) && core.getOption(conflateOptions.conflate));
  }
}

/** Whether an XSubscriber sends it as a subscription: libzmq does not treat its other frames as a part of it. */
function isSubscription(frame: WireFrame): boolean {
  const first = typeof frame === "string" ? frame.charCodeAt(0) : (frame as Uint8Array)[0];
  return first === 0 || first === 1;
}

class Receive extends Operation {
  messages: object[][] = [];

  received(messages: object[][]): void {
    this.messages = messages;
    for (const message of messages) {
      // A draft socket receives a frame and an object with its routing id or group.
      const frames = message.every((frame) => types.isUint8Array(frame)) ? message.length : 1;
      this.counted(message as Uint8Array[], frames);
    }
  }
}

/** The messages in the result of each call. */
const messagesIn: Record<ReceiveCall, (result: never) => object[][]> = {
  receive: (message: Message[]) => [message],
  receiveMany: (messages: Message[][]) => messages,
  receiveWithMetadata: ({ message }: { message: Message[] }) => [message],
  tryReceive: (message: Message[] | undefined) => (message === undefined ? [] : [message]),
  "for await": ({ value }: IteratorResult<Message[], undefined>) => (value === undefined ? [] : [value]),
  batches: ({ value }: IteratorResult<Message[][], undefined>) => value ?? [],
  messagesWithMetadata: ({ value }: IteratorResult<{ message: Message[] }, undefined>) =>
    value === undefined ? [] : [value.message],
};

/** Calls `send` with the messages, to which subscribers may have appended frames. Settles as it does. */
export function traceSend(
  core: Core,
  operation: "send" | "sendMany",
  wire: WireMessage[],
  send: (wire: WireMessage[]) => Promise<void>,
): Promise<void> {
  const channel = tracing("send");
  if (channel === undefined || core.socket === undefined) return send(wire);
  const payload = new Send(core, operation, wire);
  const outcome: Promise<void> = channel.tracePromise(() => {
    const sent = send(payload.take());
    // The promise of the program is another one: a planned loss must not become an unhandled rejection there.
    sent.then(ignore, (error) => {
      if (isPlanned(error)) outcome.then(ignore, ignore);
    });
    return sent;
  }, payload);
  return outcome;
}

export function traceTrySend(
  core: Core,
  wire: WireMessage[],
  send: (wire: WireMessage[]) => boolean,
): boolean {
  const channel = tracing("send");
  if (channel === undefined || core.socket === undefined) return send(wire);
  const payload = new Send(core, "trySend", wire);
  return channel.traceSync(() => send(payload.take()), payload);
}

export function traceReceive<T>(core: Core, operation: ReceiveCall, receive: () => Promise<T>): Promise<T> {
  const channel = tracing("receive");
  if (channel === undefined || core.socket === undefined) return receive();
  const payload = new Receive(core, operation);
  const read = messagesIn[operation] as (result: T) => object[][];
  return channel.tracePromise(
    () =>
      receive().then((result) => {
        payload.received(read(result));
        return result;
      }),
    payload,
  );
}

export function traceTryReceive(core: Core, receive: () => Message[] | undefined): Message[] | undefined {
  const channel = tracing("receive");
  if (channel === undefined || core.socket === undefined) return receive();
  const payload = new Receive(core, "tryReceive");
  return channel.traceSync(() => {
    const message = receive();
    if (message !== undefined) payload.received([message]);
    return message;
  }, payload);
}
