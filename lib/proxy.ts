// A proxy forwards messages between two sockets on a thread of its own. The messages never reach JavaScript.

import { anyArity, baseClass, guardMethods, isObject, shown } from "./arguments/checks.js";
import { refuseOtherCopy } from "./arguments/copies.js";
import { ZMQ_DISH, ZMQ_GATHER, ZMQ_PAIR, ZMQ_PULL, ZMQ_SUB } from "./binding/constants.js";
import { check, errorOf, explained, invalidArgument, ZmqError } from "./binding/errors.js";
import { binding, type Handle, type ProxyHandle } from "./binding/index.js";
import { openToken } from "./context/context.js";
import { uniqueEndpoint } from "./core/inproc-name.js";
import { Core, checkOpening } from "./core/open-socket.js";
import { Pending, wouldBlock } from "./core/pending.js";
import { coreOf } from "./core/registry.js";
import type { Message } from "./message/frames.js";
import { Intake, receiveInto } from "./message/slab.js";
import { receiveOptions, sendOptions, statusOptions } from "./options/table.js";
import { Socket } from "./socket/socket.js";

/** The messages that have passed through one socket of a proxy in one direction. */
export interface Traffic {
  /** The number of messages. */
  messages: number;
  /** The number of bytes in all their frames. */
  bytes: number;
}

/** The messages that have passed through one socket of a proxy. */
export interface SocketTraffic {
  /** The messages that the socket has received from peers. */
  received: Traffic;
  /** The messages that the socket has sent to peers. */
  sent: Traffic;
}

/** The messages that have passed through a proxy since it started. */
export interface ProxyStatistics {
  /** The traffic of the front end. */
  frontEnd: SocketTraffic;
  /** The traffic of the back end. */
  backEnd: SocketTraffic;
  /** The number of messages that were not sent to the capture socket because its queues were full. */
  captureDropped: number;
}

/** Options of a proxy. */
export interface ProxyOptions {
  /**
   * A socket that receives a copy of every message, in both directions: a Push, Publisher, Pair or Dealer. The proxy does
   * not wait for it: when its queues are full, it misses messages. Default: none.
   */
  capture?: Socket | undefined;
}

/** The connection to a proxy's thread. native/proxy.h lists the commands. */
interface Running {
  readonly control: Core;
  readonly handle: Handle;
  readonly proxy: ProxyHandle;
  readonly sockets: readonly Core[];
  readonly intake: Intake;
  /** Callbacks of pending `statistics` calls, in order. */
  readonly questions: ((statistics: ProxyStatistics | undefined) => void)[];
}

/** Throws a `TypeError` unless the value is an object. */
function expectObject(value: unknown, what: string): void {
  if (isObject(value)) return;
  throw explained(new TypeError(`${what} must be a socket object`), `got ${shown(value)}`);
}

function socketOf(value: unknown, what: string): Socket {
  expectObject(value, what);
  if (value instanceof Socket) return value;
  refuseOtherCopy(value, "Socket", what);
  throw invalidArgument(`${what} must be a socket object, got ${shown(value)}`);
}

/** Whether a value is an object literal, of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Reads the options once. A third socket or an unknown option throws the error of zeromq. */
function captureOf(options: ProxyOptions): Socket | undefined {
  const unknown = Object.keys(options).find((name) => name !== "capture");
  const { capture } = options;
  if (unknown !== undefined || (capture === undefined && !isPlain(options))) {
    const got = unknown === undefined ? `got ${shown(options)}` : `there is no option ${unknown}`;
    throw explained(
      new TypeError("Expected 2 arguments but received 3"),
      `pass the capture socket as { capture: socket }; ${got}`,
    );
  }
  return capture === undefined ? undefined : socketOf(capture, "Capture");
}

/** Socket types that cannot send, so that they cannot capture. */
const receivers = [ZMQ_PULL, ZMQ_SUB, ZMQ_DISH, ZMQ_GATHER];

/** Throws a `TypeError` if the socket cannot capture the messages of a proxy between `ends`. */
function expectCapture(capture: Socket, ...ends: Socket[]): void {
  if (ends.includes(capture)) {
    throw new TypeError("Capture must be a third socket, got an end of the proxy");
  }
  if (receivers.includes(coreOf(capture).type)) {
    throw new TypeError(
      `Capture must be a socket that can send, such as Push or Publisher, got ${shown(capture)}`,
    );
  }
}

function toStatistics(report: Message): ProxyStatistics {
  const number = (index: number) => Number(report.readBigUInt64LE(index * 8));
  const traffic = (index: number) => ({ messages: number(index), bytes: number(index + 1) });
  return {
    frontEnd: { received: traffic(0), sent: traffic(2) },
    backEnd: { received: traffic(4), sent: traffic(6) },
    captureDropped: number(8),
  };
}

/**
 * Forwards messages between two sockets in both directions, on a thread of its own: the core of a broker or forwarder.
 * Each proxy has its own thread. While it runs, its two sockets can only be closed, and their options read or set. libzmq:
 * `zmq_proxy_steerable`.
 *
 * While the queues of one socket are full, the proxy does not receive from the other: back-pressure reaches the senders.
 * With a Router that has `mandatory`, or a Stream, one full peer does not delay the others. The proxy then keeps up to
 * `sendHighWaterMark` messages for that peer. They are dropped if the proxy ends first. A Router without `mandatory` drops
 * messages for a full peer.
 *
 * @example
 * ```ts
 * import { Dealer, Proxy, Reply, Request, Router } from "zmq-native";
 *
 * const [front, back] = [new Router(), new Dealer()];
 * await front.bind("tcp://127.0.0.1:*"); // clients connect here
 * await back.bind("tcp://127.0.0.1:*"); // workers connect here
 * const proxy = new Proxy(front, back);
 * const [client, worker] = [new Request(), new Reply()];
 * client.connect(front.lastEndpoint!);
 * worker.connect(back.lastEndpoint!);
 * const ended = proxy.run();
 * await client.send("job");
 * console.log(String(await worker.receive())); // job
 * proxy.terminate();
 * await ended;
 * ```
 */
@baseClass({ most: 2, options: true })
export class Proxy<F extends Socket = Socket, B extends Socket = Socket> {
  readonly #frontEnd: F;
  readonly #backEnd: B;
  readonly #capture: Socket | undefined;
  #running: Running | undefined;

  static {
    const owns = (object: object) => #running in object;
    guardMethods(Proxy.prototype, owns, ["run", "pause", "resume", "terminate"], { most: 0 });
    guardMethods(Proxy.prototype, owns, ["statistics"], anyArity);
  }

  /**
   * Creates a proxy between two sockets. Call {@link Proxy.run} to start it.
   *
   * @throws TypeError: an argument is not a socket, an option is unknown, or the capture socket cannot send.
   * @throws Error `Invalid argument`: an argument is an object of another class.
   */
  constructor(frontEnd: F, backEnd: B, options: ProxyOptions = {}) {
    expectObject(frontEnd, "Front-end");
    expectObject(backEnd, "Back-end");
    this.#frontEnd = socketOf(frontEnd, "Front-end") as F;
    this.#backEnd = socketOf(backEnd, "Back-end") as B;
    this.#capture = captureOf(options);
    if (this.#capture !== undefined) expectCapture(this.#capture, this.#frontEnd, this.#backEnd);
  }

  /** The first socket of the proxy. */
  get frontEnd(): F {
    return this.#frontEnd;
  }

  /** The second socket of the proxy. */
  get backEnd(): B {
    return this.#backEnd;
  }

  /**
   * Starts forwarding. The promise resolves after {@link Proxy.terminate}, or when the context of the sockets is closed.
   * Both sockets are closed then; the capture socket stays open. A running proxy keeps the process alive. Messages that a
   * loop over one of the sockets had prefetched are forwarded first.
   *
   * @throws ZmqError `EINVAL` (throws): a socket is closed, neither bound nor connected, or of a thread-safe draft type.
   * @throws ZmqError `EBUSY` (throws): a socket has a pending operation, or another proxy uses it.
   * @throws ZmqError `EMFILE` (throws): a proxy needs two more sockets, and the context has `maxSockets` open.
   * @throws ZmqError (rejects) with the error that ended the proxy's thread.
   *
   * @example
   * ```ts
   * import { Proxy, Pull, Push } from "zmq-native";
   *
   * const [front, back] = [new Pull(), new Push()];
   * await Promise.all([front.bind("inproc://run-front"), back.bind("inproc://run-back")]);
   * const proxy = new Proxy(front, back);
   * const ended = proxy.run();
   * proxy.terminate();
   * await ended;
   * console.log(front.closed); // true
   * ```
   */
  run(): Promise<void> {
    const front = this.#usable(this.#frontEnd, "Front-end");
    const back = this.#usable(this.#backEnd, "Back-end");
    const capture = this.#capture && this.#usable(this.#capture, "Capture");
    const endpoint = uniqueEndpoint("proxy");
    const control = new Core(front.context!, ZMQ_PAIR);
    let frontAhead: Message[][] = [];
    let backAhead: Message[][] = [];
    let running: Running;
    try {
      // The proxy forwards prefetched messages first. If one socket is both ends, they belong to the front end.
      frontAhead = front.ahead.takeAhead();
      backAhead = back.ahead.takeAhead();
      // No limit, so that commands and reports are never dropped.
      control.setOption(sendOptions.sendHighWaterMark, 0);
      control.setOption(receiveOptions.receiveHighWaterMark, 0);
      check(binding.bind(control.handle, endpoint));
      const handles = [front.handle, back.handle, capture?.handle ?? 0, control.handle] as const;
      const started = binding.startProxy(...handles, endpoint, frontAhead, backAhead);
      const proxy = checkOpening(started, openToken(front.context!));
      const sockets = [...new Set([front, back, ...(capture ? [capture] : [])])];
      running = { control, handle: control.handle, proxy, sockets, intake: new Intake(), questions: [] };
    } catch (error) {
      control.close();
      front.ahead.putAhead(frontAhead);
      back.ahead.putAhead(backAhead);
      throw error;
    }
    this.#running = running;
    // A use of the socket on this thread may consume a wake-up of the proxy's thread. An empty command wakes it again.
    const wake = { retry: () => this.#command("") && false, close: () => {} };
    for (const socket of running.sockets) socket.lend(wake);
    const { promise } = new Pending<number>(control, "receiving", () => this.#listen(running), -1, "run()");
    // The thread may have reported something already, even its end.
    control.touched();
    return promise.then(
      (errno) => this.#ended(running, errno),
      // The control socket was closed: the context ends.
      () => this.#ended(running, 0),
    );
  }

  /**
   * Stops forwarding until {@link Proxy.resume}. Messages wait in the queues of the sockets and their peers. libzmq:
   * command `PAUSE` of `zmq_proxy_steerable`.
   *
   * @throws ZmqError `EBADF`: the proxy is not running.
   *
   * @example
   * ```ts
   * import { Proxy, Pull, Push } from "zmq-native";
   *
   * const [front, back] = [new Pull(), new Push()];
   * await Promise.all([front.bind("inproc://pause-front"), back.bind("inproc://pause-back")]);
   * const proxy = new Proxy(front, back);
   * proxy.run();
   * proxy.pause();
   * proxy.resume();
   * ```
   */
  pause(): void {
    this.#steer("PAUSE");
  }

  /**
   * Continues after {@link Proxy.pause}. libzmq: command `RESUME` of `zmq_proxy_steerable`.
   *
   * @throws ZmqError `EBADF`: the proxy is not running.
   */
  resume(): void {
    this.#steer("RESUME");
  }

  /**
   * Ends the proxy. The promise of {@link Proxy.run} resolves when it has ended. libzmq: command `TERMINATE` of
   * `zmq_proxy_steerable`.
   *
   * @throws ZmqError `EBADF`: the proxy is not running.
   */
  terminate(): void {
    this.#steer("TERMINATE");
  }

  /**
   * Resolves with the number of messages and bytes that have passed since the proxy started. libzmq: command `STATISTICS`
   * of `zmq_proxy_steerable`.
   *
   * @throws ZmqError `EBADF`: throws if the proxy is not running, rejects if it ends meanwhile.
   *
   * @example
   * ```ts
   * import { Proxy, Pull, Push } from "zmq-native";
   *
   * const [front, back] = [new Pull(), new Push()];
   * await Promise.all([front.bind("inproc://statistics-front"), back.bind("inproc://statistics-back")]);
   * const proxy = new Proxy(front, back);
   * proxy.run();
   * const { frontEnd } = await proxy.statistics();
   * console.log(frontEnd.received.messages); // 0
   * ```
   */
  statistics(): Promise<ProxyStatistics> {
    this.#steer("STATISTICS");
    const { questions } = this.#running!;
    return new Promise((resolve, reject) => {
      questions.push((statistics) => (statistics ? resolve(statistics) : reject(notRunning())));
    });
  }

  #usable(socket: Socket, what: string): Core {
    const core = coreOf(socket);
    if (core.endpoints <= 0 || core.handle === 0) {
      throw errorOf("EINVAL", `${what} socket must be bound or connected`);
    }
    core.usable();
    const { sending, receiving, watching, sendingMany } = core;
    if (sending !== undefined || receiving !== undefined || watching?.calls.length || sendingMany) {
      throw errorOf("EBUSY");
    }
    // Not through the property, which a derived class may override.
    if (core.getOption(statusOptions.threadSafe)) {
      throw errorOf("EINVAL", `${what} socket is of a draft type, for which there is no proxy`);
    }
    // The watcher of requestPipeStats would process messages on this thread, too.
    watching?.close();
    return core;
  }

  #command(command: string): boolean {
    const running = this.#running;
    if (running === undefined) return false;
    const sent = binding.trySend(running.control.handle, command) === 1;
    // The send may have consumed the wake-up for a report of the thread, such as its end.
    running.control.touched();
    return sent;
  }

  #steer(command: string): void {
    if (!this.#command(command)) throw notRunning();
  }

  /** Reads the reports of the thread. Returns the errno that it ended with, 0 for none, once it has ended. */
  #listen({ control, intake, questions }: Running): number | typeof wouldBlock {
    const reports: Message[][] = [];
    while (check(receiveInto(reports, 0, control.handle, 1, intake)) > 0) {
      const [report] = reports[0]!;
      if (report!.length === 4) return report!.readInt32LE();
      questions.shift()?.(toStatistics(report!));
    }
    return wouldBlock;
  }

  #ended({ control, handle, proxy, sockets, questions }: Running, errno: number): void {
    this.#running = undefined;
    binding.endProxy(proxy);
    // The socket was lent to the thread and could not be closed before.
    binding.closeSocket(handle);
    control.close();
    for (const socket of sockets) socket.takeBack();
    coreOf(this.#frontEnd).close();
    coreOf(this.#backEnd).close();
    for (const answer of questions) answer(undefined);
    if (errno !== 0) throw new ZmqError(errno);
  }
}

function notRunning(): ZmqError {
  // The error of zeromq, which programs may compare.
  return errorOf("EBADF");
}
