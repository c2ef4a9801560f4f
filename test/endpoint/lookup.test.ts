// A name server that does not answer must hold up nothing but the connection that waits for it.

import { describe, expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import { namespacesMissing, withinNamespaces } from "../helpers/namespaces.js";
import { runProgram } from "../helpers/program.js";

const reason = namespacesMissing();
if (reason) console.warn(`SKIP name servers that do not answer: ${reason}`);

// A name server that takes questions and does not answer; `asked()` resolves when it was asked.
const silence = `
  const { once } = require("node:events");
  const server = require("node:dgram").createSocket("udp4");
  server.bind(53, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const { monitorEventLoopDelay } = require("node:perf_hooks");
  // How late the event loop is meanwhile, in milliseconds.
  const delayDuring = async (work) => {
    const histogram = monitorEventLoopDelay({ resolution: 1 });
    histogram.enable();
    await work();
    // What blocks the loop is recorded when the loop goes on.
    await new Promise((resolve) => setTimeout(resolve, 10));
    histogram.disable();
    return { usual: histogram.percentile(50) / 1e6, worst: histogram.max / 1e6 };
  };
  // What a name server says that knows one address for all names.
  const answer = (question, host) => {
    // Less the additional record that a question may end with.
    const end = question.indexOf(0, 12) + 5;
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...host]);
    const message = Buffer.concat([question.subarray(0, end), record]);
    message[2] = 0x81;
    message[3] = 0x80;
    message.writeUInt16BE(1, 6);
    message.writeUInt16BE(0, 10);
    return message;
  };
  const asked = () => new Promise((resolve) => { server.ref(); server.once("message", () => { server.unref(); resolve(); }); });
`;

interface Delay {
  usual: number;
  worst: number;
}

/** Milliseconds: less than the 5000 that a lookup takes, and more than other programs on the machine delay this one. */
const mostDelay = 4000;

/** The event loop is hardly later than without a lookup. */
function expectSmall({ usual, worst }: Delay, without: Delay): void {
  expect(usual).toBeLessThan(without.usual + 20);
  expect(worst).toBeLessThan(without.worst + mostDelay);
}

/** What a program prints, as JSON. */
const run = async (body: string) => {
  const { stdout, ...outcome } = await runProgram(silence + body, { within: withinNamespaces() });
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  return JSON.parse(stdout);
};

describe.skipIf(reason)(`a name server that does not answer${reason ? ` (skipped: ${reason})` : ""}`, () => {
  // Without vendor/patches/libzmq/names/lookup-threads.patch nothing is delivered for five seconds.
  test.each(["tcp://never.example:5555", "ws://never.example:5555/path", "socks"])(
    "scenario 28: %s: other sockets of the context deliver, and the event loop runs",
    async (endpoint) => {
      const { without, delay, delivered, longest, connecting } = await run(`
        const pull = new zmq.Pull();
        const push = new zmq.Push({ linger: 0 });
        await pull.bind("tcp://127.0.0.1:*");
        push.connect(pull.lastEndpoint);
        let delivered;
        let longest;
        const exchange = async () => {
          delivered = 0;
          longest = 0;
          const end = performance.now() + 1000;
          while (performance.now() < end) {
            const sent = performance.now();
            await push.send("x");
            await pull.receive();
            longest = Math.max(longest, performance.now() - sent);
            delivered++;
            if (delivered % 64 === 0) await new Promise(setImmediate);
          }
        };
        const without = await delayDuring(exchange);

        const question = asked();
        const socks = ${JSON.stringify(endpoint)} === "socks";
        const lost = new zmq.Push({ linger: 0, ...(socks && { socksProxy: "never.example:1080" }) });
        const before = performance.now();
        lost.connect(socks ? "tcp://127.0.0.1:5555" : ${JSON.stringify(endpoint)});
        const connecting = performance.now() - before;
        await question;
        const delay = await delayDuring(exchange);
        for (const socket of [lost, push, pull]) socket.close();
        console.log(JSON.stringify({ without, delay, delivered, longest, connecting }));
      `);
      expect(delivered).toBeGreaterThan(100);
      expect(longest).toBeLessThan(mostDelay);
      expect(connecting).toBeLessThan(mostDelay);
      expectSmall(delay, without);
    },
  );

  test("a bind to a name leaves the event loop running, and fails in the end", async () => {
    const { without, delay, code } = await run(`
      const without = await delayDuring(() => new Promise((resolve) => setTimeout(resolve, 500)));
      const pull = new zmq.Pull();
      let code;
      const delay = await delayDuring(async () => {
        code = await pull.bind("tcp://never.example:*").then(() => "bound", ({ code }) => code);
      });
      pull.close();
      console.log(JSON.stringify({ without, delay, code }));
    `);
    expect(code).toBe("ENODEV");
    expectSmall(delay, without);
  });

  test("closing, and the end of the process, wait for no lookup", async () => {
    const { closing } = await run(`
      const question = asked();
      const sockets = Array.from({ length: 100 }, () => new zmq.Push({ linger: 0 }));
      for (const socket of sockets) socket.connect("tcp://never.example:5555");
      await question;
      const context = new zmq.Context();
      const own = new zmq.Push({ context, linger: 0 });
      own.connect("tcp://never.example:5556");
      const before = performance.now();
      for (const socket of sockets) socket.close();
      own.close();
      await context.close();
      console.log(JSON.stringify({ closing: performance.now() - before }));
      process.on("exit", () => { process.exitCode = performance.now() - before > ${mostDelay} ? 3 : 0; });
    `);
    expect(closing).toBeLessThan(mostDelay);
  });

  test("connected and disconnected while the name is looked up, again and again", async () => {
    const rounds = await run(`
      const push = new zmq.Push({ linger: 0 });
      let rounds = 0;
      const end = performance.now() + 1000;
      while (performance.now() < end) {
        const names = Array.from({ length: 8 }, (_, i) => "tcp://never" + i + ".example:5555");
        for (const name of names) push.connect(name);
        if (rounds % 3) await new Promise(setImmediate);
        for (const name of names) push.disconnect(name);
        rounds++;
      }
      push.close();
      console.log(rounds);
    `);
    expect(rounds).toBeGreaterThan(10);
  });

  test("a name that is found at last, and then has another address", async () => {
    const messages = await run(`
      const bound = new zmq.Pull();
      await bound.bind("tcp://127.0.0.1:*");
      const named = bound.lastEndpoint.replace("127.0.0.1", "moving.example");
      const moved = new zmq.Pull();
      await moved.bind(bound.lastEndpoint.replace("127.0.0.1", "127.0.0.2"));
      let host;
      server.on("message", (question, { port, address }) => {
        if (host !== undefined) server.send(answer(question, host), port, address);
      });
      server.ref();
      const push = new zmq.Push({ linger: 0, reconnectInterval: 10, immediate: true });
      const question = asked();
      push.connect(named);
      await question;
      host = [127, 0, 0, 1];
      await push.send("at last");
      const messages = await bound.receive();
      host = [127, 0, 0, 2];
      bound.close();
      // Sent to whoever is connected at the moment; the first may still be on its way to who has gone.
      const moving = moved.receive();
      let arrived = false;
      moving.then(() => { arrived = true; });
      while (!arrived) {
        if (push.writable) await push.send("elsewhere");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      messages.push(...(await moving));
      server.unref();
      for (const socket of [push, moved]) socket.close();
      console.log(JSON.stringify(messages.map(String)));
    `);
    expect(messages).toEqual(["at last", "elsewhere"]);
  });
});

test("a name that is found is connected to, and disconnected by that name", async () => {
  using pull = new Pull();
  using push = new Push({ linger: 0 });
  await pull.bind("tcp://127.0.0.1:*");
  const named = (pull.lastEndpoint as string).replace("127.0.0.1", "localhost");
  push.connect(named);
  await push.send("by name");
  expect(String(await pull.receive())).toBe("by name");
  push.disconnect(named);
  expect(() => push.disconnect(named)).toThrow("No such endpoint");
});
