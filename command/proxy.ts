// `zmq proxy`: a proxy of libzmq between two sockets.

import { subscribe } from "node:diagnostics_channel";
import { setImmediate, setTimeout } from "node:timers/promises";
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

type ProxyTypes = (typeof proxyPairs)[number];

const classes: Record<ProxyTypes, () => [zmq.Socket, zmq.Socket]> = {
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

/** The sockets from which the messages come, and those to which they go. Subscriptions, which go the other way, do not count. */
function waysOf(types: ProxyTypes, front: zmq.Socket, back: zmq.Socket): Ways {
  const isTwoWay = types === "router-dealer";
  return {
    from: isTwoWay ? [front, back] : [front],
    to: isTwoWay ? [front, back] : [back],
    passed: ({ frontEnd, backEnd }) => ({
      taken: frontEnd.received.messages + (isTwoWay ? backEnd.received.messages : 0),
      given: backEnd.sent.messages + (isTwoWay ? frontEnd.sent.messages : 0),
    }),
  };
}

interface Ways {
  readonly from: readonly zmq.Socket[];
  readonly to: readonly zmq.Socket[];
  /** The messages that the proxy has taken from one socket, and those that it has given to the other. */
  passed(statistics: zmq.ProxyStatistics): { taken: number; given: number };
}

/**
 * Forwards the messages that have arrived, stops, and waits until the network has them; all that until `deadline`. Resolves with the
 * number of messages that the proxy holds then, and that it has not delivered. Others may arrive until its sockets are closed.
 */
async function drain(running: zmq.Proxy, { from, to, passed }: Ways, deadline: number): Promise<number> {
  const hasTime = () => performance.now() < deadline;
  const middle = (performance.now() + deadline) / 2;
  const queued = (sockets: readonly zmq.Socket[], queue: "receiveQueue" | "sendQueue") =>
    sockets.reduce((sum, socket) => sum + socket.statistics()[queue], 0);
  for (;;) {
    // Paused, so that no message moves between the two counts.
    running.pause();
    const arrived = passed(await running.statistics()).taken + queued(from, "receiveQueue");
    running.resume();
    while (hasTime() && passed(await running.statistics()).given < arrived) await setTimeout(look);
    running.pause();
    const { taken, given } = passed(await running.statistics());
    while (hasTime() && queued(to, "sendQueue") > 0) await setTimeout(look);
    // Messages that have arrived meanwhile go the same way. Senders that never stop leave half of the time to those before.
    if (performance.now() > middle || queued(from, "receiveQueue") === 0) {
      return taken - given + queued(to, "sendQueue");
    }
  }
}

/** Runs until the process is interrupted. */
export async function proxy(types: ProxyTypes, flags: ProxyFlags): Promise<void> {
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
  const ways = waysOf(types, front, back);
  let left = 0;
  let deadline: number | undefined;
  const rest = () =>
    deadline === undefined ? linger : Math.max(0, Math.round(deadline - performance.now()));
  let isLate = false;
  let closed: Promise<unknown> | undefined;
  const stop = async () => {
    endWithin(linger);
    deadline = performance.now() + linger;
    try {
      // Those that are in the queues when the sockets are closed.
      subscribe("zmq-native:socket:close", (payload) => {
        const { socket, statistics } = payload as zmq.SocketClosePayload;
        if (ways.from.includes(socket)) left += statistics?.receiveQueue ?? 0;
      });
      const held = await drain(running, ways, deadline);
      left += held;
      isLate = performance.now() >= deadline;
    } catch {
      // It has ended by itself, or libzmq does not count.
    }
    // The proxy closes its sockets when it ends. These calls wait for what the network has not taken yet.
    const lingerOf = (socket: zmq.Socket) => (ways.to.includes(socket) ? rest() : 0);
    closed = Promise.all([front, back].map((socket) => socket.close({ linger: lingerOf(socket) })));
    if (!hasEnded) running.terminate();
  };
  interrupted.addEventListener("abort", () => void stop());
  if (interrupted.aborted) void stop();
  await ended;
  const copied = capture?.close({ linger: rest() });
  await closed;
  clearInterval(timer);
  if (timer) endStatus();
  // The channel reports in a turn of its own.
  await setImmediate();
  if (left > 0) {
    const messages = left === 1 ? "message" : "messages";
    const what = isLate
      ? `${left === 1 ? "was" : "were"} not delivered within ${linger} ms`
      : "arrived too late to be forwarded";
    report(`${number.format(left)} ${messages} ${what}`);
  }
  await copied;
}
