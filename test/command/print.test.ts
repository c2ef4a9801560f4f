// Texts of peers and inspected programs cannot control a terminal.

import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Dealer, Pull, Reply } from "zmq-native";
import { folder, startZmq, zmq } from "./zmq.js";

/** Sequences that set the title, clear the screen and forge a line; C1 controls; characters that reverse or hide text. */
const evil = "\x1b]0;title\x07\x1b[2J\nforged line\r\tx\0\x7f\x9b31m\u0085\u2028\u2029\u202e\u200b\u2066end";

/** Any character that a line must not contain. */
const forbidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function expectHarmless(text: string): void {
  expect(text).toContain("end");
  for (const line of text.split("\n")) {
    expect(line).not.toMatch(forbidden);
    expect(line).not.toMatch(/^\s*forged line/);
  }
}

test("only three modules write to standard output and standard error", () => {
  const sources = join(__dirname, "../../command");
  const writing = readdirSync(sources).filter((file) =>
    /\bconsole\.|\bstd(?:out|err)\.write\b/.test(readFileSync(join(sources, file), "utf8")),
  );
  expect(writing).toEqual(["output.ts", "print.ts", "screen.ts"]);
});

/** Answers as a program whose texts are all `evil`. */
async function startEvil(): Promise<string> {
  const counts = { messagesReceived: 1, messagesSent: 1, bytesReceived: 1, bytesSent: 1 };
  const queues = { receiveQueue: 1, sendQueue: 1 };
  const peer = {
    ...{ id: 1, direction: "bound", localAddress: evil, remoteAddress: evil, mechanism: evil },
    ...{ socketType: evil, userId: evil, routingId: evil, ...counts, ...queues },
  };
  const endpoints = [
    { endpoint: evil, type: "bound", state: evil },
    { endpoint: `${evil}2`, type: "connected", state: "connecting", lastError: evil },
  ];
  const socket = {
    ...{ id: 1, type: evil, context: 1, state: "open", pending: [evil], options: {} },
    ...{ endpoints, peers: [peer, { ...peer, id: 2, direction: "connected" }], dropped: { total: 1 } },
  };
  const snapshot = {
    ...{ format: "zmq-inspector", version: 1, time: 1, sockets: [socket, { ...socket, id: 2 }] },
    process: { name: evil, host: evil, cwd: evil, node: evil, libzmq: evil, pid: 1, uptime: 1 },
  };
  const reply = new Reply();
  onTestFinished(() => reply.close());
  await reply.bind("tcp://127.0.0.1:*");
  void (async () => {
    for await (const _ of reply) await reply.send(JSON.stringify(snapshot));
  })();
  return reply.lastEndpoint!;
}

test.each([
  ["graph"],
  ["graph", "--dot"],
  ["graph", "--json"],
  ["graph", "--svg", "-"],
  ["top", "--count", "1", "--interval", "100"],
  ["top", "--count", "1", "--interval", "100", "--peers"],
  ["top", "--count", "1", "--interval", "100", "--json"],
])("%s %s %s escapes the texts of a program", async (...parameters) => {
  const { status, stdout, stderr } = await zmq([parameters[0]!, await startEvil(), ...parameters.slice(1)]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  // A drawing has no escapes, and cuts long texts.
  if (!parameters.includes("--svg")) expectHarmless(stdout);
  expect(stdout.replaceAll("\n", "")).not.toMatch(forbidden);
  if (parameters.includes("--json"))
    expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(evil));
});

test("columns of top stay aligned", async () => {
  const { stdout } = await zmq(["top", await startEvil(), "--count", "1", "--interval", "100"]);
  const [, , title, ...rows] = stdout.trimEnd().split("\n");
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row.slice(title!.indexOf("PENDING"))).toMatch(/^\\x1b\]0;title/);
});

test("the error of a program is one line", async () => {
  const reply = new Reply();
  onTestFinished(() => reply.close());
  await reply.bind("tcp://127.0.0.1:*");
  void (async () => {
    for await (const _ of reply) {
      await reply.send(JSON.stringify({ format: "zmq-inspector", version: 1, error: evil }));
    }
  })();
  const { status, stderr } = await zmq(["top", reply.lastEndpoint!]);
  expect(status).toBe(1);
  expectHarmless(stderr);
  expect(stderr.split("\n")).toHaveLength(2);
});

test.each([[[]], [["--json"]]])("probe %j escapes what a server says", async (flags: string[]) => {
  const bytes = Buffer.from(evil);
  const property = (name: Buffer, value: Buffer) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(value.length);
    return Buffer.concat([Buffer.of(name.length), name, size, value]);
  };
  const body = Buffer.concat([Buffer.from("\x05READY"), property(bytes, bytes)]);
  const greeting = Buffer.alloc(64);
  Buffer.from("ff00000000000000017f0301", "hex").copy(greeting);
  greeting.write("NULL", 12);
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(Buffer.concat([greeting, Buffer.of(4, body.length), body]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const { status, stdout } = await zmq(["probe", `tcp://127.0.0.1:${port}`, ...flags]);
  expect(status).toBe(0);
  expectHarmless(stdout);
  if (flags.length > 0) expect(JSON.parse(stdout).properties).toEqual({ [bytes.toString("latin1")]: evil });
});

test("monitor escapes endpoints", async () => {
  const path = join(folder(), "a\x1b[2J\nforged line\u009b end");
  const pull = new Pull();
  onTestFinished(() => pull.close());
  await pull.bind(`ipc://${path}`);
  for (const flags of [[], ["--json"]]) {
    const { status, stdout } = await zmq(["monitor", `ipc://${path}`, "--count", "1", ...flags]);
    expect(status).toBe(0);
    expectHarmless(stdout);
    expect(stdout.split("\n")).toHaveLength(2);
  }
});

test("zap escapes the names of users", async () => {
  const at = `ipc://${join(folder(), "zap")}`;
  const users = join(folder(), "users");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(users, "ada:secret\n");
  const zap = startZmq(["zap", "--bind", at, "--plain-users", users]);
  const asking = new Dealer({ linger: 0 });
  onTestFinished(() => asking.close());
  asking.connect(at);
  await asking.send(["", "1.0", "1", "global", "127.0.0.1", "", "PLAIN", evil.replace("\0", ""), "secret"]);
  const [data] = await Promise.all([
    new Promise<Buffer>((resolve) => zap.stdout!.once("data", resolve)),
    asking.receive(),
  ]);
  expectHarmless(String(data));
  expect(String(data).split("\n")).toHaveLength(2);
});

test("JSON of messages has no control characters, and keeps their values", async () => {
  const at = `ipc://${join(folder(), "json")}`;
  const [pulled] = await Promise.all([
    zmq(["pull", "--bind", at, "--count", "1", "--output", "json"]),
    zmq(["push", "--connect", at, "--input", "json"], `${JSON.stringify([evil])}\n`),
  ]);
  expect(pulled.stdout.trimEnd()).not.toMatch(forbidden);
  expect(JSON.parse(pulled.stdout)).toEqual([evil]);
});

test("a recording has no control characters, and keeps the values of messages", async () => {
  const at = `ipc://${join(folder(), "record")}`;
  const [recorded] = await Promise.all([
    zmq(["record", "-", "--type", "pull", "--bind", at, "--count", "1"]),
    zmq(["push", "--connect", at, "--input", "json"], `${JSON.stringify([evil])}\n`),
  ]);
  const lines = recorded.stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).not.toMatch(forbidden);
  expect(JSON.parse(lines[1]!).frames).toEqual([evil]);
});
