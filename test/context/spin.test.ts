// I/O threads that poll without sleeping: the option ioThreadSpin.

import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { Context, Reply, Request } from "zmq-native";
import { runProgram } from "../helpers/program.js";

const longest = 1_000_000;

/**
 * Returns the processor time, in milliseconds, of the I/O thread of a context in the half second after a message, measured
 * three times. Linux counts it for each thread. A busy machine leaves a thread that spins a few milliseconds; one that
 * sleeps takes none.
 */
async function spentWith(options: object): Promise<number[]> {
  const { stdout, stderr } = await runProgram(`
    const { readdirSync, readFileSync } = require("node:fs");
    const folder = "/proc/self/task";
    const context = new zmq.Context(${JSON.stringify(options)});
    const [push, pull] = [new zmq.Push({ context }), new zmq.Pull({ context })];
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint);
    // A thread sets its own name, and has done so once it has received a message.
    await push.send("");
    await pull.receive();
    const thread = readdirSync(folder).find((id) => /IO.0/.test(readFileSync(folder + "/" + id + "/comm", "utf8")));
    const spent = () => Number(readFileSync(folder + "/" + thread + "/schedstat", "utf8").split(" ")[0]) / 1e6;
    const all = [];
    for (let i = 0; i < 3; i++) {
      await push.send("");
      await pull.receive();
      // The thread first takes note that the message was read.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const before = spent();
      await new Promise((resolve) => setTimeout(resolve, 500));
      all.push(spent() - before);
    }
    console.log(JSON.stringify(all));
    process.exit();`);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

describe.runIf(process.platform === "linux")("ioThreadSpin", () => {
  test("makes an I/O thread poll after an event instead of sleeping", async () => {
    expect(Math.max(...(await spentWith({ ioThreadSpin: longest })))).toBeGreaterThan(1);
  });

  test.each([{}, { ioThreadSpin: 0 }, { ioThreadSpin: 100 }])("lets it sleep with %j", async (options) => {
    expect(Math.min(...(await spentWith(options)))).toBeLessThan(0.5);
  });
});

test.each([1, 50, longest])("messages, reconnecting and closing work with ioThreadSpin: %i", async (spin) => {
  await using context = new Context({ ioThreadSpin: spin, ioThreads: 2 });
  const request = new Request({ context, reconnectInterval: 10 });
  let endpoint = "tcp://127.0.0.1:*";
  for (let bound = 0; bound < 2; bound++) {
    const reply = new Reply({ context });
    await reply.bind(endpoint);
    if (bound === 0) {
      endpoint = reply.lastEndpoint as string;
      request.connect(endpoint);
    }
    for (let i = 0; i < 100; i++) {
      await request.send(`${i}`);
      await reply.send(await reply.receive());
      expect(String(await request.receive())).toBe(`${i}`);
    }
    const disconnected = once(request.events, "disconnect");
    await reply.unbind(endpoint);
    reply.close();
    await disconnected;
  }
});
