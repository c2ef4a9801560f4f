// `zmq proxy`: a proxy of libzmq between two sockets.

import * as zmq from "zmq-native";
import type { proxyPairs } from "./actions.js";
import { endpointFailure, exitCodes, Failure, interrupted, textOf } from "./exit.js";
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
  const ended = running.run();
  const { stderr } = process;
  const timer =
    stderr.isTTY && !flags.quiet
      ? setInterval(async () => {
          // Rejects if the proxy has just ended.
          const statistics = await running.statistics().catch(() => undefined);
          if (statistics) printStatus(summary(statistics));
        }, 1000)
      : undefined;
  interrupted.addEventListener("abort", () => running.terminate());
  if (interrupted.aborted) running.terminate();
  await ended;
  clearInterval(timer);
  if (timer) endStatus();
  await Promise.all([front, back, ...(capture ? [capture] : [])].map((socket) => socket.close({ linger })));
}
