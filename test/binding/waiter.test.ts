// Waiting by a thread of the addon's, as in runtimes whose polls do not work: what lives, what ends, and what it costs.
// That no wake-up is lost is seen by test/runtimes/runtimes.test.ts, which runs the core of the suite so.

import { expect, test } from "vitest";
import { draftPath, packagePath, runProgram } from "../helpers/program.js";

/** As `runProgram`, with the package loaded as where polls do not work; its workers take after it. */
function runByThread(body: string, options: { stays?: RegExp } = {}) {
  const load = `
    process.env.ZMQ_NATIVE_WITHOUT = "polls";
    const zmq = require(${JSON.stringify(packagePath)});`;
  return runProgram(load + body, { ...options, loads: false });
}

const ended = { code: 0, signal: null, stderr: "" };

test("a receive that waits keeps the process alive, and nothing else does", async () => {
  const waiting = await runByThread(
    `
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    pull.receive();
    console.log("waiting");`,
    { stays: /waiting/ },
  );
  expect(waiting.signal).toBe("SIGKILL");
  const idle = await runByThread(`
    const [pull, push] = [new zmq.Pull(), new zmq.Push()];
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint);
    for (let i = 0; i < 100; i++) {
      await push.send("x");
      await pull.receive();
    }
    await push.send("left behind");
    console.log("done");`);
  expect(idle).toMatchObject({ ...ended, stdout: "done\n" });
});

test("process.exit in the middle of traffic", async () => {
  const outcome = await runByThread(`
    const [one, other] = [new zmq.Pair({ linger: 0 }), new zmq.Pair({ linger: 0 })];
    await one.bind("tcp://127.0.0.1:*");
    other.connect(one.lastEndpoint);
    (async () => { for await (const message of one) await one.send(message); })();
    (async () => { for await (const _ of other); })();
    setTimeout(() => process.exit(0), 100);
    for (;;) await other.send("x");`);
  expect(outcome).toMatchObject(ended);
});

test("workers that are ended while they wait, and while messages come", async () => {
  const outcome = await runByThread(`
    const idle = \`const pull = new zmq.Pull(); pull.connect("inproc://nobody"); pull.receive(); parentPort.postMessage(1);\`;
    const busy = \`
      const [one, other] = [new zmq.Pair({ linger: 0 }), new zmq.Pair({ linger: 0 })];
      await one.bind("tcp://127.0.0.1:*");
      other.connect(one.lastEndpoint);
      (async () => { for await (const _ of other); })();
      parentPort.postMessage(1);
      for (;;) await one.send("x");\`;
    for (let i = 0; i < 10; i++) {
      for (const body of [idle, busy]) {
        const worker = startWorker(body);
        await firstMessage(worker);
        await worker.terminate();
      }
    }
    console.log("done");`);
  expect(outcome).toMatchObject({ ...ended, stdout: "done\n" });
});

test("traffic that nobody asks for costs nothing", async () => {
  const outcome = await runByThread(`
    const [publisher, subscriber] = [new zmq.XPublisher(), new zmq.Subscriber()];
    await publisher.bind("tcp://127.0.0.1:*");
    subscriber.connect(publisher.lastEndpoint);
    subscriber.subscribe();
    await publisher.receive();
    for (let i = 0; i < 100; i++) await publisher.send(String(i));
    await subscriber.receive();
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000 < 100 ? "idle" : "busy");
    process.exit();`);
  expect(outcome.stdout).toBe("idle\n");
});

test("sockets without a descriptor of their own", async () => {
  const outcome = await runByThread(`
    const { Client, Server } = require(${JSON.stringify(draftPath)});
    const [server, client] = [new Server(), new Client()];
    await server.bind("tcp://127.0.0.1:*");
    client.connect(server.lastEndpoint);
    (async () => { for await (const [frame, tag] of server) await server.send(frame, tag); })();
    for (let i = 0; i < 500; i++) {
      await client.send(String(i));
      const [frame] = await client.receive();
      if (String(frame) !== String(i)) throw new Error(frame + " in the place of " + i);
    }
    server.close();
    client.close();
    console.log("done");`);
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "done\n" });
});
