// udp: malformed datagrams, messages that are too large, and addresses that cannot be bound. Each test runs its own
// program, since without the named patch most of these abort the process or never exit.

import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Lan } from "../helpers/lan.js";
import { freshGroup, openSender, sendDatagram } from "../helpers/pgm.js";
import { draftPath, type RunningProgram, startProgram } from "../helpers/program.js";

/** Starts a program that has the draft sockets in `draft`. */
const start = (body: string): RunningProgram =>
  startProgram(`const draft = require(${JSON.stringify(draftPath)});${body}`, {
    env: { NODE_NO_WARNINGS: "1" },
  });

const silent = { code: 0, signal: null, stdout: "", stderr: "" };

// A dish that has joined a group and reports its messages.
const dish = `
  const { endpoint, receiveHighWaterMark = 1000 } = await hear();
  const socket = new draft.Dish({ receiveHighWaterMark });
  socket.join("group");
  await socket.bind(endpoint);
  say(process.memoryUsage().rss);
  for await (const [body, { group }] of socket) {
    say({ group: group.toString(), length: body.length, text: body.toString("utf8", 0, 10), rss: process.memoryUsage().rss });
    if (body.toString() === "end") break;
  }
  socket.close();
`;

const toGroup = (body: string | Buffer, group = "group") =>
  Buffer.concat([Buffer.from([group.length]), Buffer.from(group), Buffer.from(body as string)]);

interface Heard {
  group: string;
  text: string;
  length: number;
  rss: number;
}

/**
 * Sends a text to the group until the dish has received it, since the kernel drops datagrams. Returns all that the dish
 * received.
 */
async function exchange(
  running: RunningProgram,
  sender: Socket,
  port: number,
  text: string,
): Promise<Heard[]> {
  const all: Heard[] = [];
  const timer = setInterval(() => sender.send(toGroup(text), port, "127.0.0.1"), 20);
  while (all.at(-1)?.text !== text) all.push(await running.hear());
  clearInterval(timer);
  return all;
}

// Without vendor/patches/libzmq/udp/datagram-lengths.patch, this aborts.
test("scenario 25: a dish survives any datagram", async () => {
  const { port } = await freshGroup();
  await using running = start(dish);
  running.say({ endpoint: `udp://127.0.0.1:${port}` });
  await running.hear();
  using sender = Object.assign(await openSender(), { [Symbol.dispose]: () => sender.close() });
  const send = (data: Buffer) => sendDatagram(sender, data, port, "127.0.0.1");
  await send(Buffer.alloc(0));
  for (let first = 0; first < 256; first++) {
    await send(Buffer.from([first]));
    await send(Buffer.concat([Buffer.from([first]), randomBytes(first >> 1)]));
    await send(Buffer.concat([Buffer.from([first]), Buffer.alloc(first, "x"), randomBytes(100)]));
  }
  await exchange(running, sender, port, "end");
  expect(await running.outcome).toMatchObject(silent);
});

// Without the same patch, memory grows by ten megabytes.
test("datagrams with a wrong length do not leak memory", async () => {
  const { port } = await freshGroup();
  await using running = start(dish);
  running.say({ endpoint: `udp://127.0.0.1:${port}` });
  await running.hear();
  using sender = Object.assign(await openSender(), { [Symbol.dispose]: () => sender.close() });
  const [before] = await exchange(running, sender, port, "before");
  for (let i = 0; i < 60_000; i += 100) {
    await Promise.all(
      Array.from({ length: 100 }, () => sendDatagram(sender, Buffer.from([127]), port, "127.0.0.1")),
    );
  }
  const after = (await exchange(running, sender, port, "end")).at(-1);
  expect(after!.rss - before!.rss).toBeLessThan(5_000_000);
  expect(await running.outcome).toMatchObject(silent);
});

// Without vendor/patches/libzmq/udp/datagram-lengths.patch, it receives the first 8192 bytes.
test.runIf(process.platform === "linux")(
  "a dish drops a datagram above its buffer instead of truncating it",
  async () => {
    const { port } = await freshGroup();
    await using running = start(dish);
    running.say({ endpoint: `udp://127.0.0.1:${port}` });
    await running.hear();
    using sender = Object.assign(await openSender(), { [Symbol.dispose]: () => sender.close() });
    // The socket is bound a moment after bind returns.
    await exchange(running, sender, port, "open");
    // More of those may arrive.
    const lengths = new Set(["open".length]);
    for (const length of [8186, 8187, 60_000]) {
      await sendDatagram(sender, toGroup(Buffer.alloc(length)), port, "127.0.0.1");
      for (const heard of await exchange(running, sender, port, `next ${length % 1000}`))
        lengths.add(heard.length);
    }
    expect([...lengths]).toEqual(["open".length, 8186, "next 186".length, "next 0".length]);
    await exchange(running, sender, port, "end");
    expect(await running.outcome).toMatchObject(silent);
  },
);

// Without vendor/patches/libzmq/udp/datagram-lengths.patch, this aborts.
test("a datagram socket on IPv6 survives datagrams although it cannot report them", async () => {
  const { port } = await freshGroup();
  await using running = start(`
    const socket = new draft.Datagram({ ipv6: true });
    await socket.bind(await hear());
    say("bound");
    await hear();
    socket.close();
  `);
  running.say(`udp://[::1]:${port}`);
  await running.hear();
  using sender = Object.assign(createSocket("udp6"), { [Symbol.dispose]: () => sender.close() });
  await sendDatagram(sender, Buffer.from("text"), port, "::1");
  await sendDatagram(sender, Buffer.alloc(0), port, "::1");
  running.say("end");
  expect(await running.outcome).toMatchObject(silent);
});

// Without vendor/patches/libzmq/udp/datagram-lengths.patch, libzmq writes past a buffer.
test("scenario 25: messages that do not fit into a datagram are rejected or dropped", async () => {
  const { port } = await freshGroup();
  using receiver = Object.assign(createSocket("udp4").bind(port, "127.0.0.1"), {
    [Symbol.dispose]: () => receiver.close(),
  });
  await once(receiver, "listening");
  await using running = start(`
    const port = await hear();
    const radio = new draft.Radio();
    radio.connect("udp://127.0.0.1:" + port);
    const datagram = new draft.Datagram();
    await datagram.bind("udp://127.0.0.1:*");
    for (const size of [8193, 20_000, 60_000, 65_536, 70_000, 1_000_000]) {
      const body = Buffer.alloc(size);
      await Promise.resolve().then(() => radio.send(body, { group: "group" })).catch(() => {});
      await Promise.resolve().then(() => datagram.send(["127.0.0.1:" + port, body])).catch(() => {});
    }
    await radio.send("end", { group: "group" });
    await datagram.send(["127.0.0.1:" + port, "end"]);
    say("sent");
    radio.close();
    datagram.close();
  `);
  const received: number[] = [];
  receiver.on("message", (data) => received.push(data.length));
  running.say(port);
  await running.hear();
  expect(await running.outcome).toMatchObject(silent);
  while (received.length < 2) await once(receiver, "message");
  expect(received.sort()).toEqual([3, 9]);
});

// Without vendor/patches/libzmq/udp/bind-errors.patch, the program never exits and uses a whole core.
test("an address that cannot be bound or sent from emits an event, and the program exits", async () => {
  const { address, port } = await freshGroup();
  using taken = Object.assign(createSocket("udp4").bind(0, "127.0.0.1"), {
    [Symbol.dispose]: () => taken.close(),
  });
  await once(taken, "listening");
  await using running = start(`
    const { address, port, taken } = await hear();
    const codeOf = async (open) => {
      try {
        await open();
        return "none";
      } catch (error) {
        return error.code;
      }
    };
    const dish = new draft.Dish();
    const radio = new draft.Radio();
    const datagram = new draft.Datagram();
    say(await codeOf(() => dish.bind("udp://192.0.2.1:" + port)));
    say(await codeOf(() => datagram.bind("udp://192.0.2.1:" + port)));
    say(await codeOf(() => dish.bind("udp://127.0.0.1:" + taken)));
    say(await codeOf(() => radio.connect("udp://192.0.2.1;" + address + ":" + port)));
    for (const socket of [dish, radio, datagram]) socket.close();
  `);
  running.say({ address, port, taken: taken.address().port });
  for (const code of ["EADDRNOTAVAIL", "EADDRNOTAVAIL", "EADDRINUSE"])
    expect(await running.hear()).toBe(code);
  expect(await running.hear()).toMatch(/^E(ADDRNOTAVAIL|NODEV|INVAL)$/);
  expect(await running.outcome).toMatchObject(silent);
});

// Without vendor/patches/libzmq/udp/send-errors.patch, the messages in the old socket are lost.
test("a datagram that the network rejects does not drop others", async () => {
  const { port } = await freshGroup();
  using other = Object.assign(createSocket("udp4").bind(0, "127.0.0.1"), {
    [Symbol.dispose]: () => other.close(),
  });
  await once(other, "listening");
  await using running = start(`
    const { port, other } = await hear();
    const socket = new draft.Datagram({ receiveHighWaterMark: 1, sendHighWaterMark: 1 });
    await socket.bind("udp://127.0.0.1:" + port);
    await socket.send(["127.0.0.1:" + other, "bound"]);
    await hear();
    await socket.send(["127.255.255.255:9", "not allowed"]);
    await socket.send(["127.0.0.1:" + other, "after it"]);
    await hear();
    let received = 0;
    socket.receiveTimeout = 200;
    try {
      for (;;) {
        await socket.receive();
        received++;
      }
    } catch {}
    say(received);
    socket.close();
  `);
  // libzmq binds the socket in its I/O thread, a moment after bind. A sent message shows that it has.
  const bound = once(other, "message");
  running.say({ port, other: other.address().port });
  await bound;
  // libzmq has room for one, and the others wait in the kernel.
  for (let i = 0; i < 20; i++) await sendDatagram(other, Buffer.from(`${i}`), port, "127.0.0.1");
  const arrived = once(other, "message");
  running.say("send");
  await arrived;
  running.say("receive");
  expect(await running.hear()).toBeGreaterThan(5);
  expect(await running.outcome).toMatchObject(silent);
});

// Without vendor/patches/libzmq/udp/send-errors.patch, the message is dropped and close reports an error.
test("a datagram socket that is not bound yet keeps its message", async () => {
  const { port } = await freshGroup();
  using receiver = Object.assign(createSocket("udp4").bind(0, "127.0.0.1"), {
    [Symbol.dispose]: () => receiver.close(),
  });
  await once(receiver, "listening");
  await using running = start(`
    const [from, to] = await hear();
    const socket = new draft.Datagram();
    const message = ["127.0.0.1:" + to, "text"];
    say(socket.trySend(message));
    const sent = socket.send(message);
    await socket.bind("udp://127.0.0.1:" + from);
    await sent;
    socket.close();
  `);
  const arrived = once(receiver, "message");
  running.say([port, receiver.address().port]);
  expect(await running.hear()).toBe(false);
  expect(String((await arrived)[0])).toBe("text");
  expect(await running.outcome).toMatchObject(silent);
});

const noNetwork = Lan.missing();
if (noNetwork) console.warn(`SKIPPED: ${noNetwork}`);

describe.skipIf(noNetwork)("udp in a network of machines", () => {
  let network: Lan;
  beforeAll(async () => {
    network = await Lan.open(2);
  });
  afterAll(() => network?.[Symbol.dispose]());

  // Without vendor/patches/libzmq/udp/sender-options.patch, the hop limit with IPv6 is always 1.
  test.each([
    { group: "239.192.7.1", ipv6: false, field: "ip ttl" },
    { group: "[ff05::7:1]", ipv6: true, field: "ip6 hoplimit" },
  ])("a radio sends to $group with the hop limit of the option", async ({ group, ipv6, field }) => {
    const { port } = await freshGroup();
    const endpoint = `udp://eth0;${group}:${port}`;
    network.lose(2, 1, { match: `udp dport ${port} ${field} != 7` });
    const load = `const draft = require(${JSON.stringify(draftPath)});
      const [endpoint, ipv6] = ${JSON.stringify([endpoint, ipv6])};`;
    await using sink = network.start(
      2,
      `${load}
      const socket = new draft.Dish({ ipv6 });
      socket.join("group");
      // An IPv6 address is usable some seconds after the interface is up.
      for (;;) {
        try {
          await socket.bind(endpoint);
          break;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      say("bound");
      say(String((await socket.receive())[0]));
      socket.close();`,
      20_000,
    );
    await using source = network.start(
      1,
      `${load}
      const socket = new draft.Radio({ ipv6, multicastHops: 7 });
      socket.connect(endpoint);
      setInterval(() => socket.send("text", { group: "group" }), 20);`,
      20_000,
    );
    expect(await sink.hear()).toBe("bound");
    expect(await Promise.race([sink.hear(), source.outcome])).toBe("text");
  });
});
