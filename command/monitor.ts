// `zmq monitor`: prints the events of connections.

import { exitCodes, Failure, interrupted, textOf } from "./exit.js";
import { type AnySocket, type SocketFlags, withSocket } from "./open.js";
import { print, printJson } from "./print.js";
import { socketKinds } from "./sockets.js";

interface MonitorFlags extends SocketFlags {
  readonly type: string;
  readonly json?: boolean;
  readonly count?: number;
  readonly timeout?: number;
}

/** The fields that are worth a word, after type and address. */
function details(event: Record<string, unknown>): string[] {
  const words: string[] = [];
  if (event.error !== undefined) words.push(textOf(event.error));
  if (event.interval !== undefined) words.push(`next attempt in ${event.interval} ms`);
  if (event.remoteAddress) words.push(`peer ${event.remoteAddress}`);
  return words;
}

/** Prints events until the process is interrupted. */
export async function monitor(endpoints: readonly string[], flags: MonitorFlags): Promise<void> {
  const kind = socketKinds.find(({ name }) => name === flags.type)!;
  let printed = 0;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const rearm = () => {
    if (flags.timeout === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      late = true;
      finish();
    }, flags.timeout);
  };
  const show = (event: Record<string, unknown>) => {
    if (printed === flags.count || event.type === "end") return;
    const time = new Date().toISOString();
    const { type, address, remoteAddress, localAddress, interval, error } = event;
    if (flags.json) {
      const text = error && textOf(error);
      printJson({ time, type, address, localAddress, remoteAddress, interval, error: text });
    } else {
      const words = [time.slice(11, 23), String(type).padEnd(24), address ?? "", ...details(event)];
      print(words.join("  ").trimEnd());
    }
    // Retries do not bring a peer closer, so they do not restart the wait.
    if (type === "handshake") rearm();
    if (++printed === flags.count) finish();
  };
  const connect = [...(flags.connect ?? []), ...endpoints];
  const prepare = (socket: AnySocket) => {
    void (async () => {
      for await (const event of socket.events) show(event as unknown as Record<string, unknown>);
    })().catch(() => finish());
  };
  const wait = async () => {
    interrupted.addEventListener("abort", () => finish());
    if (interrupted.aborted) finish();
    rearm();
    // The socket and its events would not keep the process alive.
    const keepAlive = setInterval(() => {}, 2 ** 30);
    await finished;
    clearInterval(keepAlive);
    clearTimeout(timer);
  };
  // It sends nothing.
  await withSocket({ ...kind, sends: false }, { linger: 0, ...flags, connect }, wait, prepare);
  if (late) throw new Failure(`no peer within ${flags.timeout} ms`, exitCodes.timeout);
}
