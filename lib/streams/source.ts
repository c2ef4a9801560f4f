// Receives the chunks of a readable stream.

import { types } from "node:util";
import { errorOf } from "../binding/errors.js";
import type { ReadableSocket } from "../socket/interfaces.js";
import type { Socket } from "../socket/socket.js";
import { EndMarker } from "./end-marker.js";
import { expectStreamOptions, type StreamOptions } from "./options.js";
import { expectSocket } from "./socket.js";

export class Source {
  readonly objectMode: boolean;
  readonly #socket: Socket & ReadableSocket<object[]>;
  readonly #endMarker: EndMarker | undefined;

  constructor(socket: Socket & ReadableSocket<object[]>, options: StreamOptions) {
    expectSocket(socket, "receiveMany");
    expectStreamOptions(options);
    const { objectMode, endMarker } = options;
    this.#socket = socket;
    this.objectMode = objectMode !== false;
    this.#endMarker = endMarker == null ? undefined : new EndMarker(endMarker);
  }

  /**
   * Resolves with the next chunks, or with undefined at the end of the data. Chunks of bytes may be none, if a message is
   * empty. Takes at most `room` messages out of libzmq, and one if the size or the end of the data is not known in
   * advance: messages behind the end marker belong to the next stream.
   */
  async next(room: number, signal: AbortSignal): Promise<readonly object[] | undefined> {
    const max = this.objectMode && this.#endMarker === undefined ? Math.max(1, room) : 1;
    const messages = await this.#receive(max, signal);
    if (messages === undefined || this.#endMarker?.equals(messages[0]!)) return undefined;
    return this.objectMode
      ? messages
      : messages[0]!.filter((frame) => !types.isUint8Array(frame) || frame.length > 0);
  }

  /** Resolves with undefined if the socket is closed. */
  async #receive(max: number, signal: AbortSignal): Promise<object[][] | undefined> {
    const socket = this.#socket;
    try {
      return await socket.receiveMany({ max, signal });
    } catch (error) {
      if (!socket.closed || signal.aborted) throw error;
      if (this.#endMarker === undefined) return undefined;
      throw errorOf("ECANCELED", "Socket was closed before the end marker arrived");
    }
  }
}
