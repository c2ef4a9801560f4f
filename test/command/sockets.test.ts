// The commands that open one socket: each type, input, output, limits and exit codes.

import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Dealer, Publisher, Pull, Push, Reply, Request, Router } from "zmq-native";
import { addressing } from "../../command/addressed.js";
import type { AnySocket } from "../../command/open.js";
import type { Parcel } from "../../command/parcel.js";
import { socketKinds } from "../../command/sockets.js";
import { makeCertificate } from "../helpers/certificates.js";
import { pythonMissing, startPython } from "../helpers/peers.js";
import { freeTcpPort, freeUdpPort } from "../helpers/ports.js";
import { draftNames, stableNames } from "../helpers/socket_types.js";
import { endpoint, folder, startZmq, zmq } from "./zmq.js";

// A Peer also connects to others by program, and a Channel is a Pair of one frame.
const withoutCommand = ["Peer", "Channel"];

test("there is a command for each socket type but Peer and Channel", () => {
  const named = (draft: boolean) =>
    socketKinds.filter((kind) => (kind.draft ?? false) === draft).map(({ className }) => className);
  expect(named(false).sort()).toEqual([...stableNames].sort());
  expect(named(true).sort()).toEqual(draftNames.filter((name) => !withoutCommand.includes(name)).sort());
});

/** A receiving command, a sending one, and what the receiver prints as JSON. */
const pairs: { receiver: string[]; sender: string[]; printed: RegExp }[] = [
  { receiver: ["pull"], sender: ["push", "hello"], printed: /^\["hello"\]$/ },
  { receiver: ["sub"], sender: ["pub", "hello"], printed: /^\["hello"\]$/ },
  {
    receiver: ["sub"],
    sender: ["xpub", "--wait-peers", "1", "--interval", "20", "hello"],
    printed: /^\["hello"\]$/,
  },
  { receiver: ["xsub", "--subscribe", "he"], sender: ["pub", "hello"], printed: /^\["hello"\]$/ },
  { receiver: ["pair"], sender: ["pair", "hello"], printed: /^\["hello"\]$/ },
  { receiver: ["dealer"], sender: ["dealer", "hello"], printed: /^\["hello"\]$/ },
  { receiver: ["router"], sender: ["dealer", "hello"], printed: /^\[.+,"hello"\]$/ },
  { receiver: ["rep"], sender: ["req", "hello"], printed: /^\["hello"\]$/ },
  { receiver: ["gather"], sender: ["scatter", "hello"], printed: /^\["hello"\]$/ },
  {
    receiver: ["server"],
    sender: ["client", "hello"],
    printed: /^\{"frames":\["hello"\],"routingId":\d+\}$/,
  },
  {
    receiver: ["dish", "--join", "news"],
    sender: ["radio", "--group", "news", "--wait-peers", "1", "--interval", "20", "hello"],
    printed: /^\{"frames":\["hello"\],"group":"news"\}$/,
  },
];

describe("each socket type", () => {
  test.each(pairs)("$receiver receives what $sender sends", async ({ receiver, sender, printed }) => {
    const at = endpoint();
    const receiving = startZmq([...receiver, "--bind", at, "--count", "1", "--output", "json"]);
    const [type, ...rest] = sender;
    const sending = startZmq([type!, "--connect", at, ...rest]);
    const { stdout, stderr, exitCode } = await receiving;
    expect({ exitCode, stderr: Buffer.from(stderr).toString() }).toEqual({ exitCode: 0, stderr: "" });
    expect(Buffer.from(stdout).toString().trimEnd()).toMatch(printed);
    sending.kill();
  });

  test("stream exchanges bytes with plain TCP", async () => {
    const { connect } = await import("node:net");
    const server = startZmq(["stream", "--bind", "tcp://127.0.0.1:*", "--echo", "--output", "none"]);
    const [line] = await once(server.stderr!, "data");
    const port = Number(/:(\d+)\s*$/.exec(String(line))![1]);
    const client = connect(port, "127.0.0.1");
    client.write("ping");
    const [answer] = await once(client, "data");
    client.destroy();
    expect(String(answer)).toBe("ping");
  });

  test("stream --connect sends to the server that it connects to", async () => {
    const { createServer } = await import("node:net");
    const server = createServer((socket) => socket.on("data", (data) => socket.end(`got ${data}`)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const at = `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
    const { status, stdout, stderr } = await zmq(["stream", "--connect", at, "--count", "1", "hello"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("got hello");
    server.close();
  });

  test("stream --connect goes on if a server leaves while the message is sent to another", async () => {
    const kind = socketKinds.find(({ name }) => name === "stream")!;
    const peers = new Set([{ routingId: Buffer.from("gone") }, { routingId: Buffer.from("here") }]);
    const sent: string[][] = [];
    const send = async ({ frames }: Parcel) => {
      if (String(frames[0]) === "gone")
        throw Object.assign(new Error("unreachable"), { code: "EHOSTUNREACH" });
      sent.push(frames.map(String));
    };
    using reported = vi.spyOn(console, "error").mockImplementation(() => {});
    const { signal } = new AbortController();
    await addressing(
      kind,
      { peers } as unknown as AnySocket,
      {},
      send,
      signal,
    )({ frames: [Buffer.from("x")] });
    expect(sent).toEqual([["here", "x"]]);
    expect(reported.mock.calls).toEqual([["zmq: a server has left before it got the message"]]);
  });

  test("router reports a message to an unknown peer, and one without an address", async () => {
    const router = ["router", "--bind", endpoint(), "--separator", "|"];
    expect(await zmq([...router, "nobody|hi"])).toMatchObject({
      status: 1,
      stderr: 'zmq: no connected peer has the routing id "nobody"; --wait-peers waits for peers first\n',
    });
    expect(await zmq([...router, "hi"])).toMatchObject({
      status: 1,
      stderr: "zmq: messages of a Router begin with a frame that has the routing id; see --separator\n",
    });
  });

  test("server reports a message to an unknown peer, and one without a routing id", async () => {
    const server = ["server", "--bind", endpoint()];
    expect(await zmq([...server, "--routing-id", "7", "hi"])).toMatchObject({
      status: 1,
      stderr: "zmq: no connected peer has the routing id 7; --wait-peers waits for peers first\n",
    });
    expect(await zmq(server, "hi\n")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^zmq: messages of a Server need the routing id of a peer; give --routing-id NUMBER/,
      ),
    });
  });

  test("dgram answers UDP packets", async () => {
    const { createSocket } = await import("node:dgram");
    const client = createSocket("udp4");
    client.bind(0, "127.0.0.1");
    await once(client, "listening");
    const port = await freeUdpPort();
    startZmq(["dgram", "--bind", `udp://127.0.0.1:${port}`, "--echo"]);
    const answered = once(client, "message");
    // Packets are lost until the command is bound.
    const timer = setInterval(() => client.send("ping", port, "127.0.0.1", () => {}), 50);
    const [answer] = await answered;
    clearInterval(timer);
    client.close();
    expect(String(answer)).toBe("ping");
  });
});

describe("--wait-peers", () => {
  test("stream waits for a TCP client", async () => {
    const { connect } = await import("node:net");
    const server = startZmq(["stream", "--bind", "tcp://127.0.0.1:*", "--wait-peers", "1", "--echo"]);
    const [line] = await once(server.stderr!, "data");
    const client = connect(Number(/:(\d+)\s*$/.exec(String(line))![1]), "127.0.0.1");
    client.write("ping");
    expect(String((await once(client, "data"))[0])).toBe("ping");
    client.destroy();
  });

  test("a failed handshake does not change the number of peers", async () => {
    const push = startZmq(["push", "--bind", "tcp://127.0.0.1:*", "--wait-peers", "2", "a", "b"]);
    const [line] = await once(push.stderr!, "data");
    const at = /bound to (\S+)/.exec(String(line))![1]!;
    const pulls = [new Pull({ receiveTimeout: 20_000 }), new Pull({ receiveTimeout: 20_000 })];
    pulls[0]!.connect(at);
    await pulls[0]!.waitForPeers();
    const stranger = new Publisher();
    const failed = new Promise((resolve) => stranger.peers.once("fail", resolve));
    stranger.connect(at);
    await failed;
    stranger.close();
    pulls[1]!.connect(at);
    const received = await Promise.all(pulls.map((pull) => pull.receive()));
    expect(received.map(String).sort()).toEqual(["a", "b"]);
    expect((await push).exitCode).toBe(0);
    for (const pull of pulls) pull.close();
  });

  test("counts peers over inproc", async () => {
    const at = ["--bind", "inproc://pair", "--connect", "inproc://pair"];
    expect(
      await zmq(["dealer", ...at, "--wait-peers", "2", "--timeout", "20000", "--count", "1", "hi"]),
    ).toMatchObject({
      status: 0,
      stdout: "hi\n",
    });
  });
});

describe("messages whose body is one frame", () => {
  test.each([
    ["--exec", "tr a-z A-Z", "ONETWO"],
    ["--eval", "[message, '+', String(frames.length)]", "one+1two+1"],
    // An empty answer would close the connection.
    ["--exec", "grep two || true", "two"],
  ])("stream %s %s answers with bytes, and keeps the connection", async (flag, value, answers) => {
    const { connect } = await import("node:net");
    const server = startZmq([
      ...["stream", "--bind", "tcp://127.0.0.1:*", "--output", "hex", flag, value, "--count", "2"],
    ]);
    const [line] = await once(server.stderr!, "data");
    const client = connect(Number(/:(\d+)\s*$/.exec(String(line))![1]), "127.0.0.1");
    let received = "";
    client.on("data", (data) => {
      received += data;
    });
    client.write("one");
    let printed = "";
    while (!printed.includes(Buffer.from("one").toString("hex"))) {
      const [data] = await once(server.stdout!, "data");
      printed += data;
    }
    client.write("two");
    await once(client, "close");
    expect(received).toBe(answers);
    expect((await server).exitCode).toBe(0);
  });

  test("dgram answers an empty packet", async () => {
    const { createSocket } = await import("node:dgram");
    const client = createSocket("udp4");
    client.bind(0, "127.0.0.1");
    await once(client, "listening");
    const port = await freeUdpPort();
    startZmq(["dgram", "--bind", `udp://127.0.0.1:${port}`, "--eval", "['a', frames.length, 'b']"]);
    const answered = once(client, "message");
    const timer = setInterval(() => client.send("", port, "127.0.0.1", () => {}), 50);
    const [answer] = await answered;
    clearInterval(timer);
    client.close();
    expect(String(answer)).toBe("a1b");
  });
});

describe("--option", () => {
  test.each([
    ["123", "123"],
    ["1e3", "1e3"],
    ["true", "true"],
    ["[1]", "[1]"],
    ['"123"', "123"],
    ["text", "text"],
  ])("routingId=%s is the text %s", async (given, id) => {
    const router = new Router();
    await router.bind("tcp://127.0.0.1:*");
    const requested = zmq([
      ...["req", "--connect", router.lastEndpoint!, "--option", `routingId=${given}`],
      ...["--option", "sendHighWaterMark=10", "hello"],
    ]);
    const message = await router.receive();
    await router.send(message);
    expect(await requested).toMatchObject({ status: 0, stdout: "hello\n", stderr: "" });
    expect(String(message[0])).toBe(id);
    router.close();
  });
});

describe("requests", () => {
  test("req prints the reply to each request; rep answers with its arguments in turn", async () => {
    const at = endpoint();
    const server = startZmq(["rep", "--bind", at, "--count", "3", "--output", "none", "one", "two"]);
    const { status, stdout } = await zmq(["req", "--connect", at, "--count", "3", "next"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one\ntwo\none\n" });
    expect((await server).exitCode).toBe(0);
  });

  test.each([
    ["--exec", "tr a-z A-Z", "HELLO"],
    ["--eval", "[message.length, frames[0].at(0), count].join()", "5,104,1"],
    ["--eval", "Promise.resolve({ message })", '{"message":"hello"}'],
  ])("rep %s %s answers %s", async (flag, value, answer) => {
    const at = endpoint();
    startZmq(["rep", "--bind", at, flag, value]);
    expect((await zmq(["req", "--connect", at, "hello"])).stdout).toBe(`${answer}\n`);
  });

  test("a failure of --eval is reported and answered with an empty message", async () => {
    const at = endpoint();
    const server = startZmq(["rep", "--bind", at, "--count", "1", "--eval", "nothing.there"]);
    expect((await zmq(["req", "--connect", at, "hello"])).stdout).toBe("\n");
    expect(Buffer.from((await server).stderr).toString()).toBe(
      "zmq: --eval failed: nothing is not defined\n",
    );
  });

  test("a failure of --exec is reported and answered with an empty message", async () => {
    const at = endpoint();
    const server = startZmq(["rep", "--bind", at, "--count", "1", "--exec", "echo partial; exit 3"]);
    expect((await zmq(["req", "--connect", at, "hello"])).stdout).toBe("\n");
    expect(Buffer.from((await server).stderr).toString()).toBe("zmq: --exec ended with exit code 3\n");
  });

  test("SIGTERM ends the command of --exec", async () => {
    const at = endpoint();
    const path = join(folder(), "pid");
    const server = startZmq([
      "rep",
      "--bind",
      at,
      "--output",
      "text",
      "--exec",
      `echo $$ > ${path}; sleep 1000`,
    ]);
    const request = startZmq(["req", "--connect", at, "hello"]);
    await once(server.stdout!, "data");
    while (!existsSync(path) || readFileSync(path, "utf8") === "")
      await new Promise((resolve) => setTimeout(resolve, 10));
    server.kill("SIGTERM");
    expect((await server).exitCode).toBe(143);
    expect(() => process.kill(Number(readFileSync(path, "utf8")), 0)).toThrow("ESRCH");
    request.kill("SIGKILL");
  });

  test("a Client that leaves before its answer does not end the server", async () => {
    const at = endpoint();
    const server = startZmq(["server", "--bind", at, "--exec", "sleep 1; cat"]);
    const gone = startZmq(["client", "--connect", at, "first"]);
    await once(server.stdout!, "data");
    gone.kill("SIGKILL");
    const { stdout } = await zmq(["client", "--connect", at, "--count", "1", "second"]);
    expect(stdout).toBe("second\n");
    server.kill("SIGKILL");
  });

  test("a client that reads no answers does not delay those of others", async () => {
    const at = endpoint();
    const limit = ["--option", "sendHighWaterMark=1"];
    const server = startZmq(["router", "--bind", at, "--echo", "--output", "none", ...limit]);
    const idle = new Dealer({ receiveHighWaterMark: 1, linger: 0 });
    idle.connect(at);
    // More than the buffers of a connection hold.
    const count = 100;
    for (let sent = 0; sent < count; sent++) await idle.send(Buffer.alloc(2 ** 16));
    await idle.flush();
    const asking = new Request({ receiveTimeout: 20_000 });
    asking.connect(at);
    // The server takes the messages of the two in turn.
    for (let asked = 0; asked < count; asked++) {
      await asking.send(`${asked}`);
      expect(String(await asking.receive())).toBe(`${asked}`);
    }
    idle.close();
    asking.close();
    server.kill("SIGINT");
    const { exitCode, stderr } = await server;
    expect(Buffer.from(stderr).toString()).toMatch(
      /^zmq: \d+ messages were dropped: the queue of a peer was full;/,
    );
    expect(exitCode).toBe(130);
  });

  test("stream does not count notices", async () => {
    const { connect } = await import("node:net");
    const server = startZmq([
      "stream",
      "--bind",
      "tcp://127.0.0.1:*",
      "--echo",
      "--count",
      "1",
      "--output",
      "none",
    ]);
    const [line] = await once(server.stderr!, "data");
    const client = connect(Number(/:(\d+)\s*$/.exec(String(line))![1]), "127.0.0.1");
    client.write("ping");
    expect(String((await once(client, "data"))[0])).toBe("ping");
    client.destroy();
    expect((await server).exitCode).toBe(0);
  });

  test("router --eval keeps the envelope of a Request", async () => {
    const at = endpoint();
    startZmq(["router", "--bind", at, "--eval", "message + '!'"]);
    expect((await zmq(["req", "--connect", at, "hello"])).stdout).toBe("hello!\n");
  });

  test("a Reply of this library is answered by the command", async () => {
    const reply = new Reply();
    await reply.bind("tcp://127.0.0.1:*");
    const requested = zmq(["req", "--connect", reply.lastEndpoint!, "hello"]);
    expect(String(await reply.receive())).toBe("hello");
    await reply.send("world");
    expect((await requested).stdout).toBe("world\n");
    reply.close();
  });
});

/** Sends the input through a Push of the command, and returns the frames that arrive, in hexadecimal. */
async function sent(parameters: string[], input?: string | Uint8Array): Promise<string[][]> {
  const pull = new Pull({ receiveHighWaterMark: 0 });
  await pull.bind("tcp://127.0.0.1:*");
  const left = new Promise((resolve) => pull.peers.once("leave", resolve));
  const { status, stderr } = await zmq(["push", "--connect", pull.lastEndpoint!, ...parameters], input);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  // Everything that the process has sent is in the queue then.
  await left;
  const messages: string[][] = [];
  for (let frames = pull.tryReceive(); frames !== undefined; frames = pull.tryReceive())
    messages.push(frames.map((frame) => frame.toString("hex")));
  pull.close();
  return messages;
}
const hex = (text: string) => Buffer.from(text).toString("hex");

describe("input", () => {
  test.each<[string, string[], string | Uint8Array, string[][]]>([
    ["lines", [], "a\nb\n\nc", [["61"], ["62"], [""], ["63"]]],
    ["lines that are not UTF-8", [], Buffer.of(255, 10, 254), [["ff"], ["fe"]]],
    ["NUL-separated", ["--input", "nul"], "a\nb\0c\0", [["610a62"], ["63"]]],
    ["raw", ["--input", "raw"], "a\nb\0", [["610a6200"]]],
    ["frames by separator", ["--separator", "\\t"], "a\tb\t\n", [["61", "62", ""]]],
    [
      "JSON lines",
      ["--input", "json"],
      '"a"\n\n["b",{"base64":"/w=="},{"hex":"00"}]\n{"frames":["c"]}\n',
      [["61"], ["62", "ff", "00"], ["63"]],
    ],
    ["MessagePack", ["--input", "msgpack"], '{"a":[1]}', [["81a16191 01".replace(" ", "")]]],
    ["CBOR", ["--input", "cbor"], '{"a":[1]}', [["a161618101"]]],
  ])("%s", async (_title, parameters, input, expected) => {
    expect(await sent(parameters, input)).toEqual(expected);
  });

  test("files, in order", async () => {
    const path = folder();
    writeFileSync(join(path, "1"), "a\nb");
    writeFileSync(join(path, "2"), "c\n");
    const files = ["--file", join(path, "1"), "--file", join(path, "2")];
    expect(await sent(files)).toEqual([["61"], ["62"], ["63"]]);
  });

  test("templates", async () => {
    const messages = await sent(["--count", "2", "{{count}}/{{random 3}}/{{unknown}}"]);
    const text = messages.map(([frame]) => frame!);
    expect(text[0]).toMatch(new RegExp(`^${hex("1/")}.{6}${hex("/{{unknown}}")}$`));
    expect(text[1]!.startsWith(hex("2/"))).toBe(true);
    expect(await sent(["--no-template", "{{count}}"])).toEqual([[hex("{{count}}")]]);
  });

  test("{{time}} is the time of sending, after the pause of --interval", async () => {
    const [start, interval] = [Date.now(), 2000];
    const messages = await sent(["--count", "2", "--interval", `${interval}`, "{{count}} {{time}}"]);
    const [first, second] = messages.map(([frame]) => Buffer.from(frame!, "hex").toString().split(" "));
    expect([first![0], second![0]]).toEqual(["1", "2"]);
    expect(second![1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    // The pause has begun after the start of the command. The two clocks may differ a little.
    expect(Date.parse(second![1]!) - start).toBeGreaterThan(interval - 10);
  });

  test("{{count}} counts the messages of all arguments", async () => {
    const messages = await sent(["--rate", "1000", "--count", "4", "a{{count}}", "b{{count}}"]);
    const texts = messages.map(([frame]) => Buffer.from(frame!, "hex").toString());
    expect(texts).toEqual(["a1", "b2", "a3", "b4"]);
  });

  test("--separator splits templates, not the bytes that replace them", async () => {
    const [frames] = await sent(["--separator", " ", "{{random 20000}} {{count}}"]);
    expect(frames!.map((frame) => frame.length)).toEqual([40_000, 2]);
  });

  test.each(["{{random 1073741825}}", "{{random -1}}"])("%s is wrong usage", async (template) => {
    expect(await zmq(["pub", "--bind", endpoint(), template])).toMatchObject({
      status: 2,
      stderr: `zmq: ${template}: give a number of bytes from 0 to 1073741824\n`,
    });
  });

  test("--rate sets the pace", async () => {
    const start = performance.now();
    expect(await sent(["--rate", "100", "--count", "21", "x"])).toHaveLength(21);
    expect(performance.now() - start).toBeGreaterThanOrEqual(199);
  });

  test.each([
    ['{"a":', /^zmq: input line 1 is not JSON: /],
    ['"a"\n[1]', /^zmq: input line 2: a frame must be a string, \{"base64": …\} or \{"hex": …\}, got 1\n$/],
    ["[]", /^zmq: input line 1: a message has at least one frame, got \[\]\n$/],
  ])("invalid JSON and JSON of another form: %s", async (input, message) => {
    const { status, stderr } = await zmq(
      ["push", "--connect", endpoint(), "--input", "json", "--linger", "0"],
      input,
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(message) });
  });
});

describe("output", () => {
  const message = ["text", Buffer.from([0, 34, 255]), ""];
  test.each([
    ["text", Buffer.from([...Buffer.from("text\t"), 0, 34, 255, 9, 10])],
    ["quoted", Buffer.from('"text" "\\x00\\"\\xff" ""\n')],
    ["hex", Buffer.from("74657874 0022ff \n")],
    ["base64", Buffer.from("dGV4dA== ACL/ \n")],
    ["json", Buffer.from('["text",{"base64":"ACL/"},""]\n')],
    ["raw", Buffer.from([...Buffer.from("text"), 0, 34, 255])],
  ])("%s", async (format, expected) => {
    const push = new Push();
    await push.bind("tcp://127.0.0.1:*");
    const command = startZmq(["pull", "--connect", push.lastEndpoint!, "--count", "1", "--output", format]);
    await push.send(message);
    expect(Buffer.from((await command).stdout)).toEqual(expected);
    push.close();
  });

  test.each([
    ["msgpack", "82a16101a162c40100", '{"a":1,"b":{"base64":"AA=="}} "x\\xff"\n'],
    ["cbor", "a2616101616241 00".replace(" ", ""), '{"a":1,"b":{"base64":"AA=="}} "x\\xff"\n'],
  ])("%s, and what it cannot decode is quoted", async (format, encoded, expected) => {
    const push = new Push();
    await push.bind("tcp://127.0.0.1:*");
    const command = startZmq(["pull", "--connect", push.lastEndpoint!, "--count", "1", "--output", format]);
    await push.send([Buffer.from(encoded, "hex"), Buffer.from("x\xff", "latin1")]);
    expect(Buffer.from((await command).stdout).toString()).toBe(expected);
    push.close();
  });
});

test("a small MessagePack message that announces a large array does not use memory", async () => {
  const push = new Push();
  await push.bind("tcp://127.0.0.1:*");
  const command = startZmq(["pull", "--connect", push.lastEndpoint!, "--count", "1", "--output", "msgpack"]);
  await push.send(Buffer.from("dd01ffffff".repeat(200), "hex"));
  const { exitCode, stdout } = await command;
  expect(Buffer.from(stdout).toString()).toMatch(/^"\\xdd\\x01\\xff/);
  expect(exitCode).toBe(0);
  push.close();
});

describe("limits and ends", () => {
  test("a timeout has exit code 3", async () => {
    const received = await zmq(["pull", "--bind", endpoint(), "--timeout", "50"]);
    expect(received).toMatchObject({ status: 3, stderr: "zmq: no message has arrived within 50 ms\n" });
    const unsent = await zmq(["push", "--bind", endpoint(), "--timeout", "50", "--linger", "0", "x"]);
    expect(unsent).toMatchObject({ status: 3, stderr: "zmq: no peer has taken the message within 50 ms\n" });
    const unread = await zmq(["pub", "--bind", endpoint(), "--timeout", "50", "x"]);
    expect(unread).toMatchObject({ status: 3, stderr: "zmq: no subscriber within 50 ms\n" });
    const lonely = await zmq(["push", "--bind", endpoint(), "--timeout", "50", "--wait-peers", "2", "x"]);
    expect(lonely).toMatchObject({ status: 3, stderr: "zmq: fewer than 2 peers within 50 ms\n" });
  });

  test.each<[string[], string]>([
    [["pull"], "give at least one endpoint with --bind or --connect"],
    [["pull", "--bind", "foo://x"], "unknown transport foo://"],
    [["pull", "--connect", "tcp://127.0.0.1"], "tcp://127.0.0.1: a port must follow the host"],
    [
      ["proxy", "pull-push", "--front-bind", "tcp://127.0.0.1", "--back-bind", "tcp://127.0.0.1:*"],
      "proxy: Invalid argument: tcp://127.0.0.1: a port must follow the host",
    ],
    [["server", "--bind", "tcp://127.0.0.1:*", "hi"], "give --routing-id NUMBER"],
    [
      ["pull", "--connect", "tcp://127.0.0.1:1", "--option", "foo=1"],
      "zmq: cannot open a Pull: Pull has no option foo",
    ],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--option", "sendHighWatermark=1"], "sendHighWatermark"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--option", "x"], "NAME=VALUE"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--option", "close=1"], "close is not an option"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--option", "type=5"], "type is not an option"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--option", "__proto__=1"], "__proto__ is not an option"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--separator", "a\\xZZ"], "Two hexadecimal digits"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--separator", "\\x1f\\xZZ"], "Two hexadecimal digits"],
    [["zap", "--bind", "ipc://x", "--allow-address", "foo"], "zap: --allow-address"],
    [["zap", "--bind", "ipc://x", "--deny-address", "foo"], "zap: --deny-address"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--count", "0"], "Give a whole number from 1"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--curve-server-key", "absent.key"], "absent.key"],
    [["pull", "--connect", "tcp://127.0.0.1:1", "--curve-allow", "x"], "--curve-secret"],
    [["push", "--connect", "tcp://127.0.0.1:1", "--curve-secret", "x", "hi"], "needs --curve-server-key KEY"],
    [["rep", "--connect", "tcp://127.0.0.1:1", "--echo", "--exec", "cat"], "--echo and --exec"],
    [
      ["push", "--connect", "tcp://127.0.0.1:1", "--rate", "1", "--interval", "1", "x"],
      "cannot be used with",
    ],
    [
      ["pull", "--connect", "tcp://127.0.0.1:1", "--curve-server-key", "x", "--plain", "a:b"],
      "one mechanism",
    ],
    [["push", "--connect", "tcp://127.0.0.1:1", "--plain", "secret", "x"], "NAME:PASSWORD, and got no colon"],
    [["rep", "--connect", "tcp://127.0.0.1:1", "--exec", ""], "--exec takes a command"],
    [
      ["push", "--connect", "tcp://127.0.0.1:1", "--count", "1", "--file", "y", "x"],
      "leave no turn to --file",
    ],
    [
      ["radio", "--connect", "udp://127.0.0.1:1", "--group", "g", "--wait-peers", "1", "x"],
      "udp://127.0.0.1:1: this transport has no peers to wait for",
    ],
    // Neither waits for a subscriber.
    [["pub", "--connect", "tcp://127.0.0.1:1", "--file", "absent.txt"], "cannot read absent.txt: ENOENT"],
    [
      ["pub", "--connect", "tcp://127.0.0.1:1", "--file", __dirname],
      `cannot read ${__dirname}: it is a folder`,
    ],
    [
      ["pub", "--connect", "tcp://127.0.0.1:1", "--rate", "1", "--file", __filename, "x"],
      "leave no turn to --file",
    ],
    ...["--file", "--input", "--rate", "--interval"].map((option): [string[], string] => [
      ["router", "--connect", "tcp://127.0.0.1:1", "--echo", option, option === "--input" ? "json" : "1"],
      "option '--echo' cannot be used with option ",
    ]),
    [["dealer", "--connect", "tcp://127.0.0.1:1", "--exec", "cat", "--file", "x"], "cannot be used with"],
    [["dealer", "--connect", "tcp://127.0.0.1:1", "--eval", "1", "--file", "x"], "cannot be used with"],
    [
      ["zap", "--bind", "ipc://x", "--curve-allow", "ada.key", "--curve-allow", "any"],
      "--curve-allow any admits every key",
    ],
    [["zap", "--bind", "ipc://", "--allow-address", "127.0.0.1"], "zmq: zap: "],
    [["replay", __dirname, "--bind", "tcp://127.0.0.1:*"], `zmq: cannot read ${__dirname}: it is a folder`],
    [["nonsense"], "unknown command 'nonsense'"],
    [["push", "--connect", "tcp://127.0.0.1:1", "--file", "absent.txt", "--linger", "0"], "absent.txt"],
  ])("%j is wrong usage", async (parameters, message) => {
    const { status, stdout, stderr } = await zmq(parameters);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("an endpoint that is in use is named", async () => {
    const pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const { status, stderr } = await zmq(["pull", "--bind", pull.lastEndpoint!]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining(`zmq: pull: ${pull.lastEndpoint}: `),
    });
    pull.close();
  });

  test("a timeout ends a command whose messages nobody takes", async () => {
    const [requested, pushed] = await Promise.all([
      zmq(["req", "--connect", endpoint(), "--timeout", "100", "hello"]),
      zmq(["push", "--connect", endpoint(), "--timeout", "100", "hello"]),
    ]);
    expect(requested).toMatchObject({ status: 3, stderr: "zmq: no message has arrived within 100 ms\n" });
    expect(pushed).toMatchObject({
      status: 3,
      stderr: "zmq: not all messages were delivered within 100 ms: 1 left\n",
    });
  });

  test("--linger limits the delivery, and tells what it drops", async () => {
    expect(await zmq(["push", "--connect", endpoint(), "--linger", "100", "hello"])).toMatchObject({
      status: 3,
      stderr: "zmq: not all messages were delivered within 100 ms: 1 left\n",
    });
    const pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const delivered = await zmq(["push", "--connect", pull.lastEndpoint!, "--linger", "20000", "hello"]);
    expect(delivered).toMatchObject({ status: 0, stderr: "" });
    pull.close();
  });

  test("--timeout limits the delivery after SIGINT", async () => {
    const pull = new Pull({ receiveTimeout: 20_000 });
    await pull.bind("tcp://127.0.0.1:*");
    const endpoints = ["--connect", endpoint(), "--connect", pull.lastEndpoint!];
    const command = startZmq(["push", ...endpoints, "--timeout", "500", "--interval", "10", "hello"]);
    // Messages alternate, so one waits for the peer that is absent.
    for (let received = 0; received < 2; received++) await pull.receive();
    command.kill("SIGINT");
    const { exitCode, stderr } = await command;
    expect({ exitCode, stderr: Buffer.from(stderr).toString() }).toEqual({
      exitCode: 130,
      stderr: expect.stringMatching(/^zmq: not all messages were delivered within 500 ms: [1-9]\d* left\n$/),
    });
    pull.close();
  });

  test("a timeout ends a command whose standard input stays open", async () => {
    const command = startZmq(["dealer", "--bind", endpoint(), "--timeout", "100"]);
    expect((await command).exitCode).toBe(3);
  });

  test("a closed pipe ends the command without a message", async () => {
    const push = new Push();
    await push.bind("tcp://127.0.0.1:*");
    const command = startZmq(["pull", "--connect", push.lastEndpoint!]);
    await push.send("first");
    await once(command.stdout!, "data");
    command.stdout!.destroy();
    let ended = false;
    void command.then(() => {
      ended = true;
    });
    while (!ended) {
      await push.send("more", { timeout: 20 }).catch(() => {});
      await new Promise(setImmediate);
    }
    const { exitCode, stderr } = await command;
    expect({ exitCode, stderr: Buffer.from(stderr).toString() }).toEqual({ exitCode: 0, stderr: "" });
    await push.close({ linger: 0 });
  });

  test("SIGINT ends the input, and what is queued is delivered", async () => {
    const at = endpoint();
    const command = startZmq(["push", "--connect", at]);
    command.stdin!.write("a\nb\n");
    // Connected but not bound yet: the messages wait in the queue.
    const pull = new Pull({ receiveTimeout: 20_000 });
    const started = once(command, "spawn").catch(() => {});
    await started;
    await pull.bind(at);
    expect(String(await pull.receive())).toBe("a");
    command.kill("SIGINT");
    expect(String(await pull.receive())).toBe("b");
    expect((await command).exitCode).toBe(130);
    pull.close();
  });

  test("standard input that stays open does not delay the end", async () => {
    const at = endpoint();
    startZmq(["dealer", "--bind", at, "hello"]);
    const command = startZmq(["dealer", "--connect", at, "--count", "1"]);
    const { exitCode, stdout } = await command;
    expect({ exitCode, stdout: Buffer.from(stdout).toString() }).toEqual({ exitCode: 0, stdout: "hello\n" });
  });
});

describe("security", () => {
  test("CURVE: the key that is admitted, and another one", async () => {
    const path = folder();
    for (const name of ["server", "ada", "eve"]) {
      expect((await zmq(["keygen", join(path, `${name}.key`), "--name", name])).status).toBe(0);
    }
    const at = endpoint();
    const [server, ada, eve] = ["server", "ada", "eve"].map((name) => join(path, `${name}.key`));
    const pull = startZmq([
      "pull",
      "--bind",
      at,
      "--curve-secret",
      server!,
      "--curve-allow",
      ada!,
      "--count",
      "1",
    ]);
    const as = (key: string) => ["--curve-secret", key, "--curve-server-key", server!];
    const refused = startZmq(["push", "--connect", at, ...as(eve!), "from eve"]);
    const admitted = await zmq(["push", "--connect", at, ...as(ada!), "from ada"]);
    expect(admitted).toMatchObject({ status: 0, stderr: "" });
    expect(Buffer.from((await pull).stdout).toString()).toBe("from ada\n");
    refused.kill();
  });

  test("failed handshakes are explained once, on both sides", async () => {
    const path = folder();
    const keys: Record<string, string> = {};
    for (const name of ["server", "ada", "eve"]) {
      keys[name] = join(path, `${name}.key`);
      expect((await zmq(["keygen", keys[name]])).status).toBe(0);
    }
    const { server = "", ada = "", eve = "" } = keys;
    const secret = ["--curve-secret", server, "--curve-allow", ada];
    const pull = startZmq(["pull", "--bind", "tcp://127.0.0.1:*", ...secret]);
    const [line] = await once(pull.stderr!, "data");
    const at = /bound to (\S+)/.exec(String(line))![1]!;
    const push = (...flags: string[]) =>
      zmq(["push", "--connect", at, ...flags, "--timeout", "2000", "hello"]);
    const ended = await Promise.all([
      push("--curve-secret", eve, "--curve-server-key", server),
      push("--curve-secret", ada, "--curve-server-key", eve),
      push(),
    ]);
    // The side that notices another mechanism first ends the connection, and the other one may see only that.
    const reasons = [
      /access is denied; /,
      /the peer ends each connection; /,
      /different security|ends each conn/,
    ];
    for (const [index, { status, stderr }] of ended.entries()) {
      const lines = stderr.trimEnd().split("\n");
      expect(lines.pop()).toBe("zmq: not all messages were delivered within 2000 ms: 1 left");
      expect(lines.length).toBeLessThanOrEqual(index === 2 ? 2 : 1);
      expect(lines[0]).toContain(`zmq: ${at}: the handshake fails: `);
      expect(lines[0]).toMatch(reasons[index]!);
      expect(status).toBe(3);
    }
    pull.kill("SIGINT");
    const told = Buffer.from((await pull).stderr)
      .toString()
      .trimEnd()
      .split("\n")
      .sort();
    expect(told).toEqual([
      expect.stringContaining(`bound to ${at}`),
      expect.stringContaining(`${at}: the handshake fails: a CURVE key is wrong`),
      expect.stringContaining(`${at}: the handshake fails: access is denied`),
      expect.stringContaining(`${at}: the handshake fails: the two sides have different`),
    ]);
  });

  test("a server without an authenticator is told so", async () => {
    const pull = startZmq(["pull", "--bind", "tcp://127.0.0.1:*", "--option", "plainServer=true"]);
    const [line] = await once(pull.stderr!, "data");
    const at = /bound to (\S+)/.exec(String(line))![1]!;
    const told = once(pull.stderr!, "data");
    const refused = startZmq(["push", "--connect", at, "--plain", "ada:secret", "hello"]);
    expect(String((await told)[0])).toBe(
      `zmq: ${at}: the handshake fails: no authenticator runs, so nobody is admitted; give --plain-users or --curve-allow\n`,
    );
    refused.kill();
    pull.kill();
  });

  test("PLAIN", async () => {
    const path = join(folder(), "users");
    writeFileSync(path, "ada:secret:with colon\n");
    const at = endpoint();
    const pull = startZmq(["pull", "--bind", at, "--plain-users", path, "--count", "1"]);
    const refused = startZmq(["push", "--connect", at, "--plain", "ada:wrong", "wrong"]);
    expect((await zmq(["push", "--connect", at, "--plain", "ada:secret:with colon", "right"])).status).toBe(
      0,
    );
    expect(Buffer.from((await pull).stdout).toString()).toBe("right\n");
    refused.kill();
  });
});

test("wss", async () => {
  const [path, port] = [folder(), await freeTcpPort()];
  const { certificate, key } = makeCertificate();
  writeFileSync(join(path, "certificate"), certificate);
  writeFileSync(join(path, "key"), key);
  const files = ["--wss-certificate", join(path, "certificate"), "--wss-key", join(path, "key")];
  const at = `wss://127.0.0.1:${port}`;
  const pull = startZmq(["pull", "--bind", at, ...files, "--count", "2"]);
  const trust = ["--wss-trust", join(path, "certificate")];
  expect((await zmq(["push", "--connect", at, ...trust, "by address"])).status).toBe(0);
  expect(
    (await zmq(["push", "--connect", at, ...trust, "--wss-hostname", "feed.example", "by name"])).status,
  ).toBe(0);
  expect(Buffer.from((await pull).stdout).toString()).toBe("by address\nby name\n");
  const missing = await zmq(["pull", "--bind", at, "--wss-key", join(path, "none")]);
  expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining("cannot read") });
});

const missing = pythonMissing();
describe.skipIf(missing !== undefined)(`a peer in Python${missing ? ` (${missing})` : ""}`, () => {
  test("receives from push, and answers req", async () => {
    const path = folder();
    const python = startPython(
      `pull = context.socket(zmq.PULL); pull.bind(sys.argv[1])
rep = context.socket(zmq.REP); rep.bind(sys.argv[2])
print([pull.recv_multipart(), pull.recv_multipart()], flush=True)
rep.send(rep.recv()[::-1])
pull.close(); rep.close(linger=5000); context.term()`,
      `ipc://${path}/pull`,
      `ipc://${path}/rep`,
    );
    const pushed = await zmq(["push", "--connect", `ipc://${path}/pull`, "--separator", "|", "a|b", "c"]);
    expect(pushed.status).toBe(0);
    expect((await zmq(["req", "--connect", `ipc://${path}/rep`, "hello"])).stdout).toBe("olleh\n");
    expect(await python.output).toBe("[[b'a', b'b'], [b'c']]\n");
  });
});
