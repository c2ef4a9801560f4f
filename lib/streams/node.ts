// Streams of Node.

import { Duplex, Readable, Writable } from "node:stream";
import { nextTick } from "../runtime/timers.js";
import type { ReadableSocket, WritableSocket } from "../socket/interfaces.js";
import type { Socket } from "../socket/socket.js";
import type { StreamOptions } from "./options.js";
import { Sink } from "./sink.js";
import { Source } from "./source.js";

type Callback = (error?: Error | null) => void;
type Stopper = ReturnType<typeof stopper>;

/** The options that Node handles. */
function common({ highWaterMark, signal }: StreamOptions, { objectMode }: Source | Sink) {
  return {
    objectMode,
    ...(highWaterMark == null ? {} : { highWaterMark }),
    ...(signal == null ? {} : { signal }),
  };
}

/** A signal for the operations of a stream, which the method `_destroy` aborts. */
function stopper() {
  const controller = new AbortController();
  let sending = false;
  let close: (() => void) | undefined;
  return {
    signal: controller.signal,
    /** Calls back when a send has ended. Outside of the promise: what a listener throws is an uncaught exception. */
    settle(sent: Promise<void>, callback: Callback) {
      sending = true;
      const end = (error?: Error) =>
        nextTick(() => {
          sending = false;
          if (close === undefined) return callback(error);
          close();
          // Behind the event `close`: the aborted send is not an error of the stream.
          return nextTick(() => callback(error));
        });
      sent.then(() => end(), end);
    },
    /** Waits for the send to end, which may take a turn: a stream that is closed leaves the socket usable. */
    destroy(error: Error | null, callback: Callback) {
      controller.abort();
      if (sending) close = () => callback(error);
      else callback(error);
    },
  };
}

/** The method `_read`: receives while the buffer of the stream has room. */
function reading(source: Source, signal: AbortSignal) {
  let filling = false;
  return async function read(this: Readable): Promise<void> {
    // The loop below is running: it goes on until `push` returns false, and Node calls this method again after that.
    if (filling) return;
    filling = true;
    try {
      let more = true;
      while (more) {
        const chunks = await source.next(this.readableHighWaterMark - this.readableLength, signal);
        if (chunks === undefined) more = this.push(null);
        else for (const chunk of chunks) more = this.push(chunk);
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      filling = false;
    }
  };
}

/** The methods `_write`, `_writev` and `_final`. */
function writing(sink: Sink, { signal, settle }: Stopper) {
  const single = {
    write(chunk: unknown, _encoding: BufferEncoding, callback: Callback) {
      settle(sink.send(chunk, signal), callback);
    },
    final(callback: Callback) {
      settle(sink.end(signal), callback);
    },
  };
  if (sink.alternates) return single;
  return {
    ...single,
    writev(chunks: { chunk: unknown }[], callback: Callback) {
      const buffered = chunks.map(({ chunk }) => chunk);
      settle(sink.sendMany(buffered, signal), callback);
    },
  };
}

/**
 * Creates a Node `Readable` of the messages that a socket receives.
 *
 * The stream receives only while something reads it, and until its buffer is full. Further messages stay in libzmq, whose
 * high-water marks then stop the sender. The stream ends when the socket is closed, or at the `endMarker`. Messages behind
 * the end marker stay in the socket.
 *
 * Destroying the stream aborts its pending receive, drops its buffer and keeps the socket open. A stream that waits for a
 * message keeps the process alive. Use one readable stream of a socket at a time, and no other receive beside it.
 *
 * @throws TypeError: the socket cannot receive, or an option has the wrong type.
 * @throws ZmqError (event `error`) with the codes of `receive`: `EAGAIN` after `receiveTimeout`, `EBUSY`, `EFSM`,
 * `EMSGSIZE`, `ENOMEM`.
 * @throws ZmqError `ECANCELED` (event `error`): the socket was closed before the `endMarker` arrived.
 * @throws Error `ABORT_ERR` (event `error`): the signal was aborted.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 * import { toReadable } from "zmq-native/streams";
 *
 * const [push, pull] = [new Push(), new Pull()];
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * await push.sendMany(["hello", "end"]);
 * for await (const [frame] of toReadable(pull, { endMarker: "end" })) {
 *   console.log(String(frame)); // hello
 * }
 * ```
 */
export function toReadable(socket: Socket & ReadableSocket<object[]>, options: StreamOptions = {}): Readable {
  const source = new Source(socket, options);
  const { signal, destroy } = stopper();
  return new Readable({ ...common(options, source), read: reading(source, signal), destroy });
}

/**
 * Creates a Node `Writable` that sends each chunk as a message.
 *
 * A chunk is done when libzmq has queued it. While every queue is full, or while there is none because a bound socket has
 * no peers, the stream buffers up to `highWaterMark`. Then `write` returns false, and `pipeline` pauses the source.
 * `finish` means that libzmq has queued all messages and the `endMarker`, not that a peer has received them:
 * `await socket.flush()` waits for the network.
 *
 * Destroying the stream aborts its pending send, drops its buffer and keeps the socket open. So does the end of the
 * stream. Use one writable stream of a socket at a time, and no other send beside it.
 *
 * @throws TypeError: the socket cannot send, or an option has the wrong type.
 * @throws TypeError (event `error`): a chunk has the wrong type, is an empty array, or equals the `endMarker`.
 * @throws ZmqError (event `error`) with the codes of `send`: `EAGAIN` after `sendTimeout`, `EBADF`, `EBUSY`, `EFSM`,
 * `EHOSTUNREACH`, `EINVAL`, `EMSGSIZE`.
 * @throws ZmqError `ECANCELED` (event `error`): the socket was closed while a message waited.
 * @throws Error `ABORT_ERR` (event `error`): the signal was aborted.
 *
 * @example
 * ```ts
 * import { pipeline } from "node:stream/promises";
 * import { Pull, Push } from "zmq-native";
 * import { toWritable } from "zmq-native/streams";
 *
 * const [push, pull] = [new Push(), new Pull()];
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * await pipeline(["one", "two"], toWritable(push));
 * console.log(String(await pull.receive())); // one
 * ```
 */
export function toWritable(socket: Socket & WritableSocket, options: StreamOptions = {}): Writable {
  const sink = new Sink(socket, options);
  const stop = stopper();
  return new Writable({ ...common(options, sink), ...writing(sink, stop), destroy: stop.destroy });
}

/**
 * Creates a Node `Duplex` that sends what is written and yields what the socket receives. Its sides behave as
 * `toReadable` and `toWritable` do. After an end marker of the peer, the stream can still be written. If the socket is
 * closed, both sides end.
 *
 * @throws TypeError: the socket cannot receive or send, or an option has the wrong type.
 * @throws TypeError (event `error`): a chunk has the wrong type, is an empty array, or equals the `endMarker`.
 * @throws ZmqError (event `error`) with the codes of `receive` and `send`: `EAGAIN` after `receiveTimeout` or
 * `sendTimeout`, `EBADF`, `EBUSY`, `EFSM`, `EHOSTUNREACH`, `EINVAL`, `EMSGSIZE`, `ENOMEM`.
 * @throws ZmqError `ECANCELED` (event `error`): the socket was closed while a message waited, or before the `endMarker`
 * arrived.
 * @throws Error `ABORT_ERR` (event `error`): the signal was aborted.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import { Pair } from "zmq-native";
 * import { toDuplex } from "zmq-native/streams";
 *
 * const [left, right] = [new Pair(), new Pair()];
 * await left.bind("inproc://duplex");
 * right.connect("inproc://duplex");
 * const [one, other] = [toDuplex(left), toDuplex(right)];
 * one.write("ping");
 * other.once("data", ([frame]) => other.write(`${frame} pong`));
 * const [[answer]] = await once(one, "data");
 * console.log(String(answer)); // ping pong
 * one.destroy();
 * other.destroy();
 * ```
 */
export function toDuplex(
  socket: Socket & ReadableSocket<object[]> & WritableSocket,
  options: StreamOptions = {},
): Duplex {
  const source = new Source(socket, options);
  const sink = new Sink(socket, options);
  const stop = stopper();
  const read = reading(source, stop.signal);
  const stream = new Duplex({
    ...common(options, source),
    ...writing(sink, stop),
    read,
    destroy: stop.destroy,
  });
  // The data also ends when the socket is closed. Then nothing can be written either.
  return stream.once("end", () => {
    if (socket.closed) stream.end();
  });
}
