// Web streams. Not those of Node's `toWeb`: its writable stream counts chunks instead of bytes, so its queue is almost
// unlimited.

import { getDefaultHighWaterMark } from "node:stream";
import {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  type QueuingStrategy,
  ReadableStream,
  WritableStream,
} from "node:stream/web";
import { offAbort, onAbort } from "../core/abort.js";
import type { MessageLike } from "../message/frames.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import type { Socket } from "../socket/socket.js";
import type { StreamOptions } from "./options.js";
import { Sink } from "./sink.js";
import { Source } from "./source.js";

function strategyOf({ highWaterMark }: StreamOptions, { objectMode }: Source | Sink): QueuingStrategy {
  const limit = { highWaterMark: highWaterMark ?? getDefaultHighWaterMark(objectMode) };
  return objectMode ? new CountQueuingStrategy(limit) : new ByteLengthQueuingStrategy(limit);
}

/** Runs an operation of a stream. After an error or an abort no other operation starts, so listeners are removed. */
class Lifetime {
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the stream when `signal` is aborted. */
  follow(signal: AbortSignal | undefined, fail: (reason: unknown) => void): void {
    if (signal == null) return;
    const abort = () => {
      this.end(signal.reason);
      fail(signal.reason);
    };
    if (signal.aborted) {
      abort();
      return;
    }
    this.signal.addEventListener("abort", () => offAbort(signal, abort), { once: true });
    // A signal that is not Node's own may call back, or be aborted, during this call.
    onAbort(signal, abort);
    if (this.signal.aborted) offAbort(signal, abort);
    else if (signal.aborted) abort();
  }

  end(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  async run<T>(operation: Promise<T>): Promise<T> {
    try {
      return await operation;
    } catch (error) {
      this.end(error);
      throw error;
    }
  }
}

/** The type of the chunks of a web stream over messages of the type `M`, with the options `O`. */
export type ChunkOf<M, O extends StreamOptions> = O["objectMode"] extends false ? Uint8Array : M;

/**
 * Creates a web `ReadableStream` of the messages that a socket receives. Cancelling it aborts its pending receive and
 * keeps the socket open.
 *
 * The stream receives until its queue is full; further messages stay in libzmq, whose high-water marks then stop the
 * sender. Web streams receive before they are read: pass `highWaterMark: 0` to receive only what is read. The stream
 * closes when the socket is closed, or at the `endMarker`. Use one readable stream of a socket at a time.
 *
 * @throws TypeError: the socket cannot receive, or an option has the wrong type.
 * @throws ZmqError (from reads) with the codes of `receive`: `EAGAIN` after `receiveTimeout`, `EBUSY`, `EFSM`,
 * `EMSGSIZE`, `ENOMEM`.
 * @throws ZmqError `ECANCELED` (from reads): the socket was closed before the `endMarker` arrived.
 * @throws The reason of `signal` (from reads) when it is aborted.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 * import { toReadableStream } from "zmq-native/streams";
 *
 * const [push, pull] = [new Push(), new Pull()];
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * await push.sendMany(["hello", ""]);
 * const stream = toReadableStream(pull, { objectMode: false, endMarker: "" });
 * console.log(await new Response(stream).text()); // hello
 * ```
 */
export function toReadableStream<M extends object[], O extends StreamOptions = StreamOptions>(
  socket: Socket & ReadableSocket<M>,
  options?: O,
): ReadableStream<ChunkOf<M, O>> {
  const settings: StreamOptions = options ?? {};
  const source = new Source(socket, settings);
  const lifetime = new Lifetime();
  const { signal } = lifetime;
  return new ReadableStream(
    {
      start(controller) {
        lifetime.follow(settings.signal, (reason) => controller.error(reason));
      },
      async pull(controller) {
        let chunks: readonly object[] | undefined = [];
        while (chunks?.length === 0) {
          chunks = await lifetime.run(source.next(controller.desiredSize ?? 1, signal));
        }
        if (signal.aborted) return;
        for (const chunk of chunks ?? []) controller.enqueue(chunk as ChunkOf<M, O>);
        if (chunks !== undefined) return;
        lifetime.end();
        controller.close();
      },
      cancel(reason) {
        lifetime.end(reason);
      },
    },
    strategyOf(settings, source),
  );
}

/**
 * Creates a web `WritableStream` that sends each chunk as a message. Aborting it aborts its pending send and keeps the
 * socket open. So does closing it.
 *
 * The promise of `write` resolves when libzmq has queued the message. `ready` of a writer waits while the queue of the
 * stream is full. `close` resolves when libzmq has queued all messages and the `endMarker`, not when a peer has received
 * them: `await socket.flush()` waits for the network. Use one writable stream of a socket at a time.
 *
 * `pipeTo` waits for pending writes before it aborts, so a peer that never reads delays it. Pass its signal to this
 * function as well.
 *
 * @throws TypeError: the socket cannot send, or an option has the wrong type.
 * @throws TypeError (from writes): a chunk has the wrong type, is an empty array, or equals the `endMarker`.
 * @throws ZmqError (from writes) with the codes of `send`: `EAGAIN` after `sendTimeout`, `EBADF`, `EBUSY`, `EFSM`,
 * `EHOSTUNREACH`, `EINVAL`, `EMSGSIZE`.
 * @throws ZmqError `ECANCELED` (from writes): the socket was closed while a message waited.
 * @throws The reason of `signal` (from writes) when it is aborted.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 * import { toWritableStream } from "zmq-native/streams";
 *
 * const [push, pull] = [new Push(), new Pull()];
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * const writer = toWritableStream(push).getWriter();
 * await writer.write(["topic", "body"]);
 * await writer.close();
 * console.log(String(await pull.receive())); // topic,body
 * ```
 */
export function toWritableStream<
  M extends MessageLike | MessageLike[],
  O extends StreamOptions = StreamOptions,
>(socket: Socket & WritableSocket<M>, options?: O): WritableStream<ChunkOf<M, O>> {
  const settings: StreamOptions = options ?? {};
  const sink = new Sink(socket as Socket & WritableSocket, settings);
  const lifetime = new Lifetime();
  const { signal } = lifetime;
  return new WritableStream<ChunkOf<M, O>>(
    {
      start(controller) {
        // Aborted by `abort()` of the stream, also while a write is pending. The types of Node 20 lack it.
        lifetime.follow((controller as unknown as { signal: AbortSignal }).signal, () => {});
        lifetime.follow(settings.signal, (reason) => controller.error(reason));
      },
      write: (chunk) => lifetime.run(sink.send(chunk, signal)),
      async close() {
        await lifetime.run(sink.end(signal));
        lifetime.end();
      },
    },
    strategyOf(settings, sink),
  );
}

/**
 * Creates a pair of web streams, `{ readable, writable }`, as `pipeThrough` takes it: `toReadableStream` and
 * `toWritableStream` of one socket.
 *
 * @throws TypeError: the socket cannot receive or send, or an option has the wrong type.
 *
 * @example
 * ```ts
 * import { Reply, Request } from "zmq-native";
 * import { toReadableStream, toReadableWritablePair } from "zmq-native/streams";
 *
 * const [reply, request] = [new Reply(), new Request()];
 * await reply.bind("inproc://pair-of-streams");
 * request.connect("inproc://pair-of-streams");
 * const { readable, writable } = toReadableWritablePair(request);
 * await writable.getWriter().write("question");
 * console.log(String(await reply.receive())); // question
 * await reply.send("answer");
 * for await (const [frame] of readable) {
 *   console.log(String(frame)); // answer
 *   break;
 * }
 * ```
 */
export function toReadableWritablePair<
  R extends object[],
  W extends MessageLike | MessageLike[],
  O extends StreamOptions = StreamOptions,
>(
  socket: Socket & ReadableSocket<R> & WritableSocket<W>,
  options?: O,
): {
  /** The messages that the socket receives. */
  readable: ReadableStream<ChunkOf<R, O>>;
  /** Sends what is written. */
  writable: WritableStream<ChunkOf<W, O>>;
} {
  return { readable: toReadableStream(socket, options), writable: toWritableStream(socket, options) };
}
