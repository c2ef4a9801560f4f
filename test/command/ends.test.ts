// How commands end: signals, terminals that are closed, and notes about messages that were not delivered.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Publisher, Pull, Push, Request, Subscriber, XPublisher } from "zmq-native";
import { execute, succeeds } from "../helpers/execute.js";
import { command as commandFrame, frame, RawPeer } from "../helpers/zmtp.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

/** Starts a command that sends to two peers until a signal ends it. One peer is absent. Resolves when the other has a message. */
async function startSending(...flags: string[]) {
  const pull = new Pull({ receiveTimeout: 20_000 });
  await pull.bind("tcp://127.0.0.1:*");
  const endpoints = ["--connect", endpoint(), "--connect", pull.lastEndpoint!];
  const command = startZmq(["push", ...endpoints, ...flags, "--interval", "10", "hello"]);
  // Messages alternate between the two.
  for (let received = 0; received < 2; received++) await pull.receive();
  pull.close();
  // Not the process itself, which is a promise of its end.
  return { command };
}

describe.skipIf(process.platform === "win32")("signals", () => {
  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s limits the wait for an absent peer to five seconds", async (signal, expected) => {
    const { command } = await startSending();
    // By its id: execa ends a process by SIGKILL five seconds after its own SIGTERM.
    process.kill(command.pid!, signal);
    const { exitCode, stderr } = await command;
    expect(textOf(stderr)).toMatch(/^zmq: not all messages were delivered within 5000 ms: [1-9]\d* left\n$/);
    expect(exitCode).toBe(expected);
  });

  test("SIGTERM does not shorten a longer --linger", async () => {
    const pull = new Pull({ receiveTimeout: 20_000 });
    await pull.bind("tcp://127.0.0.1:*");
    const endpoints = ["--connect", endpoint(), "--connect", pull.lastEndpoint!];
    const command = startZmq(["push", ...endpoints, "--linger", "7500", "a", "b"]);
    // All messages are sent: the command waits for the delivery to the peer that is absent.
    await pull.receive();
    pull.close();
    process.kill(command.pid!, "SIGTERM");
    const { exitCode, stderr } = await command;
    expect(textOf(stderr)).toBe("zmq: not all messages were delivered within 7500 ms: 1 left\n");
    expect(exitCode).toBe(143);
  });

  test("the same signal twice at once counts once, since timeout sends it twice", async () => {
    const { command } = await startSending("--linger", "200");
    command.kill("SIGTERM");
    command.kill("SIGTERM");
    const { exitCode, stderr } = await command;
    expect(textOf(stderr)).toMatch(/^zmq: not all messages were delivered within 200 ms: [1-9]\d* left\n$/);
    expect(exitCode).toBe(143);
  });

  test("SIGTERM ends a command whose output is not read", async () => {
    const push = new Push({ sendHighWaterMark: 1 });
    await push.bind("tcp://127.0.0.1:*");
    const parameters = ["pull", "--connect", push.lastEndpoint!, "--option", "receiveHighWaterMark=1"];
    const command = spawn(process.execPath, [program, ...parameters], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    onTestFinished(() => void command.kill("SIGKILL"));
    await push.send("first");
    await once(command.stdout, "readable");
    const fill = async () => {
      for (;;) await push.send(Buffer.alloc(2 ** 20, "x"), { timeout: 500 });
    };
    await expect(fill()).rejects.toMatchObject({ code: "EAGAIN" });
    command.kill("SIGTERM");
    expect(await once(command, "exit")).toEqual([143, null]);
    await push.close({ linger: 0 });
  });
});

describe.skipIf(process.platform === "win32")("a signal ends the reading of a named pipe", () => {
  test.each<[string, (pipe: string) => string[], string]>([
    ["push --file", (pipe) => ["push", "--file", pipe], "first\n"],
    [
      "replay",
      (pipe) => ["replay", pipe, "--type", "push"],
      '{"format":"zmq-recording","version":1}\n{"at":0,"frames":["first"]}\n',
    ],
  ])("by %s", async (_name, parameters, content) => {
    const pipe = join(folder(), "pipe");
    await execute("mkfifo", [pipe]);
    // For reading, too: otherwise this would wait for the reader.
    const writer = openSync(pipe, "r+");
    writeSync(writer, content);
    const pull = new Pull({ receiveTimeout: 20_000 });
    await pull.bind("tcp://127.0.0.1:*");
    const command = startZmq([...parameters(pipe), "--connect", pull.lastEndpoint!]);
    expect(String(await pull.receive())).toBe("first");
    command.kill("SIGINT");
    const { exitCode, stderr } = await command;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 130, stderr: "" });
    closeSync(writer);
    pull.close();
  });

  test("also if the pipe has no writer", async () => {
    const absent = join(folder(), "absent");
    await execute("mkfifo", [absent]);
    const pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const command = startZmq(["push", "--file", absent, "--connect", pull.lastEndpoint!]);
    await pull.waitForPeers();
    pull.close();
    command.kill("SIGINT");
    expect((await command).exitCode).toBe(130);
  });

  test("its messages are sent until its writer ends", async () => {
    const pipe = join(folder(), "pipe");
    await execute("mkfifo", [pipe]);
    const pull = new Pull({ receiveTimeout: 20_000 });
    await pull.bind("tcp://127.0.0.1:*");
    const pushed = zmq(["push", "--file", pipe, "--connect", pull.lastEndpoint!]);
    await execute("sh", ["-c", `seq 20000 > '${pipe}'`]);
    for (let number = 1; number <= 20_000; number++) expect(String(await pull.receive())).toBe(`${number}`);
    expect(await pushed).toMatchObject({ status: 0, stderr: "" });
    pull.close();
  });
});

/** Runs a command in a terminal, closes that when the command has printed a word, and prints how the command has ended. */
const inTerminal = `
import os, pty, sys
word, arguments = sys.argv[1].encode(), sys.argv[2:]
child, terminal = pty.fork()
if child == 0: os.execvp(arguments[0], arguments)
seen = b""
while word not in seen: seen += os.read(terminal, 1000)
os.close(terminal)
status = os.waitpid(child, 0)[1]
print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status))
`;

const canHaveTerminal = process.platform !== "win32" && succeeds("python3", ["-c", "import pty"]);
if (!canHaveTerminal) console.warn("SKIPPED: terminals that are closed: Python is not installed");

describe.skipIf(!canHaveTerminal)("a terminal that is closed", () => {
  test.each<[string, string[]]>([
    ["bound to", ["pull", "--bind", "tcp://127.0.0.1:*"]],
    ["bound to", ["pub", "--bind", "tcp://127.0.0.1:*"]],
    ["bound to", ["pub", "--bind", "tcp://127.0.0.1:*", "--wait-peers", "0", "--interval", "1", "x"]],
    ["bound to", ["push", "--bind", "tcp://127.0.0.1:*"]],
    ["bound to", ["dealer", "--bind", "tcp://127.0.0.1:*"]],
    ["bound to", ["rep", "--bind", "tcp://127.0.0.1:*", "--echo"]],
    ["front end", ["proxy", "pull-push", "--front-bind", "tcp://127.0.0.1:*", "--back-bind", "ipc://*"]],
    ["bound to", ["bench", "receive", "--bind", "tcp://127.0.0.1:*"]],
    ["connect", ["monitor", "tcp://127.0.0.1:1"]],
  ])("after %j, it ends zmq %j by SIGHUP", async (word, parameters) => {
    const command = [process.execPath, program, ...parameters];
    const { stdout, stderr } = await execute("python3", ["-c", inTerminal, word, ...command]);
    expect({ stdout, stderr }).toEqual({ stdout: "1\n", stderr: "" });
  });

  test("ends an --exec that ignores SIGTERM, too", async () => {
    const pipe = join(folder(), "pipe");
    await execute("mkfifo", [pipe]);
    const request = new Request();
    onTestFinished(() => request.close());
    await request.bind("tcp://127.0.0.1:*");
    const sent = request.send("request");
    // The end of the pipe is the end of the shell.
    const reader = execute("cat", [pipe]);
    const stubborn = `exec 3> '${pipe}'; trap '' TERM; echo started >&2; sleep 30; echo survived >&3`;
    const command = [
      process.execPath,
      program,
      "rep",
      "--connect",
      request.lastEndpoint!,
      "--exec",
      stubborn,
    ];
    const { stdout } = await execute("python3", ["-c", inTerminal, "started", ...command]);
    await sent;
    expect({ stdout, read: (await reader).stdout }).toEqual({ stdout: "1\n", read: "" });
  });
});

test("a failure is reported before the messages in front of it are delivered", async () => {
  const at = endpoint();
  const command = startZmq(["push", "--connect", at, "--input", "json", "--linger", "100000"]);
  command.stdin!.write('"a"\n{\n');
  const [data] = await once(command.stderr!, "data");
  expect(String(data)).toMatch(/^zmq: input line 2 is not JSON: .*\n$/);
  const pull = new Pull({ receiveTimeout: 20_000 });
  await pull.bind(at);
  expect(String(await pull.receive())).toBe("a");
  const { exitCode, stderr } = await command;
  expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 1, stderr: String(data) });
  pull.close();
});

describe("the end of an XSubscriber", () => {
  test("does not fail because a publisher is absent", async () => {
    const publisher = new Publisher();
    await publisher.bind("tcp://127.0.0.1:*");
    const endpoints = ["--connect", publisher.lastEndpoint!, "--connect", endpoint()];
    const subscribed = zmq(["xsub", ...endpoints, "--subscribe", "a", "--count", "1", "--timeout", "20000"]);
    await publisher.waitForSubscribers(1);
    await publisher.send("a");
    expect(await subscribed).toMatchObject({ status: 0, stdout: "a\n", stderr: "" });
    publisher.close();
  });

  test("replay --type xsub delivers its messages", async () => {
    const path = join(folder(), "recording");
    writeFileSync(path, '{"format":"zmq-recording","version":1}\n{"at":0,"frames":["x"]}\n');
    const [early, late] = [endpoint(), endpoint()];
    const publishers = [
      new XPublisher({ receiveTimeout: 20_000 }),
      new XPublisher({ receiveTimeout: 20_000 }),
    ];
    await publishers[0]!.bind(early);
    const replayed = zmq(["replay", path, "--type", "xsub", "--connect", early, "--connect", late]);
    expect(String(await publishers[0]!.receive())).toBe("x");
    // The message has been sent. It waits for the other one, which is absent.
    await publishers[1]!.bind(late);
    expect(String(await publishers[1]!.receive())).toBe("x");
    expect(await replayed).toMatchObject({ status: 0, stderr: "" });
    for (const publisher of publishers) publisher.close();
  });
});

describe("messages that are dropped at a full queue", () => {
  const count = 20_000;
  const recording = () => {
    const path = join(folder(), "recording");
    const line = JSON.stringify({ at: 0, frames: ["x"] });
    writeFileSync(path, `{"format":"zmq-recording","version":1}\n${`${line}\n`.repeat(count)}`);
    return path;
  };
  const commands: [string, () => string[]][] = [
    ["pub", () => ["pub", "--count", String(count), "x"]],
    ["replay", () => ["replay", recording(), "--no-wait"]],
  ];

  test.each(commands)("%s tells their number, and has exit code 4", async (_name, parameters) => {
    const subscriber = new Subscriber({ receiveTimeout: 20_000, receiveHighWaterMark: 0 });
    subscriber.subscribe("");
    await subscriber.bind("tcp://127.0.0.1:*");
    const limits = ["--connect", subscriber.lastEndpoint!, "--option", "sendHighWaterMark=1"];
    const { status, stderr } = await zmq([...parameters(), ...limits]);
    expect(stderr).toMatch(
      /^zmq: [\d,]+ messages? w\w+ dropped: the queue of a peer was full; .*sendHighWaterMark=0 .*\n$/,
    );
    expect(status).toBe(4);
    const dropped = Number(/[\d,]+/.exec(stderr)![0].replaceAll(",", ""));
    for (let received = dropped; received < count; received++) await subscriber.receive();
    await expect(subscriber.receive({ timeout: 0 })).rejects.toMatchObject({ code: "EAGAIN" });
    subscriber.close();
  });

  test.each(commands)("%s drops none with sendHighWaterMark=0", async (_name, parameters) => {
    const subscriber = new Subscriber({ receiveTimeout: 20_000, receiveHighWaterMark: 0 });
    subscriber.subscribe("");
    await subscriber.bind("tcp://127.0.0.1:*");
    const limits = ["--connect", subscriber.lastEndpoint!, "--option", "sendHighWaterMark=0"];
    expect(await zmq([...parameters(), ...limits])).toMatchObject({ status: 0, stderr: "" });
    for (let received = 0; received < count; received++) await subscriber.receive();
    subscriber.close();
  });
});

describe("a proxy that ends", () => {
  test("closes its capture within the same --linger", async () => {
    const pull = new Pull({ receiveHighWaterMark: 1 });
    await pull.bind(endpoint());
    const capture = new Subscriber({ receiveTimeout: 20_000, receiveHighWaterMark: 1 });
    capture.subscribe("");
    await capture.bind(endpoint());
    const proxy = startZmq([
      ...["proxy", "pull-push", "--front-bind", "tcp://127.0.0.1:*", "--back-connect", pull.lastEndpoint!],
      ...["--capture-connect", capture.lastEndpoint!, "--linger", "4000"],
    ]);
    const [line] = await once(proxy.stderr!, "data");
    const push = new Push();
    push.connect(/bound to (\S+)/.exec(String(line))![1]!);
    // Until the subscription has arrived, messages are not copied.
    const copied = capture.receive().then(() => true);
    while (!(await Promise.race([copied, new Promise<false>((resolve) => setTimeout(resolve, 10, false))])))
      await push.send("first");
    // More than the connections hold: both ends have messages left.
    for (let count = 0; count < 200; count++) await push.send(Buffer.alloc(2 ** 16));
    await push.close({ linger: 20_000 });
    process.kill(proxy.pid!, "SIGTERM");
    const { exitCode, stderr } = await proxy;
    // SIGTERM ends the process two seconds after --linger in any case.
    expect(textOf(stderr)).toMatch(/\nzmq: [1-9]\d* messages were not delivered within 4000 ms\n$/);
    expect(exitCode).toBe(143);
    pull.close();
    capture.close();
  });

  async function startProxy(...flags: string[]) {
    const at = endpoint();
    const ends = ["--front-bind", "tcp://127.0.0.1:*", "--back-bind", at];
    const proxy = startZmq(["proxy", "pull-push", ...ends, ...flags]);
    const [line] = await once(proxy.stderr!, "data");
    using peer = await RawPeer.enter(/bound to (\S+)/.exec(String(line))![1]!, "PUSH");
    peer.say(...Array.from({ length: 500 }, (_, count) => frame(`${count}`)));
    // The answer to the second one shows that the proxy has all messages.
    for (const id of ["first", "second"]) {
      peer.say(commandFrame("PING", `\0\0${id}`));
      expect(await peer.hear((heard) => heard.includes(`PONG${id}`))).toBe(true);
    }
    return { at, proxy };
  }

  test("delivers the messages that it has accepted", async () => {
    const { at, proxy } = await startProxy("--linger", "20000");
    proxy.kill("SIGINT");
    const pull = new Pull({ receiveTimeout: 20_000 });
    pull.connect(at);
    for (let count = 0; count < 500; count++) expect(String(await pull.receive())).toBe(`${count}`);
    const { exitCode, stderr } = await proxy;
    expect(textOf(stderr)).not.toContain("not delivered");
    expect(exitCode).toBe(130);
    pull.close();
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("tells after %s how many messages are left after --linger", async (signal, expected) => {
    const { proxy } = await startProxy("--linger", "300");
    proxy.kill(signal);
    const { exitCode, stderr } = await proxy;
    expect(textOf(stderr)).toMatch(/\nzmq: [1-9]\d* messages were not delivered within 300 ms\n$/);
    expect(exitCode).toBe(expected);
  });
});
