// `zmq monitor`: prints the events of connections.

import { exitCodes, Failure, interrupted, textOf } from "./exit.js";
import { reportFailures } from "./handshakes.js";
import { type AnySocket, type SocketFlags, withSocket } from "./open.js";
import { mayPrint, print, printJson, reportSkipped } from "./print.js";
import { socketKinds } from "./sockets.js";

interface MonitorFlags extends SocketFlags {
  readonly type: string;
  readonly json?: boolean;
  readonly count?: number;
  readonly timeout?: number;
}

/** The text and the code of an error. */
function reasonOf(error: unknown): string {
  const { code, status } = error as { code?: string; status?: number };
  const name = code ?? (status === undefined ? undefined : `status ${status}`);
  return name === undefined ? textOf(error) : `${textOf(error)} (${name})`;
}

/** The fields that are worth a word, after type and address. */
function details(event: Record<string, unknown>): string[] {
  const words: string[] = [];
  if (event.error !== undefined) words.push(reasonOf(event.error));
  if (event.interval !== undefined) words.push(`next attempt in ${event.interval} ms`);
  if (event.remoteAddress) words.push(`peer ${event.remoteAddress}`);
  return words;
}

/** Why the last attempt to connect to the endpoint has failed. */
function lastErrorOf(socket: AnySocket, address: unknown): Error | undefined {
  return socket.endpoints.find(({ endpoint }) => endpoint === address)?.lastError;
}

/** Prints events until the process is interrupted. */
export async function monitor(endpoints: readonly string[], flags: MonitorFlags): Promise<void> {
  const kind = socketKinds.find(({ name }) => name === flags.type)!;
  let seen = 0;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const show = (socket: AnySocket, event: Record<string, unknown>) => {
    const time = new Date().toISOString();
    const { type, address, remoteAddress, localAddress, interval } = event;
    // The event of a retry does not have the reason.
    const error = type === "connect:retry" ? lastErrorOf(socket, address) : event.error;
    if (flags.json) {
      const text = error && reasonOf(error);
      printJson({ time, type, address, localAddress, remoteAddress, interval, error: text });
    } else {
      const words = [
        time.slice(11, 23),
        String(type).padEnd(24),
        address ?? "",
        ...details({ ...event, error }),
      ];
      print(words.join("  ").trimEnd());
    }
  };
  const take = (socket: AnySocket, event: Record<string, unknown>) => {
    if (seen === flags.count || event.type === "end") return;
    if (mayPrint()) show(socket, event);
    if (++seen === flags.count) finish();
  };
  const connect = [...(flags.connect ?? []), ...endpoints];
  const prepare = (socket: AnySocket) => {
    reportFailures(socket, "; --type chooses the type of this socket");
    void (async () => {
      for await (const event of socket.events) take(socket, event as unknown as Record<string, unknown>);
    })().catch(() => finish());
  };
  const wait = async (socket: AnySocket) => {
    // Without a peer, the time runs. Retries do not bring one closer, so they do not restart it.
    const watch = () => {
      clearTimeout(timer);
      if (flags.timeout === undefined || socket.peers.size > 0) return;
      timer = setTimeout(() => {
        late = socket.peers.size === 0;
        if (late) finish();
      }, flags.timeout);
    };
    socket.peers.on("join", watch).on("leave", watch);
    interrupted.addEventListener("abort", () => finish());
    if (interrupted.aborted) finish();
    watch();
    // The socket and its events would not keep the process alive.
    const keepAlive = setInterval(() => {}, 2 ** 30);
    await finished;
    clearInterval(keepAlive);
    clearTimeout(timer);
    reportSkipped();
  };
  // It sends nothing.
  await withSocket({ ...kind, sends: false }, { linger: 0, ...flags, connect }, wait, prepare);
  if (late) throw new Failure(`no peer within ${flags.timeout} ms`, exitCodes.timeout);
}
