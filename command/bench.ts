// `zmq bench`: throughput and latency between two processes. Without an endpoint, the other process is started here.

import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pull, Push, Reply, Request, type Socket } from "zmq-native";
import { endpointFailure, exitCodes, Failure, interrupted } from "./exit.js";
import { reportFailures } from "./handshakes.js";
import { print, printJson, report } from "./print.js";
import { openProgress } from "./progress.js";

interface BenchFlags {
  readonly connect?: string;
  readonly transport: string;
  readonly size: number;
  readonly count: number;
  readonly json?: boolean;
}

/** The first frame of a message to `zmq bench receive` that starts its count anew: an earlier run may have been interrupted. */
const begin = "zmq-bench-begin";
/** The first frame of a message that asks for its result. Neither message is counted. */
const finish = "zmq-bench-finish";

/**
 * The time after the end of the other process in which its last answer, or a signal for both processes, may still arrive, in
 * milliseconds.
 */
const grace = 1000;

interface Other extends AsyncDisposable {
  readonly endpoint: string;
  /** Called once when the process that was started here ends, also if it has already ended. Without one, never. */
  onEnd(listener: (failure: Failure) => void): void;
}

/** Starts `zmq bench receive` or `zmq bench echo` in a process, and resolves when it is bound. */
async function startOther(command: string, { connect, transport }: BenchFlags): Promise<Other> {
  if (connect !== undefined) return { endpoint: connect, onEnd() {}, async [Symbol.asyncDispose]() {} };
  const path = join(tmpdir(), `zmq-bench-${randomUUID()}`);
  const endpoints: Record<string, string> = { tcp: "tcp://127.0.0.1:*", ipc: `ipc://${path}` };
  const endpoint = endpoints[transport]!;
  const child = fork(process.argv[1]!, ["bench", command, "--bind", endpoint], { stdio: "inherit" });
  // Kept: the process may end after it has told its endpoint, and before this one has connected to it.
  const ended = new Promise<Failure>((resolve) => {
    child.once("exit", (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `has ended with exit code ${code}`;
      resolve(new Failure(`the other process ${how}`));
    });
  });
  const onEnd = (listener: (failure: Failure) => void) => void ended.then(listener);
  const stop = async () => {
    child.kill();
    await rm(path, { force: true });
  };
  try {
    const bound = await new Promise<string>((resolve, reject) => {
      let waits = true;
      onEnd((failure) => {
        if (waits && !interrupted.aborted) setTimeout(reject, grace, failure);
      });
      child.once("error", reject);
      child.once("message", (message) => {
        waits = false;
        resolve(String(message));
      });
      interrupted.addEventListener("abort", () => reject(interrupted.reason));
      if (interrupted.aborted) reject(interrupted.reason);
    });
    return { endpoint: bound, onEnd, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The end of a measurement that is not complete. */
interface Limit extends Disposable {
  readonly signal: AbortSignal;
}

/** Ends a measurement by an interruption, and when the other process leaves, to which the socket is connected. */
function limitBy(socket: Socket, { endpoint, onEnd }: Other): Limit {
  const ended = new AbortController();
  const interrupt = () => ended.abort(interrupted.reason);
  interrupted.addEventListener("abort", interrupt);
  if (interrupted.aborted) interrupt();
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;
  const endSoon = (failure: Failure) => {
    if (!disposed) timer ??= setTimeout(() => ended.abort(failure), grace);
  };
  onEnd(endSoon);
  socket.peers.on("leave", ({ reason }) => {
    if (reason === "local") return;
    endSoon(new Failure(`the other process at ${endpoint} has left before the end of the measurement`));
  });
  reportFailures(socket);
  return {
    signal: ended.signal,
    [Symbol.dispose]() {
      disposed = true;
      clearTimeout(timer);
      interrupted.removeEventListener("abort", interrupt);
    },
  };
}

/** Runs a bind or connect. Its failure names the endpoint. */
async function attach(endpoint: string, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw endpointFailure("bench", endpoint, error);
  }
}

/** Tells the process that has started this one, if there is one, where the socket is bound. */
function announce(endpoint: string): void {
  if (process.send) {
    process.send(endpoint);
    // The process that has started this one may be killed.
    process.once("disconnect", () => process.exit());
    process.channel?.unref();
  } else report(`bound to ${endpoint}`);
}

/** The other process of `throughput`: counts messages, and sends the time between the first and the last to their sender. */
export async function receive({ bind }: { bind: string }): Promise<void> {
  const pull = new Pull();
  await attach(bind, () => pull.bind(bind));
  announce(pull.lastEndpoint!);
  let count = 0;
  let start = 0;
  const answers = new Push();
  try {
    for (;;) {
      const batch = await pull.receiveMany({ signal: interrupted });
      for (const [first, endpoint] of batch) {
        if (endpoint === undefined) {
          if (count++ === 0) start = performance.now();
          continue;
        }
        const text = first!.toString();
        if (text === begin) count = 0;
        if (text !== finish) continue;
        const elapsed = performance.now() - start;
        answers.connect(endpoint.toString());
        await answers.send(JSON.stringify({ count, elapsed }));
        answers.disconnect(endpoint.toString());
        count = 0;
      }
    }
  } finally {
    pull.close();
    await answers.close({ linger: 1000 });
  }
}

/** The other process of `latency`: answers each request with itself. */
export async function echo({ bind }: { bind: string }): Promise<void> {
  const reply = new Reply({ linger: 0 });
  await attach(bind, () => reply.bind(bind));
  announce(reply.lastEndpoint!);
  try {
    for (;;) await reply.send(await reply.receive({ signal: interrupted }), { signal: interrupted });
  } finally {
    reply.close();
  }
}

/** Prints a result as JSON, or as rows. */
function show(
  json: boolean | undefined,
  result: Record<string, number | string>,
  rows: [string, string][],
): void {
  if (json) printJson(result);
  else for (const [name, value] of rows) print(`${name.padEnd(12)} ${value}`);
}

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** Measures messages per second. */
export async function throughput(flags: BenchFlags): Promise<void> {
  const { size, count, json } = flags;
  await using other = await startOther("receive", flags);
  const push = new Push({ linger: 0 });
  const pull = new Pull({ linger: 0 });
  using limit = limitBy(push, other);
  const { signal } = limit;
  try {
    // The answer comes over the same transport, from the same host.
    const local = other.endpoint.startsWith("ipc:") ? `${other.endpoint}-answer` : "tcp://127.0.0.1:*";
    const isRemote =
      flags.connect !== undefined && !/^(?:tcp:\/\/(?:127\.|localhost|\[::1\])|ipc:)/.test(flags.connect);
    await pull.bind(isRemote ? "tcp://*:*" : local);
    await attach(other.endpoint, () => push.connect(other.endpoint));
    const answerTo = isRemote ? await reachable(pull.lastEndpoint!, flags.connect!) : pull.lastEndpoint!;
    const batch = Array<Buffer>(Math.max(1, Math.min(1000, Math.floor(2 ** 24 / (size + 1))))).fill(
      Buffer.alloc(size),
    );
    await push.send([begin, ""], { signal });
    for (let sent = 0; sent < count; sent += batch.length) {
      await push.sendMany(count - sent < batch.length ? batch.slice(0, count - sent) : batch, { signal });
    }
    await push.send([finish, answerTo], { signal });
    const [answer] = await pull.receive({ signal });
    const measured = JSON.parse(answer!.toString()) as { count: number; elapsed: number };
    const rate = (measured.count - 1) / (measured.elapsed / 1000);
    const megabytes = (rate * size) / 1e6;
    const result = {
      messages: measured.count,
      bytes: size,
      seconds: measured.elapsed / 1000,
      messagesPerSecond: rate,
      megabytesPerSecond: megabytes,
    };
    show(json, result, [
      ["messages", `${grouped.format(measured.count)} of ${grouped.format(size)} bytes`],
      ["time", `${grouped.format(measured.elapsed)} ms`],
      ["rate", `${grouped.format(Math.round(rate))} messages/s`],
      ["throughput", `${grouped.format(megabytes)} MB/s`],
    ]);
  } finally {
    pull.close();
    // The answer shows that all messages have arrived.
    push.close();
  }
}

/** The endpoint under which a remote host reaches a wildcard address of this one. */
async function reachable(endpoint: string, remote: string): Promise<string> {
  const { connect } = await import("node:net");
  const [, host, port] = /^tcp:\/\/(?:.*;)?\[?(.+?)\]?:(\d+)$/.exec(remote) ?? [];
  if (host === undefined)
    throw new Failure(`bench needs a tcp endpoint between hosts, got ${remote}`, exitCodes.usage);
  const address = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host, port: Number(port) }, () => {
      resolve(socket.localAddress!);
      socket.destroy();
    }).once("error", reject);
  });
  const own = /:(\d+)$/.exec(endpoint)![1];
  return address.includes(":") ? `tcp://[${address}]:${own}` : `tcp://${address}:${own}`;
}

/** The most round trips before the measured ones, so that both processes have compiled their loops. */
const warmUp = 1000;

/** The longest time of these round trips, in milliseconds: those of large messages are slow, and need no compiled loop. */
const longestWarmUp = 1000;

/** Measures round trips. */
export async function latency(flags: BenchFlags): Promise<void> {
  const { size, count, json } = flags;
  await using other = await startOther("echo", flags);
  const request = new Request({ linger: 0 });
  using limit = limitBy(request, other);
  const { signal } = limit;
  try {
    await attach(other.endpoint, () => request.connect(other.endpoint));
    const message = Buffer.alloc(size);
    const times = new Float64Array(count);
    using progress = openProgress(false);
    const roundTrip = async () => {
      await request.send(message, { signal });
      await request.receive({ signal });
      progress.count({ frames: [message] });
    };
    const begun = performance.now();
    for (let number = 0; number < Math.min(warmUp, count); number++) {
      await roundTrip();
      if (performance.now() - begun > longestWarmUp) break;
    }
    for (let number = 0; number < count; number++) {
      const start = performance.now();
      await roundTrip();
      times[number] = (performance.now() - start) * 1000;
    }
    times.sort();
    const percentile = (share: number) => times[Math.min(count - 1, Math.floor(count * share))]!;
    const shares: [string, number][] = [
      ["p50", 0.5],
      ["p90", 0.9],
      ["p99", 0.99],
      ["p99.9", 0.999],
    ];
    const mean = times.reduce((sum, time) => sum + time, 0) / count;
    const percentiles = shares.map(([name, share]): [string, number] => [name, percentile(share)]);
    const rows: [string, number][] = [
      ["min", times[0]!],
      ["mean", mean],
      ...percentiles,
      ["max", times[count - 1]!],
    ];
    show(json, { roundTrips: count, bytes: size, unit: "µs", ...Object.fromEntries(rows) }, [
      ["round trips", `${grouped.format(count)} of ${grouped.format(size)} bytes`],
      ...rows.map(([name, time]): [string, string] => [name, `${grouped.format(time)} µs`]),
    ]);
  } finally {
    request.close();
  }
}
