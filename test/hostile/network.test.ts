// Faults of a network, between two machines that are namespaces: packets lost and late, the link down, a peer that hangs
// without a word. Per pattern: order, whole messages, none twice, subscriptions restored, what was queued delivered.
// Needs no root where users may have namespaces; skipped with its reason elsewhere.

import { execaSync } from "execa";
import { describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { Lan } from "../helpers/lan.js";

const reason = Lan.missing();
if (reason) console.warn(`SKIP faults of a network: ${reason}`);

const scale = process.env.ZMQ_NATIVE_SOAK ? 10 : 1;
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What one end counted of a pattern. */
interface Counts {
  sent: number;
  received: number;
  /** Messages that were not in the order of their sender, or came twice. */
  disorder: number;
  /** Messages whose parts did not belong together. */
  broken: number;
}
type Report = Record<"push" | "request" | "dealer" | "publish", Counts>;

const heartbeats = `const options = { heartbeatInterval: 100, heartbeatTimeout: 400, heartbeatTimeToLive: 400, reconnectInterval: 20, linger: 0 };`;

/** Three frames that belong together: a number, and two that can be told from it. */
const messages = `
  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const make = (n) => [String(n), Buffer.alloc(700, n % 251), "end " + n];
  const check = (counts, frames, last) => {
    const n = Number(frames[0]);
    counts.received++;
    const whole = frames.length === 3 && frames[1].length === 700 && frames[1].every((byte) => byte === n % 251) && String(frames[2]) === "end " + n;
    if (!whole) counts.broken++;
    if (n <= last) counts.disorder++;
    return n;
  };
  const none = () => ({ sent: 0, received: 0, disorder: 0, broken: 0 });
`;

const server = (address: string, options: string) => `
  ${options}
  ${messages}
  const pull = new zmq.Pull(options), reply = new zmq.Reply(options), router = new zmq.Router(options), publisher = new zmq.Publisher(options);
  const endpoints = [];
  for (const socket of [pull, reply, router, publisher]) { await socket.bind("tcp://${address}:*"); endpoints.push(socket.lastEndpoint); }
  const pulled = none();
  let stop = false;
  (async () => { let last = -1; for await (const frames of pull) last = Math.max(last, check(pulled, frames, last)); })();
  (async () => { for await (const frames of reply) await reply.send(frames); })();
  (async () => { for await (const frames of router) await router.send(frames); })();
  (async () => { for (let n = 0; ; n++) { await publisher.send(["topic " + n, ...make(n)]); await wait(2); } })();
  say(endpoints);
  await hear();
  await wait(1000);
  say(pulled);
`;

const client = `
  const endpoints = await hear();
  const push = new zmq.Push({ ...options, sendHighWaterMark: 100_000 });
  const request = new zmq.Request({ ...options, correlate: true, relaxed: true });
  const dealer = new zmq.Dealer({ ...options, sendHighWaterMark: 100_000 });
  const subscriber = new zmq.Subscriber(options);
  subscriber.subscribe("topic");
  for (const [i, socket] of [push, request, dealer, subscriber].entries()) socket.connect(endpoints[i]);
  const report = { push: none(), request: none(), dealer: none(), publish: none() };
  let stop = false;
  const pushing = (async () => { for (let n = 0; !stop; n++) { await push.send(make(n)); report.push.sent++; await wait(2); } })();
  const asking = (async () => {
    let last = -1;
    for (let n = 0; !stop; n++) {
      await request.send(make(n));
      report.request.sent++;
      try { last = Math.max(last, check(report.request, await request.receive({ timeout: 500 }), last)); } catch (error) { if (error.code !== "EAGAIN") throw error; }
    }
  })();
  const dealing = (async () => { for (let n = 0; !stop; n++) { await dealer.send(make(n)); report.dealer.sent++; await wait(2); } })();
  (async () => { let last = -1; for await (const frames of dealer) last = Math.max(last, check(report.dealer, frames, last)); })();
  let since = 0;
  (async () => {
    let last = -1;
    for await (const [topic, ...frames] of subscriber) { since++; last = Math.max(last, check(report.publish, frames, last)); }
  })();
  say("begun");
  for (;;) {
    const word = await hear();
    if (word === "stop") break;
    // How much came since it was last asked?
    say({ request: report.request.received, dealer: report.dealer.received, publish: report.publish.received });
  }
  stop = true;
  await Promise.all([pushing, asking, dealing]);
  await wait(1000);
  say(report);
`;

type Progress = Record<"request" | "dealer" | "publish", number>;

interface Fault {
  /** The options of both ends. */
  options?: string;
  /** Does what is to be done, and undoes it. */
  act: (lan: Lan) => Promise<void>;
}

async function suffer({ options = "const options = { reconnectInterval: 20, linger: 0 };", act }: Fault) {
  using lan = await Lan.open(2);
  await using one = lan.start(1, server(lan.address(1), options), 120_000);
  await using two = lan.start(2, options + messages + client, 120_000);
  two.say(await one.hear());
  await two.hear();
  await wait(300);
  await act(lan);
  // Everything goes on.
  two.say("progress");
  const before = await two.hear<Progress>();
  const end = performance.now() + 20_000;
  for (;;) {
    await wait(50);
    two.say("progress");
    const now = await two.hear<Progress>();
    if (Object.keys(before).every((key) => now[key as keyof Progress] > before[key as keyof Progress] + 20))
      break;
    if (performance.now() > end) throw new Error(`stands still: ${JSON.stringify({ before, now })}`);
  }
  two.say("stop");
  const report = await two.hear<Report>();
  one.say("stop");
  const pulled = await one.hear<Counts>();
  report.push = { ...pulled, sent: report.push.sent };
  return report;
}

function expectSound(name: string, report: Report) {
  const line = Object.entries(report).map(
    ([pattern, { sent, received }]) => `${pattern} ${received}${sent ? ` of ${sent}` : ""}`,
  );
  console.log(`${name}: ${line.join(", ")}; none out of order, none twice, none in parts`);
  for (const { disorder, broken } of Object.values(report))
    expect({ disorder, broken }).toEqual({ disorder: 0, broken: 0 });
}

/** Runs a command on a machine. */
function on(lan: Lan, machine: number, ...command: string[]): void {
  const [name, ...parameters] = [...lan.within(machine), ...command] as [string, ...string[]];
  execaSync(name, parameters);
}

const link = (lan: Lan, machine: number, state: "up" | "down") =>
  on(lan, machine, "ip", "link", "set", "eth0", state);

/** Why packets cannot be delayed here; undefined when they can. */
function delayMissing(): string | undefined {
  const command = "tc qdisc add dev lo root netem delay 1ms";
  const { status, stderr } = executeSync("unshare", ["-rn", "sh", "-c", command]);
  return status === 0 ? undefined : `tc netem cannot be had: ${stderr.trim().split("\n")[0]}`;
}
const slow = reason ?? delayMissing();
if (slow && !reason) console.warn(`SKIP packets that are late: ${slow}`);

const tcp = { match: "meta l4proto tcp" };

describe.skipIf(reason)(`faults of a network${reason ? ` (skipped: ${reason})` : ""}`, () => {
  // TCP makes good for these, and libzmq must not do worse than it.
  test("5 % of all packets lost, both ways: nothing is", { timeout: 120_000 }, async () => {
    const report = await suffer({
      act: async (lan) => {
        for (const machine of [1, 2]) lan.lose(machine, 0.05, tcp);
        await wait(1500 * scale);
        for (const machine of [1, 2]) lan.lose(machine, 0, tcp);
      },
    });
    expectSound("5 % lost", report);
    expect(report.push.received).toBe(report.push.sent);
    expect(report.dealer.received).toBe(report.dealer.sent);
  });

  test("the link down and up again, without heartbeats: nothing is lost", { timeout: 120_000 }, async () => {
    const report = await suffer({
      act: async (lan) => {
        for (let i = 0; i < scale; i++) {
          link(lan, 2, "down");
          await wait(700);
          link(lan, 2, "up");
          await wait(700);
        }
      },
    });
    expectSound("link down and up", report);
    expect(report.push.received).toBe(report.push.sent);
    expect(report.dealer.received).toBe(report.dealer.sent);
  });

  // Both ends find out, and connect again; what was on its way may be lost, what was queued is not.
  test("the link down for longer than heartbeats bear: they come back, whole and in order", {
    timeout: 120_000,
  }, async () => {
    const report = await suffer({
      options: heartbeats,
      act: async (lan) => {
        for (let i = 0; i < scale; i++) {
          link(lan, 1, "down");
          await wait(1000);
          link(lan, 1, "up");
          await wait(700);
        }
      },
    });
    expectSound("link down, with heartbeats", report);
    // Of some 1000 messages that were sent while it was down, nearly all were still in the queue.
    expect(report.push.received).toBeGreaterThan(report.push.sent * 0.6);
  });

  test("a peer that cannot be heard any more: given up, and found again", { timeout: 120_000 }, async () => {
    const report = await suffer({
      options: heartbeats,
      act: async (lan) => {
        for (let i = 0; i < scale; i++) {
          // Not a word of it is told to either end.
          lan.lose(1, 1, tcp);
          await wait(1000);
          lan.lose(1, 0, tcp);
          await wait(500);
        }
      },
    });
    expectSound("half-open", report);
  });

  test("connections reset in the middle, again and again", { timeout: 120_000 }, async () => {
    const report = await suffer({
      act: async (lan) => {
        for (let i = 0; i < 10 * scale; i++) {
          lan.lose(1, 1, tcp, "reject with tcp reset");
          await wait(30);
          lan.lose(1, 0, tcp);
          await wait(100);
        }
      },
    });
    expectSound("reset", report);
  });

  test.skipIf(slow)(
    `200 ms late, and in another order${slow ? ` (skipped: ${slow})` : ""}`,
    { timeout: 120_000 },
    async () => {
      const report = await suffer({
        act: async (lan) => {
          on(
            lan,
            1,
            "tc",
            "qdisc",
            "add",
            "dev",
            "eth0",
            "root",
            "netem",
            "delay",
            "200ms",
            "50ms",
            "reorder",
            "25%",
          );
          await wait(2000 * scale);
          on(lan, 1, "tc", "qdisc", "del", "dev", "eth0", "root");
        },
      });
      expectSound("late", report);
      expect(report.push.received).toBe(report.push.sent);
    },
  );
});
