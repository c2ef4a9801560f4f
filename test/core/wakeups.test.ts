// Many sockets that become ready in the same turn of the event loop: one call of JavaScript reports up to 64 of them.

import { describe, expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import { Client, Server } from "zmq-native/draft";
import { draftPath, patience, runProgram } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";

/** More than one call reports. */
const many = 150;

/** Pairs of sockets over inproc. A message to each makes all receivers ready in the same turn. */
async function pairs<S extends Push | Client, R extends Pull | Server>(sender: () => S, receiver: () => R) {
  const senders: S[] = [];
  const receivers: R[] = [];
  for (let index = 0; index < many; index++) {
    const [to, from] = [receiver(), sender()];
    await to.bind(freshEndpoint("inproc"));
    from.connect(to.lastEndpoint as string);
    receivers.push(to);
    senders.push(from);
  }
  return {
    senders,
    receivers,
    [Symbol.dispose]() {
      for (const socket of [...senders, ...receivers]) socket.close();
    },
  };
}

describe("sockets that become ready in the same turn", () => {
  const types = {
    "with descriptors": () =>
      pairs(
        () => new Push({ linger: 0 }),
        () => new Pull(),
      ),
    "that are thread-safe": () =>
      pairs(
        () => new Client({ linger: 0 }),
        () => new Server(),
      ),
  };
  test.each(Object.entries(types))(
    "%s all receive their message, in each of many rounds",
    async (_, open) => {
      using sockets = await open();
      for (let round = 0; round < 20; round++) {
        const waiting = sockets.receivers.map((receiver) => receiver.receive());
        for (const [index, sender] of sockets.senders.entries()) sender.trySend(`${round} ${index}`);
        const received = (await Promise.all(waiting)).map(([frame]) => String(frame));
        expect(received).toEqual(sockets.senders.map((_, index) => `${round} ${index}`));
      }
    },
  );

  test("settle each pending receive if the first one closes all others", async () => {
    using sockets = await pairs(
      () => new Push({ linger: 0 }),
      () => new Pull(),
    );
    const waiting = sockets.receivers.map((pull, index) =>
      pull.receive().then(
        (message) => {
          for (const other of sockets.receivers) if (other !== pull) other.close();
          return `${index} ${message}`;
        },
        ({ code }) => code,
      ),
    );
    for (const push of sockets.senders) push.trySend("message");
    const results = await Promise.all(waiting);
    // `close` tries once more, so no message is lost.
    expect(results).toEqual(sockets.senders.map((_, index) => `${index} message`));
  });

  test("open others in the place of closed ones, which receive only their own messages", async () => {
    using sockets = await pairs(
      () => new Push({ linger: 0 }),
      () => new Pull(),
    );
    const opened: Promise<string>[] = [];
    const waiting = sockets.receivers.map((pull) =>
      pull.receive().then(() => {
        pull.close();
        const [to, from] = [new Pull(), new Push({ linger: 0 })];
        to.bindSync(freshEndpoint("inproc"));
        from.connect(to.lastEndpoint as string);
        const receiving = to.receive().then(String);
        from.trySend("to the new socket");
        opened.push(receiving);
        return receiving.finally(() => {
          to.close();
          from.close();
        });
      }),
    );
    for (const push of sockets.senders) push.trySend("to the first socket");
    await Promise.all(waiting);
    expect(await Promise.all(opened)).toEqual(Array(many).fill("to the new socket"));
  });

  test("let timers run while all of them have messages", { timeout: patience }, async () => {
    using sockets = await pairs(
      () => new Push({ linger: 0 }),
      () => new Pull(),
    );
    let received = 0;
    const loops = sockets.receivers.map(async (pull) => {
      for await (const _ of pull) received++;
    });
    let over = false;
    const sending = (async () => {
      while (!over) {
        for (const push of sockets.senders) push.trySend("message");
        await new Promise(setImmediate);
      }
    })();
    for (let timer = 0; timer < 20; timer++) await new Promise((resolve) => setTimeout(resolve, 1));
    over = true;
    await sending;
    expect(received).toBeGreaterThan(many);
    for (const pull of sockets.receivers) pull.close();
    await Promise.all(loops);
  });
});

const open = `
  const sockets = [];
  for (let index = 0; index < ${many}; index++) {
    const pull = new zmq.Pull();
    pull.bindSync("inproc://" + index);
    const push = new zmq.Push({ linger: 0 });
    push.connect("inproc://" + index);
    sockets.push({ pull, push });
  }
  const receive = () => sockets.map(({ pull }) => pull.receive());
  const send = () => sockets.forEach(({ push }, index) => push.trySend("" + index));`;

describe("a program whose sockets become ready in the same turn", () => {
  test("exits by itself when all have received", async () => {
    const outcome = await runProgram(
      `${open} const waiting = receive(); send(); await Promise.all(waiting); console.log("received");`,
    );
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "received\n" });
  });

  test("stays alive for those that receive again", async () => {
    const outcome = await runProgram(`
      ${open}
      const waiting = receive();
      send();
      await Promise.all(waiting);
      const again = sockets[100].pull.receive();
      setTimeout(() => sockets[100].push.trySend("again"), 50).unref();
      console.log(String(await again));
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "again\n" });
  });

  test("reports errors that continuations throw, and serves the others", async () => {
    const outcome = await runProgram(`
      ${open}
      let failed = 0;
      let received = 0;
      process.on("uncaughtException", () => failed++);
      for (const one of receive()) {
        one.then(() => {
          received++;
          queueMicrotask(() => { throw undefined; });
        });
      }
      send();
      process.on("exit", () => console.log(received, failed));
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: `${many} ${many}\n` });
  });

  test("may exit in the middle", async () => {
    const outcome = await runProgram(
      `${open} const [, second] = receive(); second.then(() => process.exit()); send();`,
    );
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  });

  test("may end its worker in the middle", async () => {
    const outcome = await runProgram(`
      for (let round = 0; round < 5; round++) {
        const worker = startWorker(\`${open.replaceAll("inproc://", "inproc://w")}
          const waiting = receive();
          waiting[3 + workerData].then(() => process.exit());
          send();\`, round);
        worker.on("error", (error) => console.log(error));
        await new Promise((resolve) => worker.once("exit", resolve));
      }
      console.log("ended");
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "ended\n" });
  });
});

test("an error in the wake-up of one socket does not lose those of others", async () => {
  const outcome = await runProgram(
    `
    const { Client, Server } = require(${JSON.stringify(draftPath)});
    const uncaught = [];
    process.on("uncaughtException", ({ message }) => uncaught.push(message));
    const observed = new zmq.Pull();
    observed.events;
    const pairs = [];
    for (let i = 0; i < 8; i++) {
      const [server, client] = [new Server(), new Client()];
      await server.bind("tcp://127.0.0.1:*");
      client.connect(server.lastEndpoint);
      await client.send("0");
      await server.receive();
      pairs.push({ server, client });
    }
    const receiving = pairs.map(({ server }) => server.receive());
    await new Promise((resolve) => setTimeout(resolve, 50));
    // Throws in the observer only, whose messages have several frames.
    Object.defineProperty(Array.prototype, 0, {
      configurable: true,
      set(value) {
        if (Array.isArray(value) && value.length >= 4) throw new Error("setter");
        Object.defineProperty(this, 0, { value, writable: true, enumerable: true, configurable: true });
      },
    });
    observed.bindSync("tcp://127.0.0.1:*");
    for (const { client } of pairs) client.trySend("1");
    const end = Date.now() + 100;
    while (Date.now() < end);
    await Promise.all(receiving);
    delete Array.prototype[0];
    console.log(uncaught.includes("setter"), "all received");
    process.exit();
  `,
  );
  expect(outcome).toMatchObject({ code: 0, stdout: "true all received\n" });
});

test("a send that user code completes in the middle of a wake-up is not repeated", async () => {
  const outcome = await runProgram(`
    const first = new zmq.Pair({ sendHighWaterMark: 1 }), second = new zmq.Pair({ receiveHighWaterMark: 1 });
    await first.bind("inproc://first");
    second.connect("inproc://first");
    let queued = 0;
    while (first.trySend("early")) queued++;
    const receiving = first.receive(), sending = first.send("last");
    await new Promise((resolve) => setTimeout(resolve, 50));
    let calls = 0;
    // Runs when the receive resolves. A flush retries the send.
    Object.defineProperty(Array.prototype, "then", {
      configurable: true,
      get() { if (calls++ === 0) first.flush().catch(() => {}); },
    });
    second.trySend("message");
    const received = [];
    const take = () => { for (let message; (message = second.tryReceive()); ) received.push(String(message[0])); };
    take();
    await new Promise((resolve) => setTimeout(resolve, 100));
    delete Array.prototype.then;
    await receiving;
    await sending;
    for (let i = 0; i < 20; i++) { take(); await new Promise(setImmediate); }
    console.log(received.filter((text) => text === "last").length, calls > 0, received.length === queued + 1);
    process.exit();
  `);
  expect(outcome).toMatchObject({ code: 0, stdout: "1 true true\n" });
});
