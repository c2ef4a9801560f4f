// Sends the chunks of a writable stream.

import { ZMQ_REP, ZMQ_REQ } from "../binding/constants.js";
import { errorOf } from "../binding/errors.js";
import { type MessageLike, toWire } from "../message/frames.js";
import type { WritableSocket } from "../socket/interfaces.js";
import type { Socket } from "../socket/socket.js";
import { EndMarker, framesOf } from "./end-marker.js";
import { expectStreamOptions, type StreamOptions } from "./options.js";
import { expectSocket } from "./socket.js";

type Chunk = MessageLike | MessageLike[];

export class Sink {
  readonly objectMode: boolean;
  readonly #socket: Socket & WritableSocket;
  readonly #endMarker: EndMarker | undefined;
  /** The number of chunks so far. */
  #chunks = 0;

  constructor(socket: Socket & WritableSocket, options: StreamOptions) {
    expectSocket(socket, "sendMany");
    expectStreamOptions(options);
    const { objectMode, endMarker } = options;
    this.#socket = socket;
    this.objectMode = objectMode !== false;
    this.#endMarker = endMarker == null ? undefined : new EndMarker(endMarker);
  }

  /** Sends a chunk. Resolves when libzmq has queued it. */
  async send(chunk: unknown, signal: AbortSignal): Promise<void> {
    const message = this.#messageOf(chunk);
    if (message !== undefined) await this.#operate(() => this.#socket.send(message, { signal }));
  }

  /** Whether the socket sends one message at a time: `sendMany` of a Request or Reply does not wait for its turn. */
  get alternates(): boolean {
    return !this.#socket.closed && [ZMQ_REQ, ZMQ_REP].includes(this.#socket.type);
  }

  /** Sends several chunks, in half the time of `send`. The chunks before an invalid one are sent, as by `send`. */
  async sendMany(chunks: readonly unknown[], signal: AbortSignal): Promise<void> {
    const messages: Chunk[] = [];
    let failure: { error: unknown } | undefined;
    for (const chunk of chunks) {
      try {
        const message = this.#messageOf(chunk);
        if (message !== undefined) messages.push(message);
      } catch (error) {
        failure = { error };
        break;
      }
    }
    if (messages.length > 0) await this.#operate(() => this.#socket.sendMany(messages, { signal }));
    if (failure !== undefined) throw failure.error;
  }

  /** Sends the end marker, if there is one. */
  async end(signal: AbortSignal): Promise<void> {
    const frames = this.#endMarker?.frames;
    if (frames !== undefined) await this.#operate(() => this.#socket.send([...frames], { signal }));
  }

  /** Reads a chunk. Undefined for an empty chunk of bytes, which has nothing to send. Throws if it cannot be sent. */
  #messageOf(chunk: unknown): Chunk | undefined {
    const index = this.#chunks++;
    if (!this.objectMode && (chunk as Uint8Array).byteLength === 0) return undefined;
    const wire = toWire(chunk, index);
    if (!this.#endMarker?.equals(framesOf(wire))) return wire as Chunk;
    throw new TypeError(
      "A chunk equals endMarker, which ends the stream of the receiver: choose another end marker",
    );
  }

  async #operate(send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      // `distinctErrors` of the socket is for programs of zeromq, which has no streams.
      const canceled = (error as NodeJS.ErrnoException | undefined)?.code === "EAGAIN" && this.#socket.closed;
      throw canceled ? errorOf("ECANCELED") : error;
    }
  }
}
