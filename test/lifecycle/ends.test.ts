// Every way in which a program can end, with sockets of every type open, messages in flight, and peers that are gone:
// it is over within the linger and a second, with the right code, and its ipc files are gone.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { capability, Pull, Push } from "zmq-native";
import { draftClasses, stableClasses } from "../helpers/classes.js";
import { draftPath, type Outcome, patience, runProgram } from "../helpers/program.js";
import { whenFree } from "../helpers/transports.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linger = 300;
let count = 0;

/** A folder for the ipc files of one program. */
function place(): string {
  return mkdtempSync(join(folder, `${++count}-`));
}

const pairs = [
  ["Pair", "Pair"],
  ["Publisher", "Subscriber"],
  ["Request", "Reply"],
  ["Dealer", "Router"],
  ["Push", "Pull"],
  ["XPublisher", "XSubscriber"],
];
const draftPairs = [
  ["Server", "Client"],
  ["Radio", "Dish"],
  ["Scatter", "Gather"],
  ["Channel", "Channel"],
  ["Peer", "Peer"],
];

test("the pairs have every class that has peers", () => {
  const alone = ["Stream", "Datagram"];
  const classes = [...stableClasses, ...draftClasses].map(({ name }) => name);
  expect([...new Set([...pairs, ...draftPairs].flat()), ...alone].sort()).toEqual(classes.sort());
});

/** Opens sockets of all types, with traffic among them, and to nobody; `end()` is what follows. */
const sockets = (where: string) => `
  process.removeAllListeners("warning");
  process.on("warning", () => {});
  const all = { ...zmq, ...(${capability.draft} ? require(${JSON.stringify(draftPath)}) : {}) };
  const open = [];
  for (const names of ${JSON.stringify([...pairs, ...(capability.draft ? draftPairs : [])])}) {
    for (const [a, b] of names[0] === names[1] ? [names] : [names, [...names].reverse()]) {
      const bound = new all[a]({ linger: ${linger} }), connected = new all[b]({ linger: ${linger} }), lost = new all[b]({ linger: ${linger} });
      // In a folder of its own, as \`ipc://*\` does it, and at a path.
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

/** How long it took from the end of the program, as it saw it, to that of its process. */
const duration = ({ stdout }: Outcome) => Date.now() - Number(stdout);

describe("scenario 6 and 7: sockets of every type, open, with messages in flight", () => {
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
  ])("%s: over in time, with the right code", async (_, end, expected) => {
    const where = place();
    const outcome = await runProgram(`const end = () => { ${end} }; ${sockets(where)}`);
    const took = duration(outcome);
    expect(outcome).toMatchObject(expected);
    expect(outcome.stderr).not.toMatch(/Assertion|core/);
    expect(took).toBeLessThan(linger + patience);
    expect(readdirSync(where)).toEqual([]);
  });

  // Nobody can tidy up after these: the next one to bind takes the file's place.
  test.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)(
    "%s that nobody hears: over at once, no core, and the path can be bound",
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

  test("worker.terminate(): over in time, ipc files gone, and the main thread goes on", async () => {
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
describe.skipIf(!capability.ipc)("the file of an ipc endpoint", () => {
  const gone = async (path: string) => {
    const end = performance.now() + patience;
    while (existsSync(path)) {
      if (performance.now() > end) throw new Error(`${path} is still there`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };

  test("is gone after close, and after unbind", async () => {
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

  test.each([["process.exit(0)"], ["throw new Error('thrown')"]])("is gone after %s", async (end) => {
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

  test("stays while somebody else is bound to it", async () => {
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

  test("is not deleted when it is another file by then", async () => {
    const path = join(place(), "socket");
    const pull = new Pull();
    await pull.bind(`ipc://${path}`);
    rmSync(path);
    writeFileSync(path, "precious");
    await pull.close({ linger: 0 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(path)).toBe(true);
  });

  test("a hundred binds and closes of one path", async () => {
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
