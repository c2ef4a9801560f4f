// The answers of commands that compute them, when that fails or takes long.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { Request } from "zmq-native";
import { execute, succeeds } from "../helpers/execute.js";
import { endpoint, program, startZmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

/** Sends requests to `zmq rep`, and resolves with the frames of each answer and the end of the command. */
async function ask(count: number, ...parameters: string[]) {
  const at = endpoint();
  const command = startZmq([
    "rep",
    "--bind",
    at,
    "--count",
    String(count),
    "--output",
    "none",
    ...parameters,
  ]);
  const request = new Request({ receiveTimeout: 20_000 });
  onTestFinished(() => request.close());
  request.connect(at);
  const answers: string[][] = [];
  for (let number = 0; number < count; number++) {
    await request.send("request");
    answers.push((await request.receive()).map(String));
  }
  const { exitCode, stderr } = await command;
  return { answers, exitCode, stderr: textOf(stderr) };
}

describe("an answer that does not come within --timeout", () => {
  test.each([
    ["--eval", "new Promise(() => {})", "zmq: --eval failed: no value within 2000 ms\n"],
    [
      "--exec",
      `"${process.execPath}" -e "setInterval(() => {}, 1000)"`,
      "zmq: --exec has not ended within 2000 ms\n",
    ],
  ])("by %s is empty", async (option, value, stderr) => {
    const request = new Request({ receiveTimeout: 20_000 });
    onTestFinished(() => request.close());
    // The request is there before the command waits for it.
    await request.bind("tcp://127.0.0.1:*");
    const sent = request.send("request");
    const to = ["--connect", request.lastEndpoint!, "--count", "1", "--output", "none"];
    const command = startZmq(["rep", ...to, "--timeout", "2000", option, value]);
    await sent;
    expect((await request.receive()).map(String)).toEqual([""]);
    const ended = await command;
    expect({ exitCode: ended.exitCode, stderr: textOf(ended.stderr) }).toEqual({ exitCode: 0, stderr });
  });
});

describe.skipIf(process.platform === "win32")(
  "an --exec that ignores SIGTERM does not outlive the command",
  () => {
    const stubborn = `trap '' TERM; echo started >&2; sleep 30; echo survived >&2`;

    test.each([
      ["a shell", stubborn],
      // The outer shell obeys.
      ["a program that a shell has started", `sh -c "${stubborn}" | cat`],
    ])("after --timeout: %s", async (_, exec) => {
      const request = new Request({ receiveTimeout: 20_000 });
      onTestFinished(() => request.close());
      await request.bind("tcp://127.0.0.1:*");
      const sent = request.send("request");
      const to = ["--connect", request.lastEndpoint!, "--count", "1", "--output", "none"];
      const command = startZmq(["rep", ...to, "--timeout", "2000", "--exec", exec]);
      await sent;
      expect((await request.receive()).map(String)).toEqual([""]);
      // The shells have inherited standard error, so its end is the end of all.
      const { exitCode, stderr } = await command;
      expect({ exitCode, stderr: textOf(stderr) }).toEqual({
        exitCode: 0,
        stderr: "started\nzmq: --exec has not ended within 2000 ms\n",
      });
    });

    test.each([
      ["a shell", stubborn],
      ["a program that a shell has started", `sh -c "${stubborn}" | cat`],
    ])("after two signals: %s", async (_, exec) => {
      const request = new Request();
      onTestFinished(() => request.close());
      await request.bind("tcp://127.0.0.1:*");
      const sent = request.send("request");
      const to = ["--connect", request.lastEndpoint!, "--output", "none"];
      const command = startZmq(["rep", ...to, "--exec", exec]);
      await sent;
      await once(command.stderr!, "data");
      process.kill(command.pid!, "SIGINT");
      process.kill(command.pid!, "SIGTERM");
      const { exitCode, stderr } = await command;
      expect([130, 143]).toContain(exitCode);
      expect(textOf(stderr)).not.toContain("survived");
    });

    test("after one signal, when the wait for the command is over", async () => {
      const request = new Request();
      onTestFinished(() => request.close());
      await request.bind("tcp://127.0.0.1:*");
      const sent = request.send("request");
      const to = ["--connect", request.lastEndpoint!, "--output", "none"];
      const command = startZmq(["rep", ...to, "--exec", stubborn]);
      await sent;
      await once(command.stderr!, "data");
      process.kill(command.pid!, "SIGTERM");
      const { exitCode, stderr } = await command;
      expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 143, stderr: "started\n" });
    });
  },
);

test.skipIf(process.platform === "win32")(
  "programs that an --exec has started can clean up after a signal",
  async () => {
    const request = new Request();
    onTestFinished(() => request.close());
    await request.bind("tcp://127.0.0.1:*");
    const sent = request.send("request");
    const to = ["--connect", request.lastEndpoint!, "--output", "none"];
    const inner = `trap 'sleep 0.3; echo cleaned >&2; exit' TERM; echo started >&2; sleep 30 & wait`;
    const command = startZmq(["rep", ...to, "--exec", `sh -c "${inner}" | cat`]);
    await sent;
    await once(command.stderr!, "data");
    process.kill(command.pid!, "SIGINT");
    const { exitCode, stderr } = await command;
    expect(exitCode).toBe(130);
    expect(textOf(stderr)).toMatch(/^started\n.*cleaned\n$/s);
  },
);

test("a command waits for an --eval that does not settle, until a signal", async () => {
  const request = new Request();
  onTestFinished(() => request.close());
  await request.bind("tcp://127.0.0.1:*");
  const sent = request.send("request");
  const parameters = ["--connect", request.lastEndpoint!, "--eval", "new Promise(() => {})"];
  const command = startZmq(["rep", ...parameters]);
  await sent;
  // Printed before it is evaluated.
  await once(command.stdout!, "data");
  process.kill(command.pid!, "SIGINT");
  const { exitCode, stderr } = await command;
  expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 130, stderr: "" });
});

const canLimit = succeeds("prlimit", ["--version"]);
if (!canLimit) console.warn("SKIPPED: --exec without descriptors: prlimit is not installed");

test.skipIf(!canLimit)("an --exec that cannot be started is reported, and its answer is empty", async () => {
  const at = endpoint();
  const command = startZmq(["rep", "--bind", at, "--exec", "cat", "--output", "none", "--count", "4"]);
  const request = new Request({ receiveTimeout: 20_000 });
  onTestFinished(() => request.close());
  request.connect(at);
  const ask = async () => {
    await request.send("request");
    return (await request.receive()).map(String);
  };
  expect(await ask()).toEqual(["request"]);
  const limit = async (descriptors: number) => {
    const limited = await execute("prlimit", [`--pid=${command.pid}`, `--nofile=${descriptors}:`]);
    expect(limited).toMatchObject({ status: 0 });
  };
  // Descriptors that are open stay open.
  await limit(3);
  expect([await ask(), await ask()]).toEqual([[""], [""]]);
  await limit(1000);
  expect(await ask()).toEqual(["request"]);
  const { exitCode, stderr } = await command;
  expect(textOf(stderr)).toMatch(/^(zmq: --exec failed: .*EMFILE\n){2}$/);
  expect(exitCode).toBe(0);
});

test("--separator splits fixed answers into frames", async () => {
  const { answers, exitCode } = await ask(2, "--separator", "|", "a|b", "{{count}}|");
  expect(answers).toEqual([
    ["a", "b"],
    ["2", ""],
  ]);
  expect(exitCode).toBe(0);
});

test("--eval makes an empty frame of a hole of an array", async () => {
  expect(await ask(1, "--eval", "Array(3)")).toEqual({ answers: [["", "", ""]], exitCode: 0, stderr: "" });
});

describe.skipIf(process.platform === "win32")("standard error that nobody reads", () => {
  test.each([
    ["pull --bind 'tcp://127.0.0.1:*' --timeout 100", 3],
    ["push --nonsense", 2],
    ["pull", 2],
  ])("does not change the exit code of zmq %s", async (parameters, expected) => {
    const command = spawn("sh", ["-c", `exec '${process.execPath}' '${program}' ${parameters}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    onTestFinished(() => void command.kill("SIGKILL"));
    command.stderr.destroy();
    expect(await once(command, "exit")).toEqual([expected, null]);
  });
});
