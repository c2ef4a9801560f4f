// `zmq proxy`: a proxy of libzmq between two sockets.

import { setTimeout } from "node:timers/promises";
import * as zmq from "zmq-native";
import type { proxyPairs } from "./actions.js";
import { endpointFailure, endWithin, exitCodes, Failure, interrupted, textOf } from "./exit.js";
import { endStatus, printStatus, report } from "./print.js";

interface ProxyFlags {
  readonly frontBind?: readonly string[];
  readonly frontConnect?: readonly string[];
  readonly backBind?: readonly string[];
  readonly backConnect?: readonly string[];
  readonly captureBind?: readonly string[];
  readonly captureConnect?: readonly string[];
  readonly linger: number;
  readonly quiet?: boolean;
}

const classes: Record<(typeof proxyPairs)[number], () => [zmq.Socket, zmq.Socket]> = {
  "router-dealer": () => [new zmq.Router(), new zmq.Dealer()],
  "xsub-xpub": () => [new zmq.XSubscriber(), new zmq.XPublisher()],
  "pull-push": () => [new zmq.Pull(), new zmq.Push()],
  "sub-pub": () => {
    const subscriber = new zmq.Subscriber();
    subscriber.subscribe("");
    return [subscriber, new zmq.Publisher()];
  },
};

async function attach(
  side: string,
  socket: zmq.Socket,
  bind: readonly string[] = [],
  connect: readonly string[] = [],
) {
  if (bind.length + connect.length === 0) {
    throw new Failure(
      `give the ${side} end at least one --${side}-bind or --${side}-connect`,
      exitCodes.usage,
    );
  }
  const failed = (endpoint: string, error: unknown) => endpointFailure("proxy", endpoint, error);
  for (const endpoint of bind) {
    await socket.bind(endpoint).catch((error) => {
      throw failed(endpoint, error);
    });
    if (socket.lastEndpoint !== endpoint) report(`${side} end bound to ${socket.lastEndpoint}`);
  }
  for (const endpoint of connect) {
    try {
      socket.connect(endpoint);
    } catch (error) {
      throw failed(endpoint, error);
    }
  }
}

const number = new Intl.NumberFormat("en-US");

function summary({ frontEnd, backEnd }: zmq.ProxyStatistics): string {
  const side = ({ received, sent }: zmq.SocketTraffic) =>
    `${number.format(received.messages)} in, ${number.format(sent.messages)} out`;
  return `front end ${side(frontEnd)}; back end ${side(backEnd)}`;
}

/** The time between two looks at the queues of a proxy that ends, in milliseconds. */
const look = 10;

/**
 * Forwards the messages that have arrived, stops, and waits until the network has them; all that until `deadline`. Resolves with the
 * number of messages that are left.
 */
async function drain(running: zmq.Proxy, deadline: number): Promise<number> {
  const sockets = [running.frontEnd, running.backEnd];
  const hasTime = () => performance.now() < deadline;
  const queued = (queue: "receiveQueue" | "sendQueue") =>
    sockets.reduce((sum, socket) => sum + socket.statistics()[queue], 0);
  /** The messages that the proxy has taken from one socket and given to the other. */
  const passed = async () => {
    const { frontEnd, backEnd } = await running.statistics();
    return {
      taken: frontEnd.received.messages + backEnd.received.messages,
      given: frontEnd.sent.messages + backEnd.sent.messages,
    };
  };
  // Paused, so that no message moves between the two counts.
  running.pause();
  const { taken } = await passed();
  const arrived = taken + queued("receiveQueue");
  running.resume();
  while (hasTime() && (await passed()).given < arrived) await setTimeout(look);
  running.pause();
  const now = await passed();
  while (hasTime() && queued("sendQueue") > 0) await setTimeout(look);
  return queued("receiveQueue") + (now.taken - now.given) + queued("sendQueue");
}

/** Runs until the process is interrupted. */
export async function proxy(types: (typeof proxyPairs)[number], flags: ProxyFlags): Promise<void> {
  const { linger } = flags;
  const [front, back] = classes[types]();
  const capture = flags.captureBind || flags.captureConnect ? new zmq.Publisher() : undefined;
  try {
    await attach("front", front, flags.frontBind, flags.frontConnect);
    await attach("back", back, flags.backBind, flags.backConnect);
    if (capture) await attach("capture", capture, flags.captureBind, flags.captureConnect);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`proxy: ${textOf(error)}`);
  }
  const running = new zmq.Proxy(front, back, capture === undefined ? {} : { capture });
  let hasEnded = false;
  const ended = running.run().finally(() => {
    hasEnded = true;
  });
  const { stderr } = process;
  const timer =
    stderr.isTTY && !flags.quiet
      ? setInterval(async () => {
          // Rejects if the proxy has just ended.
          const statistics = await running.statistics().catch(() => undefined);
          if (statistics) printStatus(summary(statistics));
        }, 1000)
      : undefined;
  let left = 0;
  let deadline: number | undefined;
  const rest = () =>
    deadline === undefined ? linger : Math.max(0, Math.round(deadline - performance.now()));
  let closed: Promise<unknown> | undefined;
  const stop = async () => {
    endWithin(linger);
    deadline = performance.now() + linger;
    try {
      left = await drain(running, deadline);
    } catch {
      // It has ended by itself, or libzmq does not count.
    }
    // The proxy closes its sockets when it ends. These calls wait for what the network has not taken yet.
    closed = Promise.all([front, back].map((socket) => socket.close({ linger: rest() })));
    if (!hasEnded) running.terminate();
  };
  interrupted.addEventListener("abort", () => void stop());
  if (interrupted.aborted) void stop();
  await ended;
  const copied = capture?.close({ linger: rest() });
  await closed;
  clearInterval(timer);
  if (timer) endStatus();
  if (left > 0) {
    const messages = left === 1 ? "message was" : "messages were";
    report(`${number.format(left)} ${messages} not delivered within ${linger} ms`);
  }
  await copied;
}
