// Types of the operations of sockets that send and receive. sender.ts and receiver.ts implement them.
//
// A method that is declared again without a comment has the comment of the interface that it extends: editors and
// typedoc show that one.

import type { OperationOptions, SendOptions } from "../arguments/operation-options.js";
import type { ReceiveQueueOptions, SendQueueOptions } from "../arguments/queue-options.js";
import type { Message, MessageLike } from "../message/frames.js";
import type { Values } from "../options/kinds.js";
import type { receiveOptions, sendOptions } from "../options/table.js";
import type { SocketIterator } from "./loop.js";
import type { BatchOptions, MetadataOptions, Received } from "./receiver.js";

/**
 * The part of a sending socket that zeromq 6 has as well. `M` is the type of a message. `O` lists the arguments that
 * `send` needs besides the message: the routing id of a Server, the group of a Radio.
 *
 * @example
 * ```ts
 * import { Pair, type Writable } from "zmq-native";
 *
 * async function greet(socket: Writable) {
 *   await socket.send("hello");
 * }
 * const [left, right] = [new Pair(), new Pair()];
 * await left.bind("inproc://writable");
 * right.connect("inproc://writable");
 * await greet(left);
 * console.log(String(await right.receive())); // hello
 * ```
 */
export interface Writable<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends object[] = [],
> extends Values<typeof sendOptions> {
  /**
   * Sends a message. An array is one message of several frames, which is sent as a whole or not at all. An empty array is
   * not a message: `send` resolves and sends nothing, as in zeromq. Send `""` for an empty message.
   *
   * The promise resolves when libzmq has queued the message, not when a peer has received it. `send` waits while every
   * queue is full, or while there is none: a socket that has bound needs a connected peer, and so does one that connects
   * with `immediate`. Otherwise `connect` creates the queue at once. The wait ends after `sendTimeout` milliseconds
   * (`ZMQ_SNDTIMEO`, default -1: no limit). Publisher, XPublisher and Radio drop messages instead of waiting; so does a
   * Router without `mandatory`. A Request first waits until the reply to its last request was received, and a Reply until
   * it has received a request.
   *
   * Without `sendQueue`, only one send may be pending at a time; use `sendMany` for many messages. Sockets of this library
   * accept `{ timeout, signal, transfer }` as the last argument. libzmq: `zmq_msg_send`.
   *
   * @throws ZmqError `EAGAIN` (rejects): the message could not be queued within the timeout, or the socket was closed
   * meanwhile. With `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `ENOBUFS` (rejects): the `sendQueue` is full, or dropped the message in favor of another one.
   * @throws ZmqError `ETIMEDOUT` (rejects): the message was in the `sendQueue` for longer than its `ttl`.
   * @throws ZmqError `EFSM` (rejects): a Request or Reply did not get its turn within the timeout.
   * @throws ZmqError `EHOSTUNREACH` (rejects): no peer has the routing id (Router with `mandatory`, Stream, Server, Peer).
   * @throws ZmqError `EMSGSIZE` (rejects): the message is too long for UDP (8192 bytes).
   * @throws ZmqError `EINVAL` (rejects): several frames on a socket type whose messages have one frame.
   * @throws ZmqError `EBUSY` (throws): another send is pending without a `sendQueue`, or `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): the message or an option has the wrong type, or a frame to transfer is detached.
   * @throws TypeError (rejects): a frame to transfer was detached while the send was pending.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const push = new Push();
   * const pull = new Pull();
   * await push.bind("tcp://127.0.0.1:*");
   * pull.connect(push.lastEndpoint!);
   * await push.send(["invoice", JSON.stringify({ total: 12 })], { timeout: 1000 });
   * const [kind, body] = await pull.receive();
   * console.log(`${kind} ${body}`); // invoice {"total":12}
   * ```
   */
  send(message: M, ...options: O): Promise<void>;
}

/** The arguments `O` of `send` with further options. They belong to the options that `send` needs, if there are any. */
type WithOptions<O extends object[], Options> = O extends [infer Needed] ? [Needed & Options] : [Options];

/** A sending socket of this library: {@link Writable}, plus time limits, `trySend` and `sendMany`. */
export interface WritableSocket<
  M extends MessageLike | MessageLike[] = MessageLike | MessageLike[],
  O extends object[] = [],
> extends Writable<M, O> {
  /**
   * Lets `send` be called while another send is pending. The messages wait in order, and each promise settles for its
   * own message. Without a queue, such a call throws `EBUSY`.
   *
   * The queue holds only messages for which libzmq has no room. It is of no use on sockets that drop messages instead of
   * waiting, such as a Publisher without `noDrop`. A Router with `mandatory`, a Server and a Peer have one queue for all
   * peers: while the first message waits for a slow peer, messages for others wait behind it.
   *
   * - `timeout` and `sendTimeout` of a message count from the call of `send`. A `signal` removes its own message.
   * - `sendMany` waits for its turn and counts as one message. It is not dropped for others.
   * - `trySend` returns false while messages wait.
   * - With `transfer`, a message that is dropped or rejected keeps its Buffers, as without a queue.
   * - `close` tries each waiting message once more. Those that libzmq does not take reject, as a pending `send` does.
   *
   * Default null: no queue. A change affects later calls only.
   *
   * @throws TypeError: the value is neither null nor an object, or a property has the wrong type.
   * @throws ZmqError `EBUSY`: a send is pending that was started without a queue.
   * @throws ZmqError `EBADF`: the socket is closed.
   *
   * @example
   * ```ts
   * import { Push } from "zmq-native";
   *
   * const push = new Push({ sendQueue: { max: 2, overflow: "dropOldest" }, linger: 0 });
   * const sends = ["one", "two", "three"].map((message) => push.send(message));
   * await sends[0]!.catch(({ code }) => console.log(code)); // ENOBUFS
   * push.close();
   * await Promise.allSettled(sends);
   * ```
   */
  sendQueue: SendQueueOptions | null;

  send(message: M, ...options: O | WithOptions<O, SendOptions>): Promise<void>;

  /**
   * Sends a message if libzmq can queue it now. Returns false, and sends no part of the message, if it would have to
   * wait. Accepts `{ transfer: true }` as the last argument. For an empty array, returns true and sends nothing. libzmq:
   * `zmq_msg_send` with `ZMQ_DONTWAIT`.
   *
   * @throws ZmqError `EFSM`: a Request or Reply has to receive first.
   * @throws ZmqError `EHOSTUNREACH`: no peer has the routing id (Router with `mandatory`, Stream, Server, Peer).
   * @throws ZmqError `EMSGSIZE`: the message is too long for UDP (8192 bytes).
   * @throws ZmqError `EINVAL`: several frames on a socket type whose messages have one frame.
   * @throws ZmqError `EBUSY`: a send is pending, or `bind` or `unbind` is.
   * @throws ZmqError `EBADF`: the socket is closed.
   * @throws TypeError: the message or an option has the wrong type, or a frame to transfer is detached.
   *
   * @example
   * ```ts
   * import { Push } from "zmq-native";
   *
   * const push = new Push();
   * console.log(push.trySend("job")); // false
   * push.connect("tcp://127.0.0.1:9"); // queues messages before it is connected
   * console.log(push.trySend("job")); // true
   * push.close({ linger: 0 });
   * ```
   */
  trySend(message: M, ...options: O | WithOptions<O, Pick<SendOptions, "transfer">>): boolean;

  /**
   * Sends messages in order. This is the fastest way to send many messages: about one native call for 256 of them.
   *
   * The promise resolves when libzmq has queued the last message. While queues are full, `sendMany` waits as `send`
   * does; the timeout applies to each of these waits. The whole iterable is read before the first message is sent. Without
   * `sendQueue`, no other send may start until the promise settles. Do not change the bytes of the messages until then. Where `send`
   * takes further arguments, each element is `[message, options]`.
   *
   * If it fails, `error.sent` is the number of messages that libzmq has queued. After an abort the error is the reason
   * of the signal, and `sent` is set on it if it is an extensible object. `sent` is undefined if one reason aborts
   * several calls: give each call its own signal.
   *
   * @throws ZmqError `EAGAIN` (rejects): a message could not be queued within the timeout, or the socket was closed
   * meanwhile. With `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `ENOBUFS` (rejects): the `sendQueue` is full. No message is sent.
   * @throws ZmqError `EFSM` (rejects): a Request or Reply has to receive first. `sendMany` does not wait for the turn.
   * @throws ZmqError `EHOSTUNREACH` (rejects): no peer has the routing id (Router with `mandatory`, Stream, Server, Peer).
   * @throws ZmqError `EMSGSIZE` (rejects): a message is too long for UDP (8192 bytes). No message is sent.
   * @throws ZmqError `EINVAL` (rejects): several frames on a socket type whose messages have one frame.
   * @throws ZmqError `EBUSY` (throws): another send is pending without a `sendQueue`, or `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): a message or an option has the wrong type, a message is an empty array, or `transfer` is
   * true. No message is sent.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const push = new Push();
   * const pull = new Pull();
   * await push.bind("tcp://127.0.0.1:*");
   * pull.connect(push.lastEndpoint!);
   * const jobs = Array.from({ length: 500 }, (_, id) => ["job", String(id)]);
   * await push.sendMany(jobs, { timeout: 5000 });
   * console.log(String(await pull.receive())); // job,0
   * ```
   */
  sendMany(messages: Iterable<O extends [] ? M : [M, ...O]>, options?: OperationOptions): Promise<void>;
}

/**
 * The part of a receiving socket that zeromq 6 has as well. `M` is the array of frames of a message.
 *
 * @example
 * ```ts
 * import { Pair, type Readable } from "zmq-native";
 *
 * async function first(socket: Readable) {
 *   for await (const [frame] of socket) return String(frame);
 * }
 * const [left, right] = [new Pair(), new Pair()];
 * await left.bind("inproc://readable");
 * right.connect("inproc://readable");
 * await left.send("hello");
 * console.log(await first(right)); // hello
 * ```
 */
export interface Readable<M extends object[] = Message[]> extends Values<typeof receiveOptions> {
  /**
   * Receives a message: an array with one Buffer for each frame.
   *
   * The promise resolves when a message has arrived. `receive` waits for up to `receiveTimeout` milliseconds
   * (`ZMQ_RCVTIMEO`, default -1: no limit). A Request first waits until the program has sent a request, and a Reply until
   * it has answered the last one.
   *
   * Small frames share a block of memory: each Buffer that you keep retains up to 32 KiB, so copy what you keep for long.
   * Without `receiveQueue`, only one receive may be pending at a time; use `batches` or `receiveMany` for many messages.
   * Sockets of this library accept `{ timeout, signal }`. libzmq: `zmq_msg_recv`.
   *
   * @throws ZmqError `EAGAIN` (rejects): no message arrived within the timeout, or the socket was closed meanwhile.
   * With `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `EFSM` (rejects): a Request or Reply did not get its turn within the timeout.
   * @throws ZmqError `EMSGSIZE` (rejects): a frame was longer than a Buffer can be. The message is dropped.
   * @throws ZmqError `ENOMEM` (rejects): no memory for the message.
   * @throws ZmqError `ENOBUFS` (rejects): the `receiveQueue` is full.
   * @throws ZmqError `EBUSY` (throws): another receive is pending without a `receiveQueue`, or `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): an option has the wrong type.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const push = new Push();
   * const pull = new Pull();
   * await pull.bind("tcp://127.0.0.1:*");
   * push.connect(pull.lastEndpoint!);
   * await push.send(["temperature", "21.5"]);
   * const [name, value] = await pull.receive({ timeout: 5000 });
   * console.log(`${name}: ${value}`); // temperature: 21.5
   * ```
   */
  receive(): Promise<M>;

  /**
   * Iterates over messages, one at a time: `for await (const message of socket)`. The loop ends when the socket is closed.
   * Leaving it with `break` keeps the socket open and usable.
   *
   * @throws ZmqError from the loop, with the codes of `receive`.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const push = new Push();
   * const pull = new Pull();
   * await pull.bind("tcp://127.0.0.1:*");
   * push.connect(pull.lastEndpoint!);
   * await push.sendMany(["one", "two"]);
   * for await (const [frame] of pull) {
   *   console.log(String(frame)); // one
   *   break;
   * }
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined>;
}

/** A receiving socket of this library: {@link Readable}, plus time limits, batches and metadata. */
export interface ReadableSocket<M extends object[] = Message[]> extends Readable<M> {
  /**
   * Lets `receive` and the other operations that receive be called while another one is pending. They wait in order, and
   * each gets the next message. Several loops over one socket share its messages. Without a queue, a second call throws
   * `EBUSY`.
   *
   * `timeout` and `receiveTimeout` count from the call. `tryReceive` returns undefined while others wait. `close` ends
   * all waiting operations, as it ends a single one.
   *
   * Default null: no queue. A change affects later calls only.
   *
   * @throws TypeError: the value is neither null nor an object, or a property has the wrong type.
   * @throws ZmqError `EBUSY`: a receive is pending that was started without a queue.
   * @throws ZmqError `EBADF`: the socket is closed.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const pull = new Pull({ receiveQueue: { max: 100 } });
   * const push = new Push();
   * await pull.bind("tcp://127.0.0.1:*");
   * push.connect(pull.lastEndpoint!);
   * async function worker(name: string) {
   *   for await (const [job] of pull) console.log(`${name}: ${job}`); // a: first
   * }
   * const workers = [worker("a"), worker("b")];
   * await push.send("first");
   * await new Promise((resolve) => setTimeout(resolve, 100));
   * pull.close();
   * await Promise.all(workers);
   * ```
   */
  receiveQueue: ReceiveQueueOptions | null;

  receive(options?: OperationOptions): Promise<M>;

  /**
   * Receives a message if one is ready. Returns undefined if none is. libzmq: `zmq_msg_recv` with `ZMQ_DONTWAIT`.
   *
   * @throws ZmqError `EFSM`: a Request or Reply has to send first.
   * @throws ZmqError `EMSGSIZE`: a frame was longer than a Buffer can be. The message is dropped.
   * @throws ZmqError `ENOMEM`: no memory for the message.
   * @throws ZmqError `EBUSY`: a receive is pending, or `bind` or `unbind` is.
   * @throws ZmqError `EBADF`: the socket is closed.
   *
   * @example
   * ```ts
   * import { Pull } from "zmq-native";
   *
   * const pull = new Pull();
   * await pull.bind("inproc://try-receive");
   * console.log(pull.tryReceive()); // undefined
   * ```
   */
  tryReceive(): M | undefined;

  /**
   * Waits for a message, then receives all messages that are ready, up to `max` (default 256), 32 KiB of frames of up to
   * 8 KiB, or 1 MiB of longer frames. Waits and fails as `receive` does.
   *
   * @throws ZmqError `EAGAIN` (rejects): no message arrived within the timeout, or the socket was closed meanwhile.
   * With `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `EFSM` (rejects): a Request or Reply did not get its turn within the timeout.
   * @throws ZmqError `EMSGSIZE` (rejects): a frame was longer than a Buffer can be. The message is dropped.
   * @throws ZmqError `ENOMEM` (rejects): no memory for the messages.
   * @throws ZmqError `ENOBUFS` (rejects): the `receiveQueue` is full.
   * @throws ZmqError `EBUSY` (throws): another receive is pending without a `receiveQueue`, or `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): an option has the wrong type.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Pair } from "zmq-native";
   *
   * const [left, right] = [new Pair(), new Pair()];
   * await left.bind("inproc://receive-many");
   * right.connect("inproc://receive-many");
   * await left.sendMany(["one", "two", "three"]);
   * const messages = await right.receiveMany({ max: 2 });
   * console.log(messages.map(String)); // [ 'one', 'two' ]
   * ```
   */
  receiveMany(options?: BatchOptions): Promise<M[]>;

  /**
   * Receives a message together with libzmq's metadata, such as the sender's address. Waits and fails as `receive`
   * does. Messages that a loop has prefetched come first, with empty metadata. libzmq: `zmq_msg_gets`.
   *
   * @throws ZmqError `EAGAIN` (rejects): no message arrived within the timeout, or the socket was closed meanwhile.
   * With `distinctErrors` the codes are `ETIMEDOUT` and `ECANCELED`.
   * @throws ZmqError `EFSM` (rejects): a Request or Reply did not get its turn within the timeout.
   * @throws ZmqError `EMSGSIZE` (rejects): a frame was longer than a Buffer can be. The message is dropped.
   * @throws ZmqError `ENOMEM` (rejects): no memory for the message.
   * @throws ZmqError `ENOBUFS` (rejects): the `receiveQueue` is full.
   * @throws ZmqError `EBUSY` (throws): another receive is pending without a `receiveQueue`, or `bind` or `unbind` is pending.
   * @throws ZmqError `EBADF` (throws): the socket is closed.
   * @throws TypeError (throws): an option has the wrong type.
   * @throws The reason of `signal` (rejects) when it is aborted.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const push = new Push();
   * const pull = new Pull();
   * await pull.bind("tcp://127.0.0.1:*");
   * push.connect(pull.lastEndpoint!);
   * await push.send("hello");
   * const { message, metadata } = await pull.receiveWithMetadata();
   * console.log(`${message} from a ${metadata["Socket-Type"]} at ${metadata["Peer-Address"]}`); // hello from a PUSH at 127.0.0.1
   * ```
   */
  receiveWithMetadata(options?: MetadataOptions): Promise<Received<M>>;

  /**
   * Iterates over messages and their metadata: each value is what `receiveWithMetadata` resolves with. The loop ends
   * when the socket is closed. `timeout` applies to each message.
   *
   * @throws TypeError: an option has the wrong type.
   * @throws ZmqError from the loop, with the codes of `receiveWithMetadata`.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const push = new Push();
   * const pull = new Pull();
   * await pull.bind("tcp://127.0.0.1:*");
   * push.connect(pull.lastEndpoint!);
   * await push.send("hello");
   * for await (const { message, metadata } of pull.messagesWithMetadata({ properties: ["Peer-Address"] })) {
   *   console.log(`${message} from ${metadata["Peer-Address"]}`); // hello from 127.0.0.1
   *   break;
   * }
   * ```
   */
  messagesWithMetadata(options?: MetadataOptions): SocketIterator<Received<M>>;

  /**
   * Iterates over batches: each value is an array of all messages that are ready, up to `max` (default 256), 32 KiB of
   * frames of up to 8 KiB, or 1 MiB of longer frames. This is the fastest way to receive many messages. The loop ends when
   * the socket is closed; `break` keeps the socket open. `timeout` applies to each batch.
   *
   * @throws TypeError: an option has the wrong type.
   * @throws ZmqError from the loop, with the codes of `receive`: `EAGAIN` after the timeout, `EBUSY`, `EFSM`,
   * `EMSGSIZE`, `ENOMEM`.
   *
   * @example
   * ```ts
   * import { Pair } from "zmq-native";
   *
   * const [left, right] = [new Pair(), new Pair()];
   * await left.bind("inproc://batches");
   * right.connect("inproc://batches");
   * await left.sendMany(["one", "two", "three"]);
   * for await (const batch of right.batches({ max: 100 })) {
   *   console.log(batch.map(String)); // [ 'one', 'two', 'three' ]
   *   break;
   * }
   * ```
   */
  batches(options?: BatchOptions): SocketIterator<M[]>;

  // Not inherited, since TypeScript inherits no comments of symbols.
  /**
   * Iterates over messages, one at a time: `for await (const message of socket)`.
   *
   * The loop ends when the socket is closed. Leaving it with `break` keeps the socket open and usable. The loop
   * prefetches up to 32 messages, or a sixteenth of `receiveHighWaterMark` if that is less. After a `break`, the next
   * receive returns the messages that the loop has prefetched. Use `batches` if you process many messages at once.
   *
   * @throws ZmqError from the loop, with the codes of `receive`: `EAGAIN` after `receiveTimeout`, `EBUSY`, `EFSM`,
   * `EMSGSIZE`, `ENOMEM`.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const push = new Push();
   * const pull = new Pull();
   * await pull.bind("tcp://127.0.0.1:*");
   * push.connect(pull.lastEndpoint!);
   * await push.sendMany(["one", "stop"]);
   * for await (const [frame] of pull) {
   *   if (String(frame) === "stop") pull.close(); // ends the loop
   *   else console.log(String(frame)); // one
   * }
   * ```
   */
  [Symbol.asyncIterator](): SocketIterator<M>;
}
