// Endpoints as nobody should write them: each is refused with an error, and none hangs or ends the process.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { capability, Push } from "zmq-native";
import { executeSync } from "../helpers/execute.js";
import { namespacesMissing, withinNamespaces } from "../helpers/namespaces.js";
import { runProgram } from "../helpers/program.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Some of what is made up here is a good endpoint, of a host somewhere.
const reason = namespacesMissing();
if (reason) console.warn(`SKIP random endpoints: ${reason}`);

describe.skipIf(reason)(`random endpoints${reason ? ` (skipped: ${reason})` : ""}`, () => {
  const rounds = 20_000;
  test.each([1, 2, Date.now() % 1_000_000])(
    `scenario 24: ${rounds} of them, from seed %i`,
    { timeout: 180_000 },
    async (seed) => {
      const outcome = await runProgram(
        `
        process.removeAllListeners("warning");
        process.on("warning", () => {});
        process.chdir(${JSON.stringify(folder)});
        const draft = ${capability.draft} ? require(${JSON.stringify(join(__dirname, "../../dist/draft.js"))}) : {};
        const classes = Object.values({ ...zmq, ...draft }).filter(
          (each) => typeof each === "function" && each.prototype instanceof zmq.Socket,
        );

        // xorshift32: the same endpoints for the same seed.
        let state = ${seed} * 2654435761 | 1;
        const random = (below) => {
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          return (state >>> 0) % below;
        };
        const pick = (list) => list[random(list.length)];

        const seeds = [
          "tcp://127.0.0.1:5555", "tcp://*:*", "tcp://lo:5555", "tcp://[::1]:5555", "tcp://[fe80::1%lo]:5555",
          "tcp://127.0.0.1:0;127.0.0.1:5555", "tcp://localhost:5555", "ipc://name", "ipc://@name", "ipc://*",
          "inproc://name", "ws://127.0.0.1:5555/path", "ws://*:*/a/b?c=d", "ws://[::1]:5555/", "wss://127.0.0.1:5555/",
          "udp://127.0.0.1:5555", "udp://lo;239.1.2.3:5555", "udp://*:5555", "udp://[ff02::1]:5555",
          "pgm://127.0.0.1;239.192.1.1:5555", "epgm://127.0.0.1;239.192.1.1:5555", "epgm://lo;239.192.1.1:5555",
          "epgm://127.0.0.0/8;239.192.1.1,239.192.1.2;239.192.1.3:5555", "epgm://[::1];[ff02::1234]:5555",
          "norm://1,lo;239.192.1.1:5555", "norm://239.192.1.1:5555", "norm://127.0.0.1:5555",
          "tipc://{5555,0,0}", "tipc://{5555,7}@1.1.1", "tipc://<1.2.3:4>", "tipc://<*>",
          "vmci://2:5555", "vsock://2:5555", "http://127.0.0.1:80/",
        ];
        const pieces = [
          ":", ";", ",", "/", "//", "://", "[", "]", "%", "*", "@", "{", "}", "<", ">", ".", "-", "+", " ", "\\t", "\\n",
          "\\r\\n", "\\0", "é", "\\u{1f600}", "\\ud800", "0", "00", "65535", "65536", "99999", "4294967296", "-1", "1e3",
          "0x50", "18446744073709551616", "127.0.0.1", "0.0.0.0", "255.255.255.255", "239.255.255.255", "224.0.0.0",
          "::", "::1", "ff02::1", "fe80::1%lo", "::ffff:127.0.0.1", "lo", "nosuch", "localhost", "a".repeat(300),
          "x".repeat(10000), ";".repeat(50), ":".repeat(50), "1,".repeat(40), "%s%n%x", "../..",
        ];
        const change = [
          (text) => text.slice(0, random(text.length + 1)),
          (text) => text.slice(random(text.length + 1)),
          (text, at) => text.slice(0, at) + pick(pieces) + text.slice(at),
          (text, at) => text.slice(0, at) + pick(pieces) + text.slice(at + 1 + random(8)),
          (text, at) => text.slice(0, at) + text.slice(at + 1 + random(4)),
          (text, at) => text.slice(0, at) + text.slice(random(at + 1)),
          (text, at) => text.slice(0, at) + String.fromCharCode(random(pick([128, 256, 65536]))) + text.slice(at + 1),
          (text) => text.replace(/:\\/\\/.*/, () => pick(seeds).replace(/^.*:/, ":")),
          (text) => text.replace(/^[a-z]+/, () => pick(seeds).split(":")[0]),
          (text) => text.replace(/\\d+/, () => pick(pieces)),
        ];
        const endpoint = () => {
          let text = pick(seeds);
          for (let changes = random(4); changes > 0; changes--) text = pick(change)(text, random(text.length + 1));
          return text;
        };

        // What libzmq or the system says for a reason; EAGAIN would be an old errno.
        const codes = new Set([
          "EINVAL", "EPROTONOSUPPORT", "ENOCOMPATPROTO", "ENODEV", "EADDRNOTAVAIL", "EADDRINUSE", "ENAMETOOLONG",
          "ENOENT", "EAFNOSUPPORT", "EACCES", "EPERM", "EFAULT", "ENOTDIR", "EISDIR",
        ]);
        const counts = { accepted: 0, refused: 0 };
        const judge = (error, call, type, text) => {
          const known = error instanceof TypeError ? text.includes("\\0") : codes.has(error.code) && error.address === text;
          if (!known) throw new Error(type + "." + call + "(" + JSON.stringify(text) + "): " + error.stack);
          counts.refused++;
        };

        const calls = ["bindSync", "connect", "connect", "bind", "unbindSync", "unbind", "disconnect"];
        let socket;
        let slowest = 0;
        for (let i = 0; i < ${rounds}; i++) {
          if (i % 50 === 0) {
            socket?.close();
            socket = new (pick(classes))({ linger: 0, reconnectInterval: -1, ipv6: random(2) === 1 });
            // Lets closed sockets go.
            await new Promise(setImmediate);
          }
          const text = endpoint();
          let call = pick(calls);
          // libzmq deletes a socket that is in the way.
          if (/^ipc:\\/\\/(?:\\/|.*\\.\\.)/.test(text)) call = "connect";
          // Names are looked up, in a network where nobody answers for long.
          const before = performance.now();
          try {
            const result = socket[call](text);
            if (result !== undefined) await result;
            counts.accepted++;
          } catch (error) {
            judge(error, call, socket.constructor.name, text);
          }
          const took = performance.now() - before;
          if (took > slowest) slowest = took;
        }
        socket.close();
        console.log(JSON.stringify({ ...counts, slowest }));
      `,
        { limit: 170_000, within: withinNamespaces() },
      );
      // A machine with much to do may take half a second to end the context, and that is said.
      const stderr = outcome.stderr.replace(/^\(node:\d+\) WARNING: Waiting for queued .*\n/m, "");
      expect({ ...outcome, stderr }).toMatchObject({ code: 0, signal: null, stderr: "" });
      const { accepted, refused, slowest } = JSON.parse(outcome.stdout);
      expect(accepted + refused).toBe(rounds);
      // Neither a grammar that lets nothing pass nor one that lets everything pass.
      expect(accepted).toBeGreaterThan(rounds / 50);
      expect(refused).toBeGreaterThan(rounds / 2);
      expect(slowest).toBeLessThan(5000);
    },
  );
});

const slowSignals = join(folder, "slow_signals.so");
const compiled = executeSync("cc", [
  "-shared",
  "-fPIC",
  "-o",
  slowSignals,
  join(__dirname, "../helpers/slow_signals.c"),
]);
const preloads = process.platform === "linux" && compiled.status === 0;
if (!preloads)
  console.warn("SKIPPED: there is no Linux with a C compiler to write a library that is preloaded");

// Without vendor/patches/libzmq/threads/own-endpoints-at-once.patch, the first address stays in use, and the first
// connection stays.
test.skipIf(!preloads)(
  "what is bound or connected is given up at once, whoever is slow meanwhile",
  async () => {
    const preloaded = [process.env.LD_PRELOAD, slowSignals].filter(Boolean).join(" ");
    const outcome = await runProgram(
      `
    const { setImmediate: turn, setTimeout: sleep } = require("node:timers/promises");
    const pull = new zmq.Pull();
    pull.bindSync("tcp://127.0.0.1:*");
    const endpoint = pull.lastEndpoint;
    const free = async () => {
      const end = performance.now() + 60_000;
      for (;;) {
        try {
          return pull.bindSync(endpoint);
        } catch (error) {
          if (error.code !== "EADDRINUSE" || performance.now() > end) throw error;
          await turn();
        }
      }
    };
    for (let i = 0; i < 10; i++) {
      pull.unbindSync(endpoint);
      await free();
    }

    const server = require("node:net").createServer((connection) => connection.on("error", () => {}).resume());
    await require("node:events").once(server.listen(0, "127.0.0.1"), "listening");
    const push = new zmq.Push({ linger: 0 });
    for (let i = 0; i < 10; i++) {
      push.connect("tcp://127.0.0.1:" + server.address().port);
      push.disconnect("tcp://127.0.0.1:" + server.address().port);
      await sleep(5);
    }
    const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    const end = performance.now() + 60_000;
    while ((await connections()) > 0 && performance.now() < end) await turn();
    console.log(await connections());
    process.exit();
  `,
      { within: ["env", `LD_PRELOAD=${preloaded}`] },
    );
    expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "0\n", stderr: "" });
  },
);

// Aborts without vendor/patches/libzmq/peers/socks-replies.patch.
test("a socket closed while its SOCKS proxy hangs up on it", async () => {
  const outcome = await runProgram(`
    const { once } = require("node:events");
    const server = require("node:net").createServer((connection) => connection.on("error", () => {}).resume().end());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const socksProxy = "127.0.0.1:" + server.address().port;
    for (let i = 0; i < 10; i++) {
      const hungUp = once(server, "connection").then(([connection]) => once(connection, "close"));
      const push = new zmq.Push({ linger: 0, socksProxy, reconnectInterval: 1000 });
      push.connect("tcp://127.0.0.1:5555");
      await hungUp;
      await new Promise((resolve) => setTimeout(resolve, 20));
      push.close();
    }
    server.close();
    console.log("done");
  `);
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "done\n", stderr: "" });
});

// Waits for ever without vendor/patches/libzmq/threads/safe-mailbox-deadlock.patch, within a second or so.
test.skipIf(!capability.draft)("draft sockets closed before anybody bound, and bound meanwhile", async () => {
  const outcome = await runProgram(`
    process.removeAllListeners("warning");
    const { Client, Server } = require(${JSON.stringify(join(__dirname, "../../dist/draft.js"))});
    const names = Array.from({ length: 4 }, (_, i) => "inproc://meeting " + i);
    // Closed sockets keep their place for a moment.
    const open = async (Class) => {
      for (;;) {
        try {
          return new Class({ linger: 0 });
        } catch (error) {
          if (error.code !== "EMFILE") throw error;
          await new Promise(setImmediate);
        }
      }
    };
    const end = performance.now() + 3000;
    while (performance.now() < end) {
      const client = await open(Client);
      for (const name of names) client.connect(name);
      client.close();
      const server = await open(Server);
      for (const name of names) {
        try {
          server.bindSync(name);
        } catch (error) {
          if (error.code !== "EADDRINUSE") throw error;
        }
      }
      server.close();
      await new Promise(setImmediate);
    }
    console.log("done");
  `);
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "done\n", stderr: "" });
});

test.skipIf(!capability.ipc)("ipc does not bind over a file that is no socket", async () => {
  const file = join(folder, "precious.txt");
  writeFileSync(file, "precious");
  using push = new Push();
  await expect(push.bind(`ipc://${file}`)).rejects.toMatchObject({
    code: "EADDRINUSE",
    detail: expect.stringContaining("a file with this name exists that is not a socket"),
  });
  expect(readFileSync(file, "utf8")).toBe("precious");
});
