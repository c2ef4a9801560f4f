// A proxy: messages pass between two sockets on a thread of its own, with nothing of them in JavaScript.

import { baseClass, guardMethods, isObject, shown } from "./arguments/checks.js";
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

/** What has passed in one direction of one socket. */
export interface Traffic {
  /** Whole messages. */
  messages: number;
  /** Bytes of their frames. */
  bytes: number;
}

/** What has passed through one socket of a proxy. */
export interface SocketTraffic {
  /** Received from peers. */
  received: Traffic;
  /** Sent to peers. */
  sent: Traffic;
}

/** What has passed through a proxy since it was started. */
export interface ProxyStatistics {
  /** At the front end. */
  frontEnd: SocketTraffic;
  /** At the back end. */
  backEnd: SocketTraffic;
  /** Messages that the capture socket had no room for. */
  captureDropped: number;
}

/** What a proxy may be given besides its two sockets. */
export interface ProxyOptions {
  /**
   * Is sent a copy of every message, in both directions. It must send without waiting for a turn, as Push, Publisher,
   * Pair or Dealer do. When it has no room, it misses messages; the proxy does not wait for it.
   */
  capture?: Socket | undefined;
}

/** The library's end of the connection to a proxy's thread (native/proxy.h has the commands). */
interface Running {
  readonly control: Core;
  readonly handle: Handle;
  readonly proxy: ProxyHandle;
  readonly sockets: readonly Core[];
  readonly intake: Intake;
  /** Who wait for statistics, in order. */
  readonly questions: ((statistics: ProxyStatistics | undefined) => void)[];
}

/** Throws a `TypeError` for what is no object. */
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

/** An object literal, of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Reads the options once. Throws for a third socket, and for options that there are not, in zeromq's words. */
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

/** Types that cannot send, so that a capture would be silent. */
const receivers = [ZMQ_PULL, ZMQ_SUB, ZMQ_DISH, ZMQ_GATHER];

/** Throws a `TypeError` for a socket that cannot be the capture of a proxy between two others. */
function expectCapture(capture: Socket, ...ends: Socket[]): void {
  if (ends.includes(capture)) {
    throw new TypeError("Capture must be a socket of its own, got an end of the proxy");
  }
  if (receivers.includes(coreOf(capture).type)) {
    throw new TypeError(
      "Capture must be a socket that sends, such as Push or Publisher; this type only receives",
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
 * Passes messages from one socket to the other, both ways: what a broker, a forwarder or a streamer does. Any number
 * of proxies may run at once: each has a thread of its own. While it runs, its sockets accept no other call but
 * reading and setting options. Messages that a loop over one of the sockets had fetched ahead are passed on first.
 *
 * When the receiving socket has no room, the proxy stops taking messages in that direction until it has, and the
 * messages wait at their senders. Where messages are addressed, by a Router with `mandatory` or a Stream, one full peer
 * does not hold up the others: the proxy keeps its messages, in order, up to the socket's `sendHighWaterMark` for each
 * peer, and stops only when one more arrives. A Router without `mandatory` drops messages for a full peer. Messages that are kept when
 * the proxy ends are dropped.
 */
@baseClass({ most: 2, options: true })
export class Proxy<F extends Socket = Socket, B extends Socket = Socket> {
  readonly #frontEnd: F;
  readonly #backEnd: B;
  readonly #capture: Socket | undefined;
  #running: Running | undefined;

  constructor(frontEnd: F, backEnd: B, options: ProxyOptions = {}) {
    expectObject(frontEnd, "Front-end");
    expectObject(backEnd, "Back-end");
    this.#frontEnd = socketOf(frontEnd, "Front-end") as F;
    this.#backEnd = socketOf(backEnd, "Back-end") as B;
    this.#capture = captureOf(options);
    if (this.#capture !== undefined) expectCapture(this.#capture, this.#frontEnd, this.#backEnd);
  }

  /** The socket that was given first. */
  get frontEnd(): F {
    return this.#frontEnd;
  }

  /** The socket that was given second. */
  get backEnd(): B {
    return this.#backEnd;
  }

  /**
   * Passes messages on until {@link Proxy.terminate} or the end of the sockets' context. Front end and back end are
   * closed then, and the promise resolves; the capture socket stays open. Keeps the process alive.
   *
   * @throws ZmqError at once: `EINVAL` when a socket is neither bound nor connected, or closed, or of a draft type that
   * other threads may use, which a proxy cannot wait for; `EBUSY` when it is in use.
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
      // The proxy passes on the messages that a loop fetched ahead before any other. If one socket is both ends, all of
      // them belong to the front end.
      frontAhead = front.ahead.takeAhead();
      backAhead = back.ahead.takeAhead();
      // Commands and reports are never dropped, however many are under way.
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
    // A use of the socket on this thread may take in what the proxy's thread was to be woken for.
    const wake = { retry: () => this.#command("") && false, close: () => {} };
    for (const socket of running.sockets) socket.lend(wake);
    const { promise } = new Pending<number>(control, "receiving", () => this.#listen(running), -1, "run()");
    // The thread may have said something before anybody listened, even that it has ended.
    control.touched();
    return promise.then(
      (errno) => this.#ended(running, errno),
      // Closed under it: the context ends.
      () => this.#ended(running, 0),
    );
  }

  /** Stops passing messages on; they wait where they are, as high-water marks allow. `EBADF` when not running. */
  pause(): void {
    this.#steer("PAUSE");
  }

  /** Undoes {@link Proxy.pause}. `EBADF` when not running. */
  resume(): void {
    this.#steer("RESUME");
  }

  /** Ends the proxy; `run` resolves soon after. `EBADF` when not running. */
  terminate(): void {
    this.#steer("TERMINATE");
  }

  /** What has passed so far. Throws `EBADF` when not running; rejects with it when the proxy ends meanwhile. */
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
    if (core.sending !== undefined || core.receiving !== undefined || core.sendingMany) {
      throw errorOf("EBUSY");
    }
    // Not by the property, which a subclass may override.
    if (core.getOption(statusOptions.threadSafe)) {
      throw errorOf("EINVAL", `${what} socket is of a draft type, for which there is no proxy`);
    }
    return core;
  }

  #command(command: string): boolean {
    const running = this.#running;
    if (running === undefined) return false;
    const sent = binding.trySend(running.control.handle, command) === 1;
    // It may have taken in that the thread has something to say, such as its end.
    running.control.touched();
    return sent;
  }

  #steer(command: string): void {
    if (!this.#command(command)) throw notRunning();
  }

  /** Hears what the thread has to say: answers how it ended, once it has. */
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
    // Until now it was lent, and could not be closed.
    binding.closeSocket(handle);
    control.close();
    for (const socket of sockets) socket.takeBack();
    coreOf(this.#frontEnd).close();
    coreOf(this.#backEnd).close();
    for (const answer of questions) answer(undefined);
    if (errno !== 0) throw new ZmqError(errno);
  }
}

guardMethods(Proxy.prototype, ["run", "pause", "resume", "terminate"], { most: 0 });

function notRunning(): ZmqError {
  // In zeromq's words, whose programs may look for them.
  return errorOf("EBADF");
}
