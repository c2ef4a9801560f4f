// Benchmarks that are interrupted, and those whose other process ends.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Pull, Push, Reply } from "zmq-native";
import { patience } from "../helpers/program.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

/** The files in which Linux lists the processes that a process has started. */
const childrenOf = (pid: number) => `/proc/${pid}/task/${pid}/children`;

const endless = ["--count", "1000000000"];

/** Starts a benchmark in a process group of its own, as a shell does. Resolves when it has started the other process. */
async function startPair(flags: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const command = spawn(process.execPath, [program, "bench", "throughput", ...endless, ...flags], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const pid = command.pid!;
  const ended = once(command, "close");
  const kill = (signal: NodeJS.Signals) => process.kill(-pid, signal);
  onTestFinished(() => {
    if (command.exitCode === null && command.signalCode === null) kill("SIGKILL");
  });
  let output = "";
  for (const stream of [command.stdout, command.stderr]) stream.on("data", (data) => (output += data));
  let other = "";
  while (other === "") {
    await setImmediate();
    other = readFileSync(childrenOf(pid), "utf8").trim();
  }
  const end = async () => {
    const [code, signal] = await ended;
    return { code, signal, output };
  };
  return { pid, kill, other: Number(other), end };
}

describe.skipIf(!existsSync(childrenOf(process.pid)))("bench with a process that it starts", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s to both soon after the start ends it without a message", async (signal, code) => {
    const { kill, end } = await startPair();
    kill(signal);
    expect(await end()).toEqual({ code, signal: null, output: "" });
  });

  test("it fails if the other process ends", async () => {
    const { other, end } = await startPair();
    process.kill(other, "SIGKILL");
    const { code, output } = await end();
    expect(output).toMatch(/^zmq: the other process (?:was ended by SIGKILL|at \S+ has left before .*)\n$/);
    expect(code).toBe(1);
  });

  test("it fails if the other process ends before the connection to it", async () => {
    const path = folder();
    const { pid, other, end } = await startPair(["--transport", "ipc"], { TMPDIR: path });
    process.kill(pid, "SIGSTOP");
    await vi.waitUntil(() => readdirSync(path).length > 0, { timeout: patience, interval: 5 });
    // The other process tells its endpoint right after it has bound. If it ends before that, the error is the same.
    await setTimeout(200);
    process.kill(other, "SIGKILL");
    process.kill(pid, "SIGCONT");
    expect(await end()).toEqual({
      code: 1,
      signal: null,
      output: "zmq: the other process was ended by SIGKILL\n",
    });
  });
});

describe("bench --connect", () => {
  const left = (at: string) => `zmq: the other process at ${at} has left before the end of the measurement\n`;

  /** Starts a measurement of round trips, and answers some. */
  async function startLatency() {
    const reply = new Reply();
    await reply.bind("tcp://127.0.0.1:*");
    const command = startZmq(["bench", "latency", "--connect", reply.lastEndpoint!, ...endless]);
    for (let count = 0; count < 10; count++) await reply.send(await reply.receive());
    // Not the process itself, which is a promise of its end.
    return { reply, at: reply.lastEndpoint!, command };
  }

  test("latency fails if the other process leaves", async () => {
    const { reply, at, command } = await startLatency();
    reply.close();
    const { exitCode, stdout, stderr } = await command;
    expect({ exitCode, stdout: textOf(stdout), stderr: textOf(stderr) }).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: left(at),
    });
  });

  test("throughput fails if the other process leaves", async () => {
    const pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const at = pull.lastEndpoint!;
    const command = startZmq(["bench", "throughput", "--connect", at, ...endless]);
    for (let count = 0; count < 1000; count++) await pull.receive();
    pull.close();
    const { exitCode, stdout, stderr } = await command;
    expect({ exitCode, stdout: textOf(stdout), stderr: textOf(stderr) }).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: left(at),
    });
  });

  test("a signal for both processes is an interruption", async () => {
    const { reply, command } = await startLatency();
    // The command notices one of them first.
    reply.close();
    command.kill("SIGINT");
    const { exitCode, stderr } = await command;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 130, stderr: "" });
  });

  test("the other process may leave before its result arrives", async () => {
    const pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const at = pull.lastEndpoint!;
    const measured = zmq(["bench", "throughput", "--connect", at, "--count", "50", "--json"]);
    let answerTo: string | undefined;
    while (answerTo === undefined) {
      const [first, second] = await pull.receive();
      if (String(first) === "zmq-bench-finish") answerTo = String(second);
    }
    pull.close();
    const push = new Push();
    push.connect(answerTo);
    await push.send(JSON.stringify({ count: 50, elapsed: 5 }));
    await push.close({ linger: 20_000 });
    const { status, stdout, stderr } = await measured;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout).messages).toBe(50);
  });

  test("messages of an interrupted run are not counted", async () => {
    const at = endpoint();
    const other = startZmq(["bench", "receive", "--bind", at]);
    await once(other.stderr!, "data");
    const push = new Push();
    push.connect(at);
    for (let count = 0; count < 5; count++) await push.send("x");
    await push.flush();
    const { stdout } = await zmq(["bench", "throughput", "--connect", at, "--count", "100", "--json"]);
    expect(JSON.parse(stdout).messages).toBe(100);
    push.close();
  });

  test("a socket type that does not fit is reported", async () => {
    const pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const command = startZmq(["bench", "latency", "--connect", pull.lastEndpoint!]);
    const [line] = await once(command.stderr!, "data");
    expect(String(line)).toContain(`zmq: ${pull.lastEndpoint}: the handshake fails: `);
    command.kill("SIGINT");
    expect((await command).exitCode).toBe(130);
    pull.close();
  });
});
