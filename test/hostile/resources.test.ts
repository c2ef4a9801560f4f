// Without free sockets, descriptors or threads, calls fail with an error that says so, and the process continues. When
// there are some again, everything works. Vendor patches libzmq/resources/network-errors, threads-and-pollers,
// reserved-socket-slot and listener-out-of-descriptors.

import { describe, expect, test } from "vitest";
import { capability } from "zmq-native";
import { namespacesMissing, withinNamespaces } from "../helpers/namespaces.js";
import { freshGroup } from "../helpers/pgm.js";
import { draftPath, runProgram, sanitizer } from "../helpers/program.js";

const linux = process.platform === "linux";
if (!linux) console.warn("SKIP descriptors and threads: limits are set as on Linux");

/** A command that runs another one with a limit of descriptors. */
const withDescriptors = (count: number) => ["sh", "-c", `ulimit -n ${count}; exec "$@"`, "sh"];

const prelude = `
  const { once } = require("node:events");
  const { closeSync, openSync } = require("node:fs");
  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  process.on("warning", () => {});
  process.removeAllListeners('warning');
  const draft = ${capability.draft} ? require(${JSON.stringify(draftPath)}) : {};
  /** Opens all descriptors but this many. */
  const exhaust = (left) => {
    const taken = [];
    try { for (;;) taken.push(openSync("/dev/null")); } catch (error) { if (error.code !== "EMFILE") throw error; }
    for (let i = 0; i < left; i++) closeSync(taken.pop());
    return { release: () => { for (const fd of taken.splice(0)) closeSync(fd); } };
  };
  const attempt = async (act) => {
    try { await act(); return "done"; } catch (error) { if (!error.code) throw error; return error.code; }
  };
  const goes = async (context) => {
    // Closed sockets keep their places for a moment.
    const open = async (Class) => {
      for (;;) {
        try { return new Class({ ...(context && { context }), linger: 0 }); } catch (error) { if (error.code !== "EMFILE") throw error; }
        await wait(1);
      }
    };
    const pull = await open(zmq.Pull), push = await open(zmq.Push);
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint);
    await push.send("good");
    console.log(String(await pull.receive()));
    pull.close();
    push.close();
  };
`;
const good = { code: 0, signal: null, stderr: "" };

describe("scenario 23: MAX_SOCKETS", () => {
  test("a context closes although all its sockets are connected to endpoints that are never bound", async () => {
    const outcome = await runProgram(`${prelude}
      for (let i = 0; i < 20; i++) {
        const context = new zmq.Context({ maxSockets: 4 });
        const sockets = [1, 2, 3, 4].map((j) => new zmq.Push({ context, linger: i % 2 ? 0 : 100 }));
        console.assert(await attempt(() => new zmq.Push({ context })) === "EMFILE");
        for (const [j, socket] of sockets.entries()) {
          socket.connect("inproc://nobody");
          socket.connect("inproc://nobody else " + j);
          socket.trySend("x");
        }
        if (i % 4 === 0) for (const socket of sockets) socket.close();
        await context.close();
      }
      console.log("done");
    `);
    expect(outcome).toMatchObject({ ...good, stdout: "done\n" });
  });

  test("a context without free places rejects sockets with EMFILE and later opens as many again", async () => {
    const outcome = await runProgram(`${prelude}
      const context = new zmq.Context({ maxSockets: 50 });
      for (let round = 0; round < 5; round++) {
        const sockets = [];
        const code = await attempt(() => { for (;;) sockets.push(new zmq.Dealer({ context })); });
        console.assert(code === "EMFILE" && sockets.length <= 50);
        for (const socket of sockets) { socket.connect("tcp://127.0.0.1:1"); socket.receive().catch(() => {}); }
        for (const socket of sockets) socket.close();
        await wait(50);
      }
      await goes(context);
    `);
    expect(outcome).toMatchObject({ ...good, stdout: "good\n" });
  });
});

// The sanitizer needs a descriptor to check a type, and reports an error without one.
const busy = sanitizer && `${sanitizer} needs descriptors of its own`;
if (busy) console.warn(`SKIP programs without descriptors: ${busy}`);

describe.skipIf(!linux)("scenario 23: descriptors", () => {
  test.skipIf(busy)(
    "contexts and sockets of every type open or fail with an error for any number of free descriptors",
    {
      timeout: 60_000,
    },
    async () => {
      const outcome = await runProgram(
        `${prelude}
      // Loads the modules that are loaded on first use.
      await goes();
      const classes = Object.values({ ...zmq, ...draft }).filter((each) => typeof each === "function" && each.prototype instanceof zmq.Socket);
      const codes = new Set();
      for (const ioThreads of [1, 3]) {
        for (let left = 0; left < 14; left++) {
          const held = exhaust(left);
          let context;
          codes.add(await attempt(() => { context = new zmq.Context({ ioThreads }); }));
          if (!context) { held.release(); continue; }
          const sockets = [];
          for (let i = 0; i < 3; i++) {
            const Class = classes[(left * 3 + i) % classes.length];
            codes.add(await attempt(async () => {
              const socket = new Class({ context, linger: 0 });
              sockets.push(socket);
              socket.events;
              socket.receive?.().catch(() => {});
              await socket.bind("tcp://127.0.0.1:*");
            }));
          }
          await wait(5);
          held.release();
          // The failed operations work when there are descriptors again.
          for (const socket of sockets) socket.close();
          const retried = new zmq.Pull({ context });
          retried.close();
          await context.close();
        }
      }
      await goes();
      console.log([...codes].sort().join());
    `,
        { within: withDescriptors(120), limit: 55_000 },
      );
      expect(outcome).toMatchObject(good);
      const [first, last, codes] = outcome.stdout.trim().split("\n");
      expect([first, last]).toEqual(["good", "good"]);
      expect(codes).toContain("EMFILE");
    },
  );

  test.skipIf(busy)(
    "a context closes without free descriptors while a socket is connected to an endpoint that is never bound",
    async () => {
      const outcome = await runProgram(
        `${prelude}
      const context = new zmq.Context();
      const push = new zmq.Push({ context, linger: 0 });
      push.connect("inproc://nobody");
      const held = exhaust(0);
      const closed = context.close();
      await wait(50);
      held.release();
      await closed;
      console.log("done");
    `,
        { within: withDescriptors(100) },
      );
      expect(outcome).toMatchObject({ ...good, stdout: "done\n" });
    },
  );

  // Vendor patches libzmq/multicast/start-failure and openpgm/resources/no-descriptor-is-not-0: the engine starts on an
  // I/O thread, which aborted, or closed standard input.
  test.skipIf(busy).each([...(capability.pgm ? ["epgm"] : []), ...(capability.norm ? ["norm"] : [])])(
    "%s: an endpoint reports EMFILE if it cannot start, with any number of descriptors left",
    async (transport) => {
      const group = await freshGroup();
      const outcome = await runProgram(
        `${prelude}
      const { fstatSync } = require("node:fs");
      const input = fstatSync(0).ino;
      const codes = [];
      for (let left = 0; left < 14; left++) {
        for (const Class of [zmq.Publisher, zmq.Subscriber]) {
          const context = new zmq.Context();
          const socket = new Class({ context, linger: 0 });
          const failure = new Promise((resolve) => socket.events.on("bind:error", ({ error }) => resolve(error.code)));
          const held = exhaust(left);
          let result = await attempt(() => socket.connect(${JSON.stringify(group.endpoint(transport))}));
          // With so few, none can start. Nothing tells that one has started.
          if (left > 0 && left < 4) result = await failure;
          socket.close();
          // The end of a context waits for its I/O threads, which start the endpoint before.
          await context.close();
          held.release();
          codes.push(result);
          if (fstatSync(0).ino !== input) codes.push("standard input was closed");
        }
      }
      console.log(codes.join());
      await goes();
    `,
        { within: withDescriptors(64) },
      );
      expect(outcome).toMatchObject(good);
      const [codes, last] = outcome.stdout.trim().split("\n") as [string, string];
      expect(codes).toMatch(/^(EMFILE,){8}(done,?){20}$/);
      expect(last).toBe("good");
    },
  );

  // The waiting connection kept the I/O thread busy: vendor patch libzmq/resources/listener-out-of-descriptors.
  test
    .skipIf(busy)
    .each([
      "tcp://127.0.0.1:*",
      ...(capability.ipc ? ["ipc://*"] : []),
      ...(capability.draft ? ["ws://127.0.0.1:*/"] : []),
    ])(
    "%s: a connection that cannot be accepted is retried ten times a second and then accepted",
    async (address) => {
      const outcome = await runProgram(
        `${prelude}
      const pull = new zmq.Pull({ linger: 0 }), push = new zmq.Push({ linger: 0 });
      const failures = [];
      pull.events.on("accept:error", ({ error }) => failures.push(error.code));
      await pull.bind("${address}");
      // One descriptor is free, for the connecting side.
      const held = exhaust(1);
      push.connect(pull.lastEndpoint);
      await push.send("good");
      while (failures.length === 0) await wait(1);
      const began = performance.now();
      while (failures.length < 4) await wait(1);
      await wait(200);
      const most = (performance.now() - began) / 100 + 2;
      console.log(new Set(failures), failures.length <= most || failures.length);
      held.release();
      console.log(String(await pull.receive()));
      pull.close();
      push.close();
    `,
        { within: withDescriptors(100) },
      );
      expect(outcome).toMatchObject({ ...good, stdout: "Set(1) { 'EMFILE' } true\ngood\n" });
    },
  );

  // Each connection with a failed setsockopt leaked its descriptor.
  test("a keep-alive that the system rejects leaks no descriptors", async () => {
    const outcome = await runProgram(`${prelude}
      const { readdirSync } = require("node:fs");
      const pull = new zmq.Pull({ tcpKeepalive: 1, tcpKeepaliveIdle: 1_000_000 });
      await pull.bind("tcp://127.0.0.1:*");
      const push = new zmq.Push({ tcpKeepalive: 1, tcpKeepaliveIdle: 1_000_000, reconnectInterval: 1, linger: 0 });
      let failures = 0;
      pull.events.on("accept:error", () => failures++);
      push.connect(pull.lastEndpoint);
      while (failures < 3) await wait(5);
      const before = readdirSync("/proc/self/fd").length;
      while (failures < 50) await wait(5);
      const after = readdirSync("/proc/self/fd").length;
      push.close();
      pull.close();
      console.log(after - before < 20);
    `);
    expect(outcome).toMatchObject({ ...good, stdout: "true\n" });
  });
});

describe.skipIf(!linux)("threads", () => {
  test.skipIf(busy)(
    "more I/O threads than the system allows cause EMFILE, and the context works with fewer",
    { timeout: 60_000 },
    async () => {
      const outcome = await runProgram(
        `${prelude}
      for (const ioThreads of [200, 100_000, 2 ** 31 - 1]) {
        const context = new zmq.Context({ ioThreads });
        console.log(await attempt(() => { new zmq.Push({ context }).close(); }));
        context.ioThreads = 1;
        await goes(context);
        await context.close();
      }
    `,
        { within: withDescriptors(300), limit: 55_000 },
      );
      expect(outcome).toMatchObject({ ...good, stdout: "EMFILE\ngood\n".repeat(3) });
    },
  );

  test("invalid or forbidden thread priorities and policies are ignored", async () => {
    const outcome = await runProgram(`${prelude}
      for (const options of [
        { threadPriority: 5 }, { threadPriority: 1000 }, { threadSchedulingPolicy: 77 }, { threadSchedulingPolicy: 1, threadPriority: 99 },
        { threadSchedulingPolicy: 1, threadPriority: 1000 }, { threadSchedulingPolicy: 2 },
      ]) {
        const context = new zmq.Context(options);
        await goes(context);
        await context.close();
      }
      class Pinned extends zmq.Context {
        pin(cpu) { this.setInt32Option(7, cpu); }
      }
      for (const cpu of [1, 5000, 2 ** 31 - 1]) {
        const context = new Pinned();
        context.pin(cpu);
        await goes(context);
        await context.close();
      }
    `);
    expect(outcome).toMatchObject({ ...good, stdout: "good\n".repeat(9) });
  });
});

const reason = namespacesMissing() ?? (linux ? undefined : "nftables is Linux's");
if (reason) console.warn(`SKIP what a firewall answers: ${reason}`);

// No network error of a connect is a fault of the program. One ICMP message caused a failed assertion.
describe.skipIf(reason)(`the response of a firewall${reason ? ` (skipped: ${reason})` : ""}`, () => {
  const answers = [
    "icmp type prot-unreachable",
    "icmp type port-unreachable",
    "icmp type host-prohibited",
    "icmp type admin-prohibited",
    "icmp type net-unreachable",
    "tcp reset",
  ];
  test.each(answers)("to a connect does not abort the process: %s", async (answer) => {
    const outcome = await runProgram(
      `${prelude}
      const { spawnSync } = require("node:child_process");
      process.env.PATH += ":/usr/sbin:/sbin";
      const rules = "table inet wall { chain in { type filter hook input priority 0; tcp dport 5555 reject with ${answer}; } }";
      const { status, stderr } = spawnSync("nft", ["-f", "-"], { input: rules.replace(/[{;}]/g, "$&\\n"), encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      const sockets = [new zmq.Push({ linger: 0, reconnectInterval: 5 }), new zmq.Push({ linger: 0, reconnectInterval: 5, socksProxy: "127.0.0.1:5555" })];
      const addresses = ["tcp://127.0.0.1:5555", ${capability.draft ? '"ws://127.0.0.1:5555/"' : ""}];
      const retried = sockets.map((socket) => (async () => {
        let count = 0;
        for await (const { type } of socket.events) if (type === "connect:retry" && ++count === 4) return;
      })());
      for (const socket of sockets) for (const address of addresses) socket.connect(address);
      await Promise.all(retried);
      for (const socket of sockets) socket.close();
      await goes();
    `,
      { within: withinNamespaces() },
    );
    expect(outcome).toMatchObject({ ...good, stdout: "good\n" });
  });
});
