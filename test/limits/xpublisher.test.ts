// The subscriptions and messages that an XPublisher stores until the program receives them.

import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { Context, Proxy, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";
import { sanitizer, slowness, startProgram } from "../helpers/program.js";
import { freshEndpoint, transports } from "../helpers/transports.js";
import { command, frame, hello, RawPeer } from "../helpers/zmtp.js";

/** The number of notifications that libzmq stores. */
const kept = 65_536;

const endpointOf = (socket: { lastEndpoint: string | null }) => socket.lastEndpoint as string;
const topics = (count: number, name = "topic") => Array.from({ length: count }, (_, i) => `${name} ${i}`);

describe.each(transports)("over %s", (transport) => {
  test("a program that receives gets every subscription of many peers, in order for each peer", async () => {
    using publisher = new XPublisher();
    await publisher.bind(freshEndpoint(transport));
    expect(publisher.tryReceive()).toBeUndefined();
    const peers = 4;
    const each = 20_000;
    const subscribers = Array.from({ length: peers }, () => new Subscriber({ linger: 0 }));
    subscribers.forEach((subscriber, peer) => {
      subscriber.connect(endpointOf(publisher));
      subscriber.subscribe(...topics(each, `peer ${peer}`));
    });
    const next = Array.from({ length: peers }, () => 0);
    for (let i = 0; i < peers * each; i++) {
      const [frame] = await publisher.receive();
      const [, peer, number] = /^peer (\d) (\d+)$/.exec(String(frame!.subarray(1))) as unknown as [
        string,
        number,
        number,
      ];
      expect(Number(number)).toBe(next[peer]!++);
      // It does not receive for as long as the peers need to fill the store.
      if (i === 10) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(next).toEqual(Array.from({ length: peers }, () => each));
    for (const subscriber of subscribers) subscriber.close();
  });

  test("a program that never receives still publishes to every topic", async () => {
    using publisher = new XPublisher();
    await publisher.bind(freshEndpoint(transport));
    using subscriber = new Subscriber();
    const count = kept + 5000;
    subscriber.connect(endpointOf(publisher));
    const last = "the last topic";
    subscriber.subscribe(...topics(count), last);
    let received: string | undefined;
    const receiving = subscriber.receive().then(([frame]) => {
      received = String(frame);
    });
    while (received === undefined) {
      await publisher.send(last);
      await new Promise(setImmediate);
    }
    await receiving;
    expect(received).toBe(last);
    // A program that begins to receive gets the first ones, and later ones again.
    for (let i = 0; i < kept; i++) expect(String(publisher.tryReceive()![0])).toBe(`\x01topic ${i}`);
    expect(publisher.tryReceive()).toBeUndefined();
    subscriber.subscribe("after");
    expect(String((await publisher.receive())[0])).toBe("\x01after");
  });
});

test("a program that has received once, and then only publishes, gets new subscribers", async () => {
  using publisher = new XPublisher({ linger: 0 });
  await publisher.bind(freshEndpoint("inproc"));
  using filler = new Subscriber({ linger: 0 });
  filler.connect(endpointOf(publisher));
  filler.subscribe(...topics(kept + 5000));
  expect(String((await publisher.receive())[0])).toBe("\x01topic 0");
  using late = new Subscriber({ receiveTimeout: 30_000 });
  late.connect(endpointOf(publisher));
  late.subscribe("late");
  let received: string | undefined;
  const receiving = late.receive().then(([frame]) => {
    received = String(frame);
  });
  // After ten seconds without a receive, libzmq treats the program as one that only publishes.
  const timer = setInterval(() => void publisher.send("late").catch(() => {}), 20);
  await receiving.finally(() => clearInterval(timer));
  expect(received).toBe("late");
  // It can still receive the stored notifications.
  for (let i = 1; i < kept; i++) expect(String(publisher.tryReceive()![0])).toBe(`\x01topic ${i}`);
});

test("a program that publishes and receives slowly loses no subscription", async () => {
  using publisher = new XPublisher({ linger: 0 });
  await publisher.bind(freshEndpoint("inproc"));
  using filler = new Subscriber({ linger: 0 });
  filler.connect(endpointOf(publisher));
  const count = kept + 5000;
  filler.subscribe(...topics(count));
  let next = 0;
  const receive = async () => {
    expect(String((await publisher.receive())[0])).toBe(`\x01topic ${next++}`);
  };
  // Longer than libzmq waits before it treats the program as one that only publishes.
  const end = performance.now() + 12_000;
  while (performance.now() < end) {
    await receive();
    for (let i = 0; i < 50; i++) {
      await publisher.send("nobody's");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  while (next < count) await receive();
});

test("peers that disconnect with stored subscriptions leave nothing and lose none of the others'", async () => {
  using publisher = new XPublisher({ linger: 0 });
  await publisher.bind("tcp://127.0.0.1:*");
  expect(publisher.tryReceive()).toBeUndefined();
  const filler = new Subscriber({ linger: 0 });
  filler.connect(endpointOf(publisher));
  filler.subscribe(...topics(kept + 500, "filler"));
  expect(String((await publisher.receive())[0])).toBe("\x01filler 0");
  // These wait in their pipes behind the stored ones, and their peers disconnect.
  const going: RawPeer[] = [];
  for (let i = 0; i < 20; i++) {
    const peer = await RawPeer.enter(endpointOf(publisher), "SUB");
    for (let j = 0; j < 50; j++) peer.say(command("SUBSCRIBE", `going ${i} ${j}`));
    going.push(peer);
  }
  for (const peer of going) {
    peer.finish();
    await peer.ended;
  }
  using stays = new Subscriber();
  stays.connect(endpointOf(publisher));
  stays.subscribe("stays");
  filler.close();
  const active = new Set(["filler 0"]);
  while (!active.has("stays")) {
    const [frame] = await publisher.receive();
    const topic = String(frame!.subarray(1));
    if (frame![0] === 1) active.add(topic);
    else expect(active.delete(topic)).toBe(true);
  }
  // All disconnected peers have unsubscribed, sooner or later.
  while (active.size > 1) {
    const [frame] = await publisher.receive();
    const topic = String(frame!.subarray(1));
    if (frame![0] === 1) active.add(topic);
    else expect(active.delete(topic)).toBe(true);
  }
  expect([...active]).toEqual(["stays"]);
});

class ManualPublisher extends XPublisher {
  /** Subscribes the peer whose subscription was received last. */
  accept(topic: string): void {
    this.setStringOption(6, topic);
  }
}

test("in manual mode a message between two subscriptions does not affect them", async () => {
  using publisher = new ManualPublisher({ manual: true });
  await publisher.bind(freshEndpoint("inproc"));
  using first = new XSubscriber({ receiveTimeout: 5000 });
  using second = new XSubscriber({ receiveTimeout: 5000 });
  first.connect(endpointOf(publisher));
  second.connect(endpointOf(publisher));
  await first.send("user message");
  await first.send("\x01a");
  await second.send("\x01b");
  const received: string[] = [];
  while (received.length < 3) {
    const text = String((await publisher.receive())[0]);
    received.push(text);
    if (text.startsWith("\x01")) publisher.accept(text.slice(1));
  }
  expect(received.sort()).toEqual(["\x01a", "\x01b", "user message"]);
  // Each receives only the topics to which it has subscribed itself.
  await publisher.send("a1");
  await publisher.send("b1");
  expect(String((await first.receive())[0])).toBe("a1");
  expect(String((await second.receive())[0])).toBe("b1");
});

test("in manual mode no subscription is lost, however late the program receives", async () => {
  using publisher = new XPublisher({ manual: true });
  await publisher.bind(freshEndpoint("inproc"));
  using subscriber = new Subscriber({ linger: 0 });
  subscriber.connect(endpointOf(publisher));
  const count = kept + 5000;
  subscriber.subscribe(...topics(count));
  for (let i = 0; i < count; i++) expect(String((await publisher.receive())[0])).toBe(`\x01topic ${i}`);
});

test("user messages of several frames are stored or dropped as a whole", async () => {
  using publisher = new XPublisher();
  await publisher.bind(freshEndpoint("inproc"));
  using subscriber = new XSubscriber({ sendHighWaterMark: 0 });
  subscriber.connect(endpointOf(publisher));
  const count = kept;
  for (let i = 0; i < count; i++) await subscriber.send(["user", String(i), "end"]);
  // Reads them into the store without receiving.
  await publisher.send("to nobody");
  let whole = 0;
  for (let message = publisher.tryReceive(); message; message = publisher.tryReceive()) {
    expect(message.map(String)).toEqual(["user", String(whole++), "end"]);
  }
  expect(whole).toBeGreaterThan(10_000);
  expect(whole).toBeLessThanOrEqual(Math.ceil(kept / 3) + 1);
});

test("a proxy forwards 100,000 subscriptions", { timeout: 300_000 * slowness }, async () => {
  const context = new Context();
  const back = new XSubscriber({ context, linger: 0, sendHighWaterMark: 0 });
  const front = new XPublisher({ context, linger: 0 });
  await front.bind("tcp://127.0.0.1:*");
  await back.bind("tcp://127.0.0.1:*");
  const [frontEndpoint, backEndpoint] = [endpointOf(front), endpointOf(back)];
  const proxy = new Proxy(back, front);
  const running = proxy.run();
  const publisher = new XPublisher({ context, linger: 0 });
  publisher.connect(backEndpoint);
  const subscriber = new Subscriber({ context, linger: 0 });
  subscriber.connect(frontEndpoint);
  const count = 100_000;
  subscriber.subscribe(...topics(count));
  const forwarded = new Set<string>();
  while (forwarded.size < count) forwarded.add(String((await publisher.receive())[0]));
  await publisher.send(`topic ${count - 1}`);
  expect(String((await subscriber.receive())[0])).toBe(`topic ${count - 1}`);
  proxy.terminate();
  await running;
  publisher.close();
  subscriber.close();
  await context.close();
});

test("a Publisher in manual mode, which cannot receive, stores no notifications", async () => {
  using publisher = new Publisher();
  await publisher.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.enter(endpointOf(publisher), "SUB");
  peer.say(frame("\x01topic"));
  await publisher.waitForSubscribers(1);
  await publisher.send("topic");
  expect(await peer.hear((heard) => heard.includes("topic"))).toBe(true);
});

// A sanitizer keeps freed memory for a while to detect later uses.
const reason = sanitizer && `${sanitizer} keeps memory of its own`;
if (reason) console.warn(`SKIP memory of an XPublisher: ${reason}`);

/** The messages and their number of bytes: stored without a limit, each takes more than twice the allowed memory. */
const floods: [name: string, bytes: number, body: (i: number) => Buffer][] = [
  ["user messages", 150e6, () => frame(Buffer.alloc(1000, 2))],
  [
    "subscriptions and their ends in turn",
    30e6,
    (i) => command(i % 2 ? "CANCEL" : "SUBSCRIBE", `x${i >> 1}`),
  ],
  ["long topics in turn", 100e6, (i) => command(i % 2 ? "CANCEL" : "SUBSCRIBE", "x".repeat(1000))],
];

describe.skipIf(reason).each(floods)("memory under a flood of %s", (_, bytes, make) => {
  test.each([
    ["never receives", ""],
    ["has received once", "socket.tryReceive();"],
    ["is in manual mode", "manual"],
  ])("stays bounded when the program %s", { timeout: 120_000 }, async (_, first) => {
    await using program = startProgram(
      `
      const socket = new zmq.XPublisher({ manual: ${first === "manual"}, linger: 0 });
      await socket.bind("tcp://127.0.0.1:*");
      ${first === "manual" ? "" : first}
      say(socket.lastEndpoint);
      const timer = setInterval(() => socket.send("is there room").catch(() => {}), 1);
      while ((await hear()) === "measure") say(process.memoryUsage().rss);
      clearInterval(timer);
    `,
      { limit: 120_000 },
    );
    const endpoint = await program.hear<string>();
    const measure = () => {
      program.say("measure");
      return program.hear<number>();
    };
    const before = await measure();
    const block = Buffer.concat(Array.from({ length: 2000 }, (_, i) => make(i)));
    const peer = connect(Number(endpoint.slice(endpoint.lastIndexOf(":") + 1)), "127.0.0.1");
    peer.on("error", () => {});
    let heard = "";
    await new Promise<void>((resolve) => {
      peer.on("data", (data) => {
        if (heard.length < 1000) heard += data.toString("latin1");
        if (heard.includes("READY")) resolve();
      });
      peer.write(hello("XSUB"));
    });
    // All of it, or as much as the program reads.
    let sent = 0;
    let stuck = false;
    while (sent < bytes && !stuck) {
      sent += block.length;
      if (peer.write(block)) continue;
      stuck = await new Promise<boolean>((resolve) => {
        // A program that never receives accepts all of it, however long that takes.
        const timer = first === "" ? undefined : setTimeout(resolve, 2000, true);
        peer.once("drain", () => {
          clearTimeout(timer);
          resolve(false);
        });
      });
    }
    expect((await measure()) - before).toBeLessThan(60e6);
    peer.destroy();
  });
});
