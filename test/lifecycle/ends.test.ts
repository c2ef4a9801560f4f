// Every way in which a program can exit, with sockets of every type open, messages in flight, and disconnected peers.
// It exits within the linger and a second, with the right code, and its ipc files are removed.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { capability, Pull, Push } from "zmq-native";
import { draftPath, type Outcome, patience, runProgram } from "../helpers/program.js";
import { draftPairs, stablePairs } from "../helpers/socket_types.js";
import { freshEndpoint, whenFree } from "../helpers/transports.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linger = 300;
let count = 0;

/** A folder for the ipc files of one program. */
function place(): string {
  return mkdtempSync(join(folder, `${++count}-`));
}

/** Opens sockets of all types, with traffic among them and to missing peers. `end()` ends the program. */
const sockets = (where: string) => `
  process.removeAllListeners("warning");
  process.on("warning", () => {});
  const all = { ...zmq, ...(${capability.draft} ? require(${JSON.stringify(draftPath)}) : {}) };
  const open = [];
  for (const names of ${JSON.stringify([...stablePairs, ...(capability.draft ? draftPairs : [])])}) {
    for (const [a, b] of names[0] === names[1] ? [names] : [names, [...names].reverse()]) {
      const bound = new all[a]({ linger: ${linger} }), connected = new all[b]({ linger: ${linger} }), lost = new all[b]({ linger: ${linger} });
      // In its own folder, like \`ipc://*\`, and at a path.
      await bound.bind(a === b ? "ipc://*" : "ipc://${where}/" + a);
      connected.connect(bound.lastEndpoint);
      lost.connect("tcp://127.0.0.1:9");
      for (const socket of [bound, connected, lost]) { socket.subscribe?.(""); socket.type === 15 && socket.join("g"); }
      open.push(bound, connected, lost);
    }
  }
  const stream = new zmq.Stream({ linger: ${linger} });
  await stream.bind("ipc://${where}/Stream");
  const tag = (socket) => socket.type === 14 ? { group: "g" } : { routingId: 1 };
  const flood = () => {
    for (const socket of open) {
      for (let i = 0; i < 20; i++) {
        try { [12, 14, 19].includes(socket.type) ? socket.trySend("x".repeat(1000), tag(socket)) : socket.trySend("x".repeat(1000)); } catch {}
        try { socket.tryReceive(); } catch {}
      }
    }
    flooding = setImmediate(flood);
  };
  let flooding = setImmediate(flood);
  for (const socket of [...open, stream]) socket.receive?.().catch(() => {});
  setTimeout(() => { process.stdout.write(String(Date.now())); end(); }, 100);
`;

/** The time from the end of the program, as the program saw it, to the exit of its process. */
const duration = ({ stdout }: Outcome) => Date.now() - Number(stdout);

describe("scenario 6 and 7: a program with sockets of every type and messages in flight", () => {
  test.each<[string, string, Partial<Outcome>]>([
    ["process.exit(3)", "process.exit(3)", { code: 3, signal: null }],
    [
      "an exit code of 4, and all sockets closed",
      "clearImmediate(flooding); for (const socket of [...open, stream]) socket.close(); process.exitCode = 4;",
      { code: 4, signal: null },
    ],
    ["an uncaught exception", "throw new Error('thrown')", { code: 1, signal: null }],
    ["an unhandled rejection", "Promise.reject(new Error('rejected'))", { code: 1, signal: null }],
    [
      "SIGTERM that the program hears",
      "process.once('SIGTERM', () => process.exit(143)); process.kill(process.pid, 'SIGTERM')",
      { code: 143, signal: null },
    ],
    [
      "SIGINT that the program hears",
      "process.once('SIGINT', () => process.exit(130)); process.kill(process.pid, 'SIGINT')",
      { code: 130, signal: null },
    ],
  ])("exits in time with the right code: %s", async (_, end, expected) => {
    const where = place();
    const outcome = await runProgram(`const end = () => { ${end} }; ${sockets(where)}`);
    const took = duration(outcome);
    expect(outcome).toMatchObject(expected);
    expect(outcome.stderr).not.toMatch(/Assertion|core/);
    expect(took).toBeLessThan(linger + patience);
    expect(readdirSync(where)).toEqual([]);
  });

  // No cleanup is possible after these. The next socket that binds replaces the file.
  test.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)(
    "exits immediately on %s without a handler, without a core dump, and its path can be bound",
    async (signal) => {
      const where = place();
      const outcome = await runProgram(
        `const end = () => process.kill(process.pid, "${signal}"); ${sockets(where)}`,
      );
      expect(outcome).toMatchObject({ code: null, signal, stderr: "" });
      expect(duration(outcome)).toBeLessThan(patience);
      using pull = new Pull();
      await pull.bind(`ipc://${where}/Pull`);
    },
  );

  test("worker.terminate() ends the worker in time, removes its ipc files, and the main thread continues", async () => {
    const where = place();
    const outcome = await runProgram(`
      const worker = startWorker(${JSON.stringify(`const end = () => parentPort.postMessage("now"); ${sockets(where)}`)});
      await firstMessage(worker);
      const begun = Date.now();
      await worker.terminate();
      console.log("good");
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(outcome.stdout).toMatch(/good\n$/);
    expect(outcome.milliseconds).toBeLessThan(patience);
    expect(readdirSync(where)).toEqual([]);
  });
});

// Vendor patch libzmq/ipc/remove-files.
describe("close({ linger }) over inproc, with a peer that receives nothing meanwhile", () => {
  test.each([
    ["bound", 0],
    ["connected", 0],
    ["bound", 20],
    ["connected", 20],
  ] as const)(
    "resolves for a %s socket with a linger of %d, and no message is lost",
    async (side, linger) => {
      const endpoint = freshEndpoint("inproc");
      const push = new Push();
      using pull = new Pull({ receiveTimeout: 5_000 });
      const [first, second] = side === "bound" ? [push, pull] : [pull, push];
      await first.bind(endpoint);
      second.connect(endpoint);
      await push.sendMany(["1", "2", "3"]);
      await push.close({ linger });
      const received = [];
      for (let i = 0; i < 3; i++) received.push(String(await pull.receive()));
      expect(received).toEqual(["1", "2", "3"]);
    },
  );

  test("resolves without a linger of its own when the peer has received everything", async () => {
    const endpoint = freshEndpoint("inproc");
    const push = new Push();
    using pull = new Pull();
    await pull.bind(endpoint);
    push.connect(endpoint);
    await push.send("1");
    let closed = false;
    const closing = Promise.resolve(push.close({})).then(() => {
      closed = true;
    });
    expect(await new Promise((resolve) => setImmediate(() => resolve(closed)))).toBe(false);
    await pull.receive();
    while (!closed) {
      // The end of the connection follows the last message.
      expect(pull.tryReceive()).toBeUndefined();
      await new Promise(setImmediate);
    }
    await closing;
  });

  test("does not keep the process alive afterwards", async () => {
    const { code, stdout } = await runProgram(`
      const push = new zmq.Push(), pull = new zmq.Pull();
      await pull.bind("inproc://a");
      push.connect("inproc://a");
      await push.send("unread");
      await push.close({ linger: 0 });
      console.log("closed");
    `);
    expect([code, stdout]).toEqual([0, "closed\n"]);
  });
});

describe.skipIf(!capability.ipc)("the file of an ipc endpoint", () => {
  const gone = async (path: string) => {
    const end = performance.now() + patience;
    while (existsSync(path)) {
      if (performance.now() > end) throw new Error(`${path} is still there`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };

  test("is removed after close and after unbind", async () => {
    const path = join(place(), "socket");
    const pull = new Pull();
    await pull.bind(`ipc://${path}`);
    expect(existsSync(path)).toBe(true);
    await pull.unbind(`ipc://${path}`);
    await gone(path);
    await pull.bind(`ipc://${path}`);
    pull.close();
    await gone(path);
  });

  test.each([["process.exit(0)"], ["throw new Error('thrown')"]])("is removed after %s", async (end) => {
    const where = place();
    const outcome = await runProgram(`
      const sockets = ["ipc://*", "ipc://${where}/socket"].map((address) => {
        const pull = new zmq.Pull();
        pull.bindSync(address);
        return pull.lastEndpoint;
      });
      console.log(sockets.join());
      setImmediate(() => { ${end} });
    `);
    const paths = outcome.stdout
      .trim()
      .split(",")
      .map((endpoint) => endpoint.slice("ipc://".length));
    expect(paths).toEqual([expect.stringMatching(/.+/), `${where}/socket`]);
    expect(paths.flatMap((path) => [path, dirname(path)]).filter(existsSync)).toEqual([where]);
  });

  test("stays while another socket is bound to it", async () => {
    const path = join(place(), "socket");
    const first = new Pull();
    await first.bind(`ipc://${path}`);
    using second = new Pull();
    await second.bind(`ipc://${path}`);
    await first.close({ linger: 0 });
    using push = new Push();
    push.connect(`ipc://${path}`);
    await push.send("to the second");
    expect(String(await second.receive())).toBe("to the second");
    expect(existsSync(path)).toBe(true);
  });

  test("is not deleted if another file has replaced it", async () => {
    const path = join(place(), "socket");
    const pull = new Pull();
    await pull.bind(`ipc://${path}`);
    rmSync(path);
    writeFileSync(path, "precious");
    await pull.close({ linger: 0 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(path)).toBe(true);
  });

  test("is removed after each of a hundred binds and closes of one path", async () => {
    const path = join(place(), "socket");
    for (let i = 0; i < 100; i++) {
      const pull = new Pull();
      await whenFree(() => pull.bind(`ipc://${path}`));
      using push = new Push({ linger: 0 });
      push.connect(`ipc://${path}`);
      await push.send(`${i}`);
      expect(String(await pull.receive())).toBe(`${i}`);
      await pull.close({ linger: 0 });
    }
    await gone(path);
  });
});
