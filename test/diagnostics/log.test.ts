// NODE_DEBUG=zmq.

import { describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { packagePath } from "../helpers/program.js";

/** Runs a program and returns the lines of its log, without numbers that differ from run to run. */
function logOf(program: string, NODE_DEBUG = "zmq"): string[] {
  const source = `const zmq = require(${JSON.stringify(packagePath)}); (async () => {${program}})();`;
  const { status, stderr } = executeSync(process.execPath, ["-e", source], { env: { NODE_DEBUG } });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stderr
    .split("\n")
    .filter((line) => line !== "")
    .map((line) =>
      line
        .replace(/^ZMQ \d+: /, "")
        .replace(/:\d{4,}/g, ":PORT")
        .replace(/[\d.]+ ms/, "~ ms"),
    );
}

describe("NODE_DEBUG=zmq", () => {
  test("prints a line for each event", () => {
    const lines = logOf(`
      const [pull, push] = [new zmq.Pull(), new zmq.Push()];
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      await push.send(["secret", "text"]);
      await pull.receive();
      await push.sendMany(["1", "2"]);
      for await (const batch of pull.batches({ max: 2 })) if (String(batch.at(-1)) === "2") break;
      pull.tryReceive();
      await pull.receive({ timeout: 0 }).catch(() => {});
      push.close();
      while ((await pull.events.receive()).type !== "disconnect");
      pull.close();`);
    const own = (type: string) => lines.filter((line) => line.startsWith(type));
    expect(own("PUSH")).toEqual(
      expect.arrayContaining([
        "PUSH 2 open",
        "PUSH 2 connect tcp://127.0.0.1:PORT: done (~ ms)",
        "PUSH 2 send: 1 message, 2 frames, 10 bytes (~ ms)",
        "PUSH 2 sendMany: 2 messages, 2 frames, 2 bytes (~ ms)",
        "PUSH 2 close",
      ]),
    );
    expect(own("PULL")).toEqual(
      expect.arrayContaining([
        "PULL 1 open",
        "PULL 1 bind tcp://127.0.0.1:*: bound to tcp://127.0.0.1:PORT (~ ms)",
        "PULL 1 handshake tcp://127.0.0.1:PORT (peer tcp://127.0.0.1:PORT): succeeded",
        "PULL 1 peer joined tcp://127.0.0.1:PORT (peer tcp://127.0.0.1:PORT)",
        "PULL 1 receive: 1 message, 2 frames, 10 bytes (~ ms)",
        "PULL 1 tryReceive: no message (~ ms)",
        "PULL 1 receive: failed: EAGAIN Operation was not possible or timed out (~ ms)",
        "PULL 1 peer left tcp://127.0.0.1:PORT (peer tcp://127.0.0.1:PORT): disconnect",
        "PULL 1 close",
      ]),
    );
    expect(lines.join()).not.toContain("secret");
  });

  test("escapes control and format characters", () => {
    const [, line] = logOf(`
      const pull = new zmq.Pull();
      try { pull.bindSync("tcp://\\x1b[31m\\n\\u202e\\u0085:1"); } catch {}
      process.exit();`);
    expect(line).toMatch(
      /^PULL 1 bindSync tcp:\/\/\\u\{1b\}\[31m\\u\{a\}\\u\{202e\}\\u\{85\}:1: failed: E\w+ /,
    );
  });

  test.each(["", "http", "zmqx"])("prints nothing with NODE_DEBUG=%s", (value) => {
    const lines = logOf("new zmq.Push().close();", value);
    expect(lines.filter((line) => line.startsWith("PUSH"))).toEqual([]);
  });

  test.each([
    ["an object without a prototype", "Object.create(null)"],
    [
      "an object whose getters throw",
      "({ get message() { throw new Error('read'); }, get code() { throw new Error('read'); } })",
    ],
  ])("survives an abort whose reason is %s", (_, reason) => {
    const lines = logOf(`
      const pull = new zmq.Pull();
      const controller = new AbortController();
      const receiving = pull.receive({ signal: controller.signal }).catch(() => {});
      controller.abort(${reason});
      await receiving;
      pull.close();`);
    expect(lines).toContain("PULL 1 receive: failed (~ ms)");
  });
});
