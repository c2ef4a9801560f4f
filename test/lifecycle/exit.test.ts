// When a process exits, and when it must stay alive.

import { describe, expect, test } from "vitest";
import { Pull } from "zmq-native";
import { patience, runProgram } from "../helpers/program.js";
import { stableNames } from "../helpers/socket_types.js";

describe("a process exits", () => {
  test.each(stableNames)("scenario 6: with an idle %s that is bound and connected", async (type) => {
    const outcome = await runProgram(`
      const socket = new zmq.${type}();
      await socket.bind("tcp://127.0.0.1:*");
      ${type === "Stream" ? "" : 'socket.connect("inproc://nobody");'}
      console.log("done");
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "done\n", stderr: "" });
    expect(outcome.milliseconds).toBeLessThan(patience);
  });

  test("after its pending operations have ended", async () => {
    const outcome = await runProgram(`
      const pull = new zmq.Pull(), push = new zmq.Push({ linger: 0, sendHighWaterMark: 1 });
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      await pull.receive({ timeout: 5 }).catch((error) => console.log(error.code));
      const waiting = pull.receive();
      await push.send("message");
      console.log(String(await waiting));
      for await (const _ of (await push.send("another"), pull)) break;
    `);
    expect(outcome).toMatchObject({ code: 0, stdout: "EAGAIN\nmessage\n", stderr: "" });
  });

  test("only after its queued messages are sent", async () => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const ended = runProgram(`
      const push = new zmq.Push();
      push.connect(${JSON.stringify(pull.lastEndpoint)});
      for (let i = 0; i < 1000; i++) await push.send(String(i));
    `);
    for (let i = 0; i < 1000; i++) expect(String(await pull.receive())).toBe(`${i}`);
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    ["process.exit(3)", 3],
    ["throw new Error('thrown')", 1],
    ["process.exitCode = 4; push.close()", 4],
  ])("at %s with pending operations, code %i", async (end, code) => {
    const outcome = await runProgram(`
      const pull = new zmq.Pull(), push = new zmq.Push({ linger: 0 });
      await pull.bind("tcp://127.0.0.1:*");
      ${code === 4 ? "" : 'pull.receive().catch(() => {}); push.send("x").catch(() => {});'}
      ${end};
    `);
    expect(outcome).toMatchObject({ code, signal: null });
    expect(outcome.milliseconds).toBeLessThan(patience);
  });

  test("scenario 7: on SIGTERM with traffic in flight, without a core dump or another signal", async () => {
    const outcome = await runProgram(`
      const pull = new zmq.Pull(), push = new zmq.Push();
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      let count = 0;
      (async () => { for (;;) await push.send("x".repeat(1000)); })();
      for await (const _ of pull) if (++count === 20_000) process.kill(process.pid, "SIGTERM");
    `);
    expect(outcome).toMatchObject({ code: null, signal: "SIGTERM", stderr: "" });
  });
});

describe("a process stays alive", () => {
  test.each([
    ["a receive", "socket.receive()"],
    ["a loop", "(async () => { for await (const _ of socket); })()"],
    ["a batch", "socket.receiveMany()"],
    ["a send", "new zmq.Push().send('x')"],
  ])("while %s waits", async (_, wait) => {
    const outcome = await runProgram(`const socket = new zmq.Pull(); ${wait};`, { limit: 700 });
    expect(outcome.signal).toBe("SIGKILL");
  });
});

test("scenario 5: the exit waits for undeliverable messages and prints a warning", async () => {
  const queue = `
    const push = new zmq.Push(OPTIONS);
    push.connect("tcp://127.0.0.1:9");
    await push.send("nobody takes it");
  `;
  const waiting = await runProgram(queue.replace("OPTIONS", ""), { stays: /Waiting/ });
  expect(waiting.signal).toBe("SIGKILL");
  expect(waiting.stderr).toMatch(
    /^\(node:\d+\) WARNING: Waiting for queued ZeroMQ messages to be delivered\. Set 'context\.blocky = false' to change this behaviour\.\n$/,
  );
  // A busy machine may take half a second to end the context, and then the warning says so.
  const quiet = async (body: string) => {
    const outcome = await runProgram(body);
    const warning = outcome.milliseconds > 500 ? /^\(node:\d+\) WARNING: Waiting for queued .*\n/ : "";
    return { ...outcome, stderr: outcome.stderr.replace(warning, "") };
  };
  const brief = await quiet(queue.replace("OPTIONS", "{ linger: 100 }"));
  expect(brief).toMatchObject({ code: 0, stderr: "" });
  expect(brief.milliseconds).toBeGreaterThan(100);
  const unblocked = await quiet(`zmq.context.blocky = false; ${queue.replace("OPTIONS", "")}`);
  expect(unblocked).toMatchObject({ code: 0, stderr: "" });
});
