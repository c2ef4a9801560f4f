// Publishers and subscribers on machines of their own, in a network that loses packets.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { capability } from "zmq-native";
import { executeSync } from "../helpers/execute.js";
import { Lan, type Traffic } from "../helpers/lan.js";
import { freshGroup, type Group } from "../helpers/pgm.js";
import type { RunningProgram } from "../helpers/program.js";

const machines = 4;
const missing = capability.pgm ? Lan.missing() : "this build of libzmq has no pgm";
if (missing) console.warn(`SKIPPED: ${missing}`);

let network: Lan;

/** One on each machine, for all tests, as long as none fails. */
const programs = new Map<number, RunningProgram>();

async function endPrograms(): Promise<void> {
  for (const program of programs.values()) await program[Symbol.asyncDispose]();
  programs.clear();
}

beforeAll(async () => {
  if (!missing) network = await Lan.open(machines);
});
afterEach(async ({ task }) => {
  if (missing) return;
  for (let machine = 1; machine <= machines; machine++) network.lose(machine, 0, { port: 0 });
  if (task.result?.state === "fail") await endPrograms();
});
afterAll(async () => {
  await endPrograms();
  network?.[Symbol.dispose]();
});

const options = { rate: 40_000 };

interface Publication {
  endpoint: string;
  options: object;
  name: string;
  count: number;
  perSecond: number;
}

/**
 * What a publisher is told to do, it does: it says "sent" after its messages, and repeats a probe before, and an end
 * afterwards, until it is told to go on. A subscriber says "heard" at the first message, and when all publishers have
 * ended, the numbers received of each, all faults, and the bytes that its machine has got meanwhile.
 */
const body = `
  const publish = async ({ endpoint, options, name, count, perSecond }) => {
    const socket = new zmq.Publisher({ sendHighWaterMark: 0, linger: 500, ...options });
    socket.connect(endpoint);
    const repeat = async (text) => {
      const timer = setInterval(() => socket.send(text), 5);
      await hear();
      clearInterval(timer);
    };
    await repeat("probe");
    const started = performance.now();
    for (let i = 0; i < count; i++) {
      await socket.send([name, String(i), Buffer.alloc(1000, i % 251)]);
      const early = started + (i * 1000) / perSecond - performance.now();
      if (early > 2) await new Promise((resolve) => setTimeout(resolve, early));
    }
    say("sent");
    await repeat(["end", name]);
    socket.close();
  };
  // Bytes that this machine has got so far, wanted or not.
  const received = () => Number(/eth0:\\s*(\\d+)/.exec(require("node:fs").readFileSync("/proc/net/dev", "utf8"))[1]);
  const subscribe = async ({ endpoint, options, publishers, topics }) => {
    const socket = new zmq.Subscriber({ receiveHighWaterMark: 0, receiveTimeout: 15_000, ...options });
    socket.subscribe(...topics);
    await socket.bind(endpoint);
    const numbers = {};
    const faults = [];
    const ended = new Set();
    let heard = false;
    let before = 0;
    for await (const [head, number, body, ...more] of socket) {
      if (!heard) {
        before = received();
        say("heard");
      }
      heard = true;
      const name = head.toString();
      if (name === "probe") continue;
      if (name === "end" && ended.add(String(number)).size === publishers) break;
      if (name === "end") continue;
      const i = Number(number);
      if (body?.length !== 1000 || more.length > 0 || !body.equals(Buffer.alloc(1000, i % 251))) faults.push(name + i);
      (numbers[name] ??= []).push(i);
    }
    say({ numbers, faults, bytes: received() - before });
    socket.close();
  };
  say("up");
  for (;;) {
    const { publication, subscription } = await hear();
    await (publication ? publish(publication) : subscribe(subscription));
  }
`;

interface Reception {
  numbers: Record<string, number[]>;
  faults: string[];
  bytes: number;
}

/** The program of a machine; nothing of another test's is left in it. */
async function programOn(machine: number): Promise<RunningProgram> {
  const known = programs.get(machine);
  if (known) return known;
  const program = network.start(machine, body, 120_000);
  programs.set(machine, program);
  await program.hear();
  return program;
}

/** Numbers as ranges, so that a failed comparison can be read: "0-9, 11-99". */
function ranges(numbers: readonly number[] = []): string {
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map((part) => part.join("-")).join(", ");
}

/** Expects all messages from 0 to `count`, in order and without faults. */
function expectAll({ numbers, faults }: Reception, count: number, name = "a"): void {
  expect(faults).toEqual([]);
  expect(ranges(numbers[name])).toBe(`0-${count - 1}`);
}

async function publish(machine: number, publication: Publication): Promise<RunningProgram> {
  const program = await programOn(machine);
  program.say({ publication });
  return program;
}

/** With no topics it subscribes to all. */
async function subscribe(
  machine: number,
  endpoint: string,
  { settings = options as object, publishers = 1, topics = [] as string[] } = {},
) {
  const program = await programOn(machine);
  program.say({ subscription: { endpoint, options: settings, publishers, topics } });
  return program;
}

const endpointOn = (group: Group, machine: number, transport = "epgm") =>
  group.endpoint(transport, network.address(machine));

/** An nft expression for the SPMs of a group: the fifth byte of a PGM packet is its type, and 0 for an SPM. */
const sourcePathMessages = (transport: string, group: Group) =>
  transport === "pgm" ? "ip protocol 113 @th,32,8 0" : `udp dport ${group.port} @th,96,8 0`;

interface Case {
  transport?: "epgm" | "pgm";
  settings?: object;
  /** What the subscribers have besides. */
  receiving?: object;
  count: number;
  perSecond: number;
  /** What happens while messages are on their way. */
  meanwhile?: (traffic: Traffic) => Promise<void>;
  /** Part of the packets that machines 2 and 3 lose. */
  loss?: number;
}

/** A publisher on machine 1, subscribers on machines 2 and 3. */
async function run({ transport = "epgm", settings = options, receiving, loss = 0, ...rest }: Case) {
  const { count, perSecond } = rest;
  const group = await freshGroup();
  const traffic = transport === "pgm" ? { protocol: 113 } : { port: group.port };
  const all = { ...settings, ...receiving };
  const first = await subscribe(2, endpointOn(group, 2, transport), { settings: all });
  const second = await subscribe(3, endpointOn(group, 3, transport), { settings: all });
  const source = await publish(1, {
    endpoint: endpointOn(group, 1, transport),
    options: settings,
    name: "a",
    count,
    perSecond,
  });
  const subscribers = [first, second];
  for (const one of subscribers) await one.hear();
  if (loss > 0) for (const machine of [2, 3]) network.lose(machine, loss, traffic);
  source.say("go");
  await rest.meanwhile?.(traffic);
  await source.hear();
  const receptions = await Promise.all(subscribers.map((one) => one.hear<Reception>()));
  source.say("stop");
  return receptions;
}

/** Without faults and in order; how many are missing of `count`. */
function gapsOf({ numbers, faults }: Reception, count: number): number {
  expect(faults).toEqual([]);
  const received = numbers.a as number[];
  received.forEach((number, i) => {
    if (i > 0) expect(number).toBeGreaterThan(received[i - 1] as number);
  });
  return count - received.length;
}

describe.skipIf(missing)(`in a network${missing ? ` (${missing})` : ""}`, () => {
  test.each([0, 1, 5, 10])(
    "%i percent of the packets are lost: all messages arrive, in order",
    async (percent) => {
      const count = 1500;
      const receptions = await run({ count, perSecond: 3000, loss: percent / 100 });
      for (const reception of receptions) expectAll(reception, count);
    },
  );

  test.each([0, 5])("pgm without UDP, %i percent lost", async (percent) => {
    const count = 1500;
    const receptions = await run({ transport: "pgm", count, perSecond: 3000, loss: percent / 100 });
    for (const reception of receptions) expectAll(reception, count);
  });

  test("a high rate, with buffers for it: all messages arrive, in order", async () => {
    const [count, perSecond] = [20_000, 20_000]; // 160 Mbit/s
    const [settings, receiving] = [{ rate: 400_000 }, { receiveBufferSize: 4_000_000 }];
    for (const reception of await run({ settings, receiving, count, perSecond })) expectAll(reception, count);
  });

  test.each(["epgm", "tcp"])("over %s, what a subscriber does not want", async (transport) => {
    const group = await freshGroup();
    const endpoint = (machine: number) =>
      transport === "tcp" ? `tcp://${network.address(2)}:${group.port}` : endpointOn(group, machine);
    const sink = await subscribe(2, endpoint(2), { topics: ["probe", "end"] });
    const source = await publish(1, {
      endpoint: endpoint(1),
      options,
      name: "unwanted",
      count: 1000,
      perSecond: 3000,
    });
    await sink.hear();
    source.say("go");
    await source.hear();
    const { numbers, bytes } = await sink.hear<Reception>();
    source.say("stop");
    expect(numbers).toEqual({});
    // A multicast goes to all, and the subscriber filters; over tcp the publisher does.
    if (transport === "epgm") expect(bytes).toBeGreaterThan(1_000_000);
    else expect(bytes).toBeLessThan(200_000);
  });

  // Stalls, or delivers garbage, without vendor/patches/libzmq/multicast/pgm-reads.patch and
  // pgm-messages.patch.
  test("what is lost can no longer be repaired: gaps, and nothing else", async () => {
    const count = 4000;
    const settings = { rate: 40_000, recoveryInterval: 20 };
    const receptions = await run({ settings, count, perSecond: 5000, loss: 0.05 });
    for (const reception of receptions) {
      const gaps = gapsOf(reception, count);
      expect(gaps).toBeGreaterThan(count * 0.01);
      expect(gaps).toBeLessThan(count * 0.3);
    }
  });

  // Gives up all that is lost before the SPM without vendor/patches/openpgm/peers/nak-before-spm.patch.
  test.each(["epgm", "pgm"])(
    "over %s, repairs packets that are lost before the first SPM arrives",
    async (transport) => {
      const group = await freshGroup();
      const count = 1500;
      const packets = transport === "pgm" ? "ip protocol 113" : `udp dport ${group.port}`;
      const spms = sourcePathMessages(transport, group);
      network.lose(2, 1, { match: spms });
      const sink = await subscribe(2, endpointOn(group, 2, transport));
      const endpoint = endpointOn(group, 1, transport);
      const source = await publish(1, { endpoint, options, name: "a", count, perSecond: 3000 });
      await sink.hear();
      network.lose(2, 1, { match: `${spms} drop\n${packets} numgen random mod 100 < 5` });
      source.say("go");
      await source.hear();
      network.lose(2, 0, { port: group.port });
      expectAll(await sink.hear<Reception>(), count);
      source.say("stop");
    },
  );

  /** How long the last outage was, in seconds: at least 1.5. */
  let outageTook = 0;
  const outage = async (traffic: Traffic) => {
    await sleep(500);
    const started = performance.now();
    network.lose(2, 1, traffic);
    await sleep(1500);
    network.lose(2, 0, traffic);
    outageTook = (performance.now() - started) / 1000;
  };

  test("an outage of 1.5 seconds within the recovery interval: all messages arrive", async () => {
    const count = 1500;
    const settings = { rate: 10_000, recoveryInterval: 10_000 };
    const receptions = await run({ settings, count, perSecond: 500, meanwhile: outage });
    for (const reception of receptions) expectAll(reception, count);
  });

  // Stalls for ever without vendor/patches/libzmq/multicast/pgm-reads.patch.
  test("an outage of 1.5 seconds beyond the recovery interval: all outside of it arrives", async () => {
    const count = 1500;
    const settings = { rate: 10_000, recoveryInterval: 200 };
    const [out, other] = await run({ settings, count, perSecond: 500, meanwhile: outage });
    expectAll(other as Reception, count);
    const gaps = gapsOf(out as Reception, count);
    expect(gaps).toBeGreaterThan(0);
    expect(gaps).toBeLessThan(outageTook * 500 + 200);
    expect((out as Reception).numbers.a?.at(-1)).toBe(count - 1);
  });

  test("a subscriber that joins late gets whole messages, and all from then on", async () => {
    const group = await freshGroup();
    const count = 1500;
    const early = await subscribe(2, endpointOn(group, 2));
    const source = await publish(1, {
      endpoint: endpointOn(group, 1),
      options,
      name: "a",
      count,
      perSecond: 1000,
    });
    await Promise.all([early.hear(), programOn(3)]);
    source.say("go");
    await sleep(300);
    const late = await subscribe(3, endpointOn(group, 3));
    await source.hear();
    expectAll(await early.hear(), count);
    await late.hear();
    const { numbers, faults } = await late.hear<Reception>();
    source.say("stop");
    expect(faults).toEqual([]);
    const from = numbers.a?.[0] as number;
    expect(from).toBeGreaterThan(0);
    expect(ranges(numbers.a)).toBe(`${from}-${count - 1}`);
  });

  test("two publishers, and loss", async () => {
    const group = await freshGroup();
    const count = 1500;
    const publication = { options, count, perSecond: 2000 };
    const sink = await subscribe(2, endpointOn(group, 2), { publishers: 2 });
    const a = await publish(1, { ...publication, endpoint: endpointOn(group, 1), name: "a" });
    await sink.hear();
    const heard = network.watch(2, `ip saddr ${network.address(4)} udp dport ${group.port}`);
    const b = await publish(4, { ...publication, endpoint: endpointOn(group, 4), name: "b" });
    await heard();
    network.lose(2, 0.03, { port: group.port });
    for (const source of [a, b]) source.say("go");
    for (const source of [a, b]) await source.hear();
    const reception = await sink.hear<Reception>();
    for (const source of [a, b]) source.say("stop");
    for (const name of ["a", "b"]) expectAll(reception, count, name);
  });

  test("a publisher leaves, and comes back", async () => {
    const group = await freshGroup();
    const count = 200;
    const publication = { endpoint: endpointOn(group, 1), options, count, perSecond: 2000 };
    const sink = await subscribe(2, endpointOn(group, 2));
    const source = await publish(1, { ...publication, name: "before" });
    await sink.hear();
    source.say("go");
    await source.hear();
    // As a process that is killed, without a word to the network.
    await source[Symbol.asyncDispose]();
    programs.delete(1);
    const heard = network.watch(2, `ip saddr ${network.address(1)} udp dport ${group.port}`);
    const again = await publish(1, { ...publication, name: "again" });
    await heard();
    again.say("go");
    await again.hear();
    const reception = await sink.hear<Reception>();
    again.say("stop");
    expectAll(reception, count, "again");
  });
});

/** Builds the C peer against the system's libzmq; a path, or why there is none. */
function buildPeer(folder: string): string | { missing: string } {
  const [path, root] = [join(folder, "peer"), join(__dirname, "../..")];
  const sources = ["test/helpers/multicast_peer.c", "-Ivendor/src/libzmq/include", "-l:libzmq.so.5"];
  const compiled = executeSync("cc", ["-o", path, ...sources], { cwd: root });
  if (compiled.status !== 0) return { missing: "there is no C compiler, or no libzmq 5 of the system's" };
  return executeSync(path, ["pub", "x"]).status === 3 ? { missing: "the system's libzmq has no pgm" } : path;
}

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const peer = missing ? { missing } : buildPeer(folder);
if (typeof peer !== "string" && !missing) console.warn(`SKIPPED: ${peer.missing}`);

class Peer implements Disposable {
  readonly #child;
  readonly lines: AsyncIterator<string>;

  constructor(machine: number, ...parameters: (string | number)[]) {
    const [command, ...rest] = [...network.within(machine), peer as string, ...parameters.map(String)];
    this.#child = execa(command as string, rest, { stderr: "inherit", reject: false });
    this.lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async line(): Promise<string | undefined> {
    return (await this.lines.next()).value;
  }

  say(text: string): void {
    this.#child.stdin.write(text);
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

describe.skipIf(typeof peer !== "string")("with the system's libzmq in C", () => {
  const count = 1000;

  test.each(["epgm", "pgm"])("it publishes over %s, and 3 percent are lost", async (transport) => {
    const group = await freshGroup();
    const sink = await subscribe(2, endpointOn(group, 2, transport));
    using source = new Peer(1, "pub", endpointOn(group, 1, transport), count);
    await sink.hear();
    network.lose(2, 0.03, transport === "pgm" ? { protocol: 113 } : { port: group.port });
    source.say("g");
    expect(await source.line()).toBe("sent");
    const reception = await sink.hear<Reception>();
    expectAll(reception, count, "c");
  });

  // An unpatched OpenPGM gives up a lost packet when it has not received the publisher's SPM yet, so packets may be
  // lost only from then on (vendor/patches/openpgm/peers/nak-before-spm.patch).
  test.each(["epgm", "pgm"])("it subscribes over %s, and 3 percent are lost", async (transport) => {
    const group = await freshGroup();
    const announced = network.watch(2, sourcePathMessages(transport, group));
    using sink = new Peer(2, "sub", endpointOn(group, 2, transport));
    const publication = { options, name: "a", count, perSecond: 3000 };
    const source = await publish(1, { ...publication, endpoint: endpointOn(group, 1, transport) });
    expect(await sink.line()).toBe("heard");
    await announced();
    network.lose(2, 0.03, transport === "pgm" ? { protocol: 113 } : { port: group.port });
    source.say("go");
    expect(await source.hear()).toBe("sent");
    expect(await sink.line()).toBe(`${count} received, 0 faults`);
    source.say("stop");
  });
});
