// Waits by a thread of the addon, for runtimes whose polls do not work: process lifetime, shutdown and CPU use.
// test/runtimes/runtimes.test.ts runs the core of the suite in this mode and so checks that no wake-up is lost.

import { expect, test } from "vitest";
import { draftPath, leastCpu, packagePath, runProgram } from "../helpers/program.js";

/** Like `runProgram`, but loads the package as in runtimes without working polls. Workers inherit this. */
function runByThread(body: string, options: { stays?: RegExp } = {}) {
  const load = `
    process.env.ZMQ_NATIVE_WITHOUT = "polls";
    const zmq = require(${JSON.stringify(packagePath)});`;
  return runProgram(load + body, { ...options, loads: false });
}

const ended = { code: 0, signal: null, stderr: "" };

test("only a pending receive keeps the process alive", async () => {
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

test("process.exit during traffic ends the process cleanly", async () => {
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

test("workers can be terminated while they wait and while messages arrive", async () => {
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

test("messages that nobody receives use no CPU time", async () => {
  const outcome = await runByThread(`${leastCpu}
    const [publisher, subscriber] = [new zmq.XPublisher(), new zmq.Subscriber()];
    await publisher.bind("tcp://127.0.0.1:*");
    subscriber.connect(publisher.lastEndpoint);
    subscriber.subscribe();
    await publisher.receive();
    for (let i = 0; i < 100; i++) await publisher.send(String(i));
    await subscriber.receive();
    console.log((await leastCpu(300)) < 100 ? "idle" : "busy");
    process.exit();`);
  expect(outcome.stdout).toBe("idle\n");
});

test("sockets without their own descriptor exchange messages", async () => {
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
