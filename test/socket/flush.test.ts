import { once } from "node:events";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Router,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { Channel, Client, Dish, Gather, Peer, Radio, Scatter, Server } from "zmq-native/draft";
import { join } from "../helpers/pairs.js";
import { patience, runProgram } from "../helpers/program.js";
import { freshEndpoint, whenFree } from "../helpers/transports.js";

const networks = ["tcp", "ipc"] as const;

/** Whether the promise is pending after libzmq and the event loop have had time to settle it. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setTimeout(resolve, 30));
  return !settled;
}

describe("flush", () => {
  test.each(networks)("over %s waits for a peer that reads slowly", async (transport) => {
    using pair = await join(
      new Pull({ receiveHighWaterMark: 1 }),
      new Push({ sendHighWaterMark: 0 }),
      transport,
    );
    const { bound: pull, connected: push } = pair;
    const count = 40;
    // More than the kernel buffers.
    for (let id = 0; id < count; id++) await push.send(Buffer.alloc(1_000_000, id));
    const flushed = push.flush();
    expect(await isPending(flushed)).toBe(true);
    await expect(push.flush.call(pull)).resolves.toBeUndefined();
    for (let id = 0; id < count; id++) expect((await pull.receive())[0]![0]).toBe(id);
    await flushed;
    await push.flush();
  });

  test.each(networks)(
    "over %s, messages arrive although the process is killed afterwards",
    async (transport) => {
      using pull = new Pull();
      await pull.bind(freshEndpoint(transport));
      const exited = runProgram(`
      const push = new zmq.Push({ sendHighWaterMark: 0 });
      push.connect(${JSON.stringify(pull.lastEndpoint)});
      for (let id = 0; id < 500; id++) push.send([String(id), Buffer.alloc(id % 7 === 0 ? 300000 : 3000)]);
      await push.flush();
      process.kill(process.pid, "SIGKILL");
    `);
      for (let id = 0; id < 500; id++) {
        expect(String((await pull.receive({ timeout: patience }))[0])).toBe(`${id}`);
      }
      expect(await exited).toMatchObject({ signal: "SIGKILL" });
    },
  );

  test("resolves at once without messages, without endpoints, and over inproc", async () => {
    using push = new Push();
    await push.flush({ timeout: 1000 });
    using pair = await join(new Pull(), new Push(), "inproc");
    await pair.connected.send("1");
    await pair.connected.flush({ timeout: 1000 });
    expect(String(await pair.bound.receive())).toBe("1");
  });

  test("over inproc, waits until a socket binds", async () => {
    const endpoint = freshEndpoint("inproc");
    using push = new Push();
    push.connect(endpoint);
    await push.flush();
    for (const text of ["1", "2"]) await push.send(text);
    const flushed = push.flush();
    expect(await isPending(flushed)).toBe(true);
    using pull = new Pull();
    await pull.bind(endpoint);
    await flushed;
    // Otherwise these would be lost.
    push.close({ linger: 0 });
    for (const text of ["1", "2"]) expect(String(await pull.receive())).toBe(text);
  });

  test("over inproc, waits after a disconnect, and no longer for messages that the disconnect drops", async () => {
    for (const linger of [-1, 0]) {
      const endpoint = freshEndpoint("inproc");
      using push = new Push({ linger });
      push.connect(endpoint);
      await push.send("1");
      const flushed = push.flush();
      push.disconnect(endpoint);
      if (linger === -1) expect(await isPending(flushed)).toBe(true);
      else await flushed;
      using pull = new Pull();
      await pull.bind(endpoint);
      await flushed;
      if (linger === -1) expect(String(await pull.receive())).toBe("1");
    }
  });

  test("over inproc, resolves when another thread binds", async () => {
    for (let round = 0; round < 10; round++) {
      const outcome = await runProgram(`
        const context = new zmq.Context();
        const push = new zmq.Push({ context });
        push.connect("inproc://other-thread");
        await push.send("hello");
        const flushed = push.flush();
        const worker = startWorker(\`
          const pull = new zmq.Pull({ context: zmq.Context.attach(workerData) });
          pull.bindSync("inproc://other-thread");
          parentPort.once("message", async () => {
            parentPort.postMessage(String(await pull.receive()));
          });
        \`, context.token);
        await flushed;
        push.close({ linger: 0 });
        worker.postMessage("go on");
        console.log(await firstMessage(worker));
        await worker.terminate();
      `);
      expect(outcome).toMatchObject({ code: 0, stdout: "hello\n", stderr: "" });
    }
  });

  test("resolves after a disconnect at the moment when the connection is lost", async () => {
    using xpub = new XPublisher();
    await xpub.bind(freshEndpoint("tcp"));
    const subscriptions = (async () => {
      for await (const _ of xpub);
    })();
    const port = Number(xpub.lastEndpoint!.split(":")[2]);
    // Forwards to the XPublisher. Destroying a connection of it is what the test needs.
    const connections = createServer((near) => {
      const far = createConnection(port, "127.0.0.1");
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.on("error", () => {}).on("close", () => other.destroy());
        one.pipe(other);
      }
      connections.emit("accepted", near);
    });
    connections.listen(0, "127.0.0.1");
    await once(connections, "listening");
    const endpoint = `tcp://127.0.0.1:${(connections.address() as AddressInfo).port}`;
    for (let round = 0; round < 200; round++) {
      const xsub = new XSubscriber({ linger: -1, reconnectInterval: 1 });
      const accepted = once(connections, "accepted");
      xsub.connect(endpoint);
      const [connection] = await accepted;
      await xsub.send(Buffer.from([1, 65]));
      connection.destroy();
      // In some rounds the I/O thread replaces the pipe, as it does for subscribers, at the moment of the disconnect.
      for (let spin = (round % 40) * 100; spin > 0; spin--);
      xsub.disconnect(endpoint);
      if (round % 2 === 0) await xsub.flush();
      await xsub.close({ linger: -1 });
    }
    connections.close();
    xpub.close();
    await subscriptions;
  });

  test("waits for a first peer, and ends with its timeout, its signal or the socket", async () => {
    const push = new Push({ distinctErrors: true, reconnectInterval: 5, linger: 0 });
    using pull = new Pull();
    await pull.bind(freshEndpoint("tcp"));
    const endpoint = pull.lastEndpoint as string;
    await pull.unbind(endpoint);
    push.connect(endpoint);
    await push.send("1");
    await expect(push.flush({ timeout: 10 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
    const controller = new AbortController();
    const aborted = push.flush({ signal: controller.signal });
    const second = push.flush({ timeout: 10 });
    await expect(second).rejects.toMatchObject({ code: "ETIMEDOUT" });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(push.flush({ signal: controller.signal })).rejects.toThrow("enough");
    const flushed = push.flush();
    await whenFree(() => pull.bind(endpoint));
    await flushed;
    expect(String(await pull.receive())).toBe("1");
    push.close();
    const lonely = new Push({ distinctErrors: true, linger: 0 });
    lonely.connect("tcp://127.0.0.1:9");
    await lonely.send("2");
    const closed = lonely.flush();
    lonely.close();
    await expect(closed).rejects.toMatchObject({ code: "ECANCELED" });
    expect(() => push.flush()).toThrow(expect.objectContaining({ code: "EBADF" }));
    expect(() => push.flush({ timeout: "1" as never })).toThrow(TypeError);
  });

  test("rejects if the socket is closed while sends wait in the queue", async () => {
    const push = new Push({ sendQueue: {}, distinctErrors: true, linger: 0 });
    const sent = push.send("1");
    const flushed = push.flush();
    push.close();
    for (const each of [sent, flushed]) await expect(each).rejects.toMatchObject({ code: "ECANCELED" });
  });

  test("waits for pending sends, a sendMany and the send queue", async () => {
    for (const sendQueue of [null, {}]) {
      using push = new Push({ sendQueue, sendHighWaterMark: 1 });
      const controller = new AbortController();
      const sends: Promise<unknown>[] = [push.send("1", { signal: controller.signal })];
      if (sendQueue) sends.push(push.sendMany(["2", "3"]), push.send("4"));
      const flushed = push.flush();
      expect(await isPending(flushed)).toBe(true);
      using pull = new Pull({ receiveHighWaterMark: 1 });
      await pull.bind(freshEndpoint("tcp"));
      push.connect(pull.lastEndpoint as string);
      for (let id = 1; id <= sends.length + (sendQueue ? 1 : 0); id++) {
        expect(String(await pull.receive())).toBe(`${id}`);
      }
      await flushed;
      await Promise.all(sends);
    }
  });

  test("resolves when a sendMany ends that takes several turns of the event loop", async () => {
    using pair = await join(new Pull({ receiveHighWaterMark: 0 }), new Push({ sendHighWaterMark: 0 }), "tcp");
    const { bound: pull, connected: push } = pair;
    for (let round = 0; round < 100; round++) {
      // The end of some of these is after the last signal of libzmq.
      const count = 256 * (1 + (round % 20));
      const many = push.sendMany(Array<string>(count).fill("."));
      // Its timeout would try once more.
      await push.flush();
      await many;
      for (let left = count; left > 0; left--) await pull.receive();
    }
  });

  test("resolves when the last pending send is aborted", async () => {
    using push = new Push();
    const controller = new AbortController();
    const send = push.send("1", { signal: controller.signal }).catch(() => {});
    const flushed = push.flush();
    expect(await isPending(flushed)).toBe(true);
    controller.abort();
    await flushed;
    await send;
  });

  test("waits for every peer of a Publisher, and no longer for one that disconnects", async () => {
    using publisher = new Publisher({ sendHighWaterMark: 0 });
    await publisher.bind(freshEndpoint("tcp"));
    const subscribers = [0, 1].map(() => new Subscriber({ receiveHighWaterMark: 1 }));
    for (const subscriber of subscribers) {
      subscriber.connect(publisher.lastEndpoint as string);
      subscriber.subscribe();
    }
    await publisher.waitForSubscribers(2);
    for (let id = 0; id < 40; id++) await publisher.send(Buffer.alloc(1_000_000));
    const flushed = publisher.flush();
    for (let id = 0; id < 40; id++) await subscribers[0]!.receive();
    expect(await isPending(flushed)).toBe(true);
    await subscribers[1]!.close({ linger: 0 });
    await flushed;
    subscribers[0]!.close();
  });

  test("counts only the newest message of a Push with conflate", async () => {
    using push = new Push({ conflate: true, reconnectInterval: 5 });
    using pull = new Pull();
    await pull.bind(freshEndpoint("tcp"));
    const endpoint = pull.lastEndpoint as string;
    await pull.unbind(endpoint);
    push.connect(endpoint);
    for (let id = 0; id < 10; id++) await push.send(`${id}`);
    const flushed = push.flush();
    expect(await isPending(flushed)).toBe(true);
    await whenFree(() => pull.bind(endpoint));
    await flushed;
    expect(String(await pull.receive())).toBe("9");
    await push.send("10");
    await push.flush();
    expect(String(await pull.receive())).toBe("10");
  });

  const noLimits = { sendHighWaterMark: 0, receiveHighWaterMark: 1 };
  const big = Buffer.alloc(1_000_000);
  interface Type {
    receiver: Pair | Dealer | Subscriber | Dish | Gather | Channel | Server | Peer;
    sender: { flush(): Promise<void>; connect?(address: string): void };
    send(): Promise<void>;
    begin?(): unknown;
  }
  const types: Record<string, () => Type> = {
    Pair: () => {
      const sender = new Pair(noLimits);
      return { receiver: new Pair(noLimits), sender, send: () => sender.send(big) };
    },
    Dealer: () => {
      const sender = new Dealer(noLimits);
      return { receiver: new Dealer(noLimits), sender, send: () => sender.send(big) };
    },
    XPublisher: () => {
      const sender = new XPublisher(noLimits);
      const receiver = new Subscriber({ receiveHighWaterMark: 1 });
      receiver.subscribe();
      return { receiver, sender, send: () => sender.send(big), begin: () => sender.receive() };
    },
    Radio: () => {
      const sender = new Radio({ sendHighWaterMark: 0 });
      const receiver = new Dish({ receiveHighWaterMark: 1 });
      receiver.join("group");
      // No event tells when the group has arrived.
      const begin = async () => {
        while (receiver.tryReceive() === undefined) {
          await sender.send("are you there?", { group: "group" });
          await new Promise(setImmediate);
        }
      };
      return { receiver, sender, send: () => sender.send(big, { group: "group" }), begin };
    },
    Scatter: () => {
      const sender = new Scatter({ sendHighWaterMark: 0 });
      return { receiver: new Gather({ receiveHighWaterMark: 1 }), sender, send: () => sender.send(big) };
    },
    Channel: () => {
      const sender = new Channel(noLimits);
      return { receiver: new Channel(noLimits), sender, send: () => sender.send(big) };
    },
    Client: () => {
      const sender = new Client(noLimits);
      return { receiver: new Server(noLimits), sender, send: () => sender.send(big) };
    },
  };

  test.each(Object.entries(types))("works on a %s", async (_, make) => {
    const { receiver, sender, send, begin } = make();
    await receiver.bind(freshEndpoint("tcp"));
    sender.connect!(receiver.lastEndpoint as string);
    await begin?.();
    const count = 30;
    for (let id = 0; id < count; id++) await send();
    const flushed = sender.flush();
    expect(await isPending(flushed)).toBe(true);
    for (let left = count; left > 0; ) {
      const [frame] = await receiver.receive();
      if ((frame as Buffer).length === big.length) left--;
    }
    await flushed;
    (sender as Pair).close();
    receiver.close();
  });

  test("works on a Peer and a Server", async () => {
    using peer = new Peer(noLimits);
    using other = new Peer(noLimits);
    await other.bind(freshEndpoint("tcp"));
    const routingId = peer.connectPeer(other.lastEndpoint as string);
    using server = new Server(noLimits);
    using client = new Client(noLimits);
    await server.bind(freshEndpoint("tcp"));
    client.connect(server.lastEndpoint as string);
    await client.send("hello");
    const [, from] = await server.receive();
    const directions = [
      [peer, other, routingId],
      [server, client, from.routingId],
    ] as const;
    for (const [sender, receiver, routingId] of directions) {
      for (let id = 0; id < 30; id++) await sender.send(big, { routingId });
      const flushed = sender.flush();
      expect(await isPending(flushed)).toBe(true);
      for (let id = 0; id < 30; id++) await receiver.receive();
      await flushed;
    }
  });

  test("after a connection is lost, waits for the messages that are still queued", async () => {
    using push = new Push({ sendHighWaterMark: 0, reconnectInterval: 5 });
    const { events } = push;
    const pull = new Pull({ receiveHighWaterMark: 1 });
    await pull.bind(freshEndpoint("tcp"));
    const endpoint = pull.lastEndpoint as string;
    push.connect(endpoint);
    for (let id = 0; id < 60; id++) await push.send(Buffer.alloc(1_000_000));
    const flushed = push.flush();
    expect(await isPending(flushed)).toBe(true);
    await pull.close({ linger: 0 });
    for await (const { type } of events) if (type === "disconnect") break;
    expect(await isPending(flushed)).toBe(true);
    using other = new Pull();
    await whenFree(() => other.bind(endpoint));
    await flushed;
    // The rest of the queue, without the messages that were lost with the connection.
    expect((await other.receive())[0]).toHaveLength(1_000_000);
  });

  test("works on a Router, a Stream and a Radio over udp", async () => {
    using pair = await join(new Router({ mandatory: true }), new Dealer({ routingId: "peer" }), "tcp");
    await pair.connected.send("hello");
    await pair.bound.receive();
    await pair.bound.send(["peer", "reply"]);
    await pair.bound.flush();
    expect(String(await pair.connected.receive())).toBe("reply");

    using streams = await join(new Stream({ notify: false }), new Stream(), "tcp");
    const [id] = await streams.connected.receive();
    await streams.connected.send([id, "bytes"]);
    await streams.connected.flush();
    expect(String((await streams.bound.receive())[1])).toBe("bytes");

    using dish = new Dish();
    await dish.bind("udp://127.0.0.1:*").catch(() => dish.bind("udp://127.0.0.1:47211"));
    dish.join("group");
    using radio = new Radio();
    radio.connect(dish.lastEndpoint as string);
    for (let id = 0; id < 10; id++) await radio.send(`${id}`, { group: "group" });
    await radio.flush();
    expect(String((await dish.receive())[0])).toBe("0");
  });

  test.each(networks)(
    "over %s, random messages arrive although the socket closes without linger",
    async (transport) => {
      const seed = (Math.random() * 2 ** 32) >>> 0;
      let state = seed;
      const pick = (limit: number) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * limit);
      };
      using pull = new Pull({ receiveHighWaterMark: 5 });
      await pull.bind(freshEndpoint(transport));
      for (let round = 0; round < 100; round++) {
        const push = new Push({ sendHighWaterMark: 0 });
        push.connect(pull.lastEndpoint as string);
        const sizes: number[] = [];
        const read = async (count: number) => {
          for (const size of sizes.splice(0, count)) {
            const frames = await pull.receive({ timeout: 10_000 });
            expect(
              frames.map(({ length }) => length),
              `seed ${seed}, round ${round}`,
            ).toEqual([size, 1]);
          }
        };
        for (let left = 1 + pick(100); left > 0; left--) {
          const size = pick(10) === 0 ? pick(300_000) : pick(200);
          sizes.push(size);
          await push.send([Buffer.alloc(size), "."]);
          // Ends with EAGAIN if the kernel has no room.
          if (pick(20) === 0) await push.flush({ timeout: pick(5) }).catch(() => {});
          if (pick(10) === 0) await read(pick(5));
        }
        const reading = read(pick(sizes.length + 1));
        const flushed = push.flush();
        await reading;
        const rest = read(sizes.length);
        await flushed;
        await push.close({ linger: 0 });
        await rest;
      }
    },
  );

  test("is not delayed by requestPipeStats", async () => {
    using push = new Push({ linger: 0 });
    push.connect(freshEndpoint("inproc"));
    push.events.requestPipeStats();
    await push.flush({ timeout: 20_000 });
    push.events.requestPipeStats();
    await push.send("queued");
    await expect(push.flush({ timeout: 5 })).rejects.toMatchObject({ code: "EAGAIN" });
  });
});
