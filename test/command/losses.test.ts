// Messages that a command does not send, deliver or receive: notes and exit codes.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { truncateSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { capability, Dealer, Pair, Pull, Push, Reply, Subscriber } from "zmq-native";
import { Client } from "zmq-native/draft";
import { endpoint, folder, startZmq, zmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

/** Waits for the end of a command. */
async function endOf(command: ReturnType<typeof startZmq>) {
  const { exitCode, stdout, stderr } = await command;
  return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
}

describe("--count of a command that sends and receives", () => {
  async function openPair() {
    const pair = new Pair({ receiveHighWaterMark: 1, receiveTimeout: 20_000 });
    await pair.bind("tcp://127.0.0.1:*");
    return { pair, parameters: ["pair", "--connect", pair.lastEndpoint!, "--count", "1"] };
  }
  /** More than the queues and the kernel hold. */
  const large = ["--option", "sendHighWaterMark=1", ...Array<string>(40).fill("{{random 1000000}}")];

  test("the arguments are sent to the last one", async () => {
    const { pair, parameters } = await openPair();
    const command = startZmq([...parameters, ...large]);
    await pair.send("go");
    await once(command.stdout!, "data");
    for (let count = 0; count < 40; count++) expect((await pair.receive())[0]!.length).toBe(1_000_000);
    expect(await endOf(command)).toEqual({ exitCode: 0, stdout: "go\n", stderr: "" });
    pair.close();
  });

  test("the files are sent to the last line", async () => {
    const { pair, parameters } = await openPair();
    const file = join(folder(), "lines");
    writeFileSync(file, `${"x".repeat(1_000_000)}\n`.repeat(40));
    const command = startZmq([...parameters, "--option", "sendHighWaterMark=1", "--file", file]);
    await pair.send("go");
    await once(command.stdout!, "data");
    for (let count = 0; count < 40; count++) expect((await pair.receive())[0]!.length).toBe(1_000_000);
    expect(await endOf(command)).toEqual({ exitCode: 0, stdout: "go\n", stderr: "" });
    pair.close();
  });

  test("--linger limits the time for the rest", async () => {
    const { pair, parameters } = await openPair();
    const command = startZmq([...parameters, "--linger", "300", ...large]);
    await pair.send("go");
    expect(await endOf(command)).toEqual({
      exitCode: 3,
      stdout: "go\n",
      stderr: "zmq: not all messages were sent within 300 ms\n",
    });
    pair.close();
  });

  test("a file that is still being read when --linger is over is not sent as a part", async () => {
    const { pair, parameters } = await openPair();
    const file = join(folder(), "bytes");
    writeFileSync(file, "");
    truncateSync(file, 2_000_000_000);
    const command = startZmq([...parameters, "--linger", "1", "--input", "raw", "--file", file]);
    await pair.send("go");
    expect(await endOf(command)).toEqual({
      exitCode: 3,
      stdout: "go\n",
      stderr: "zmq: not all messages were sent within 1 ms\n",
    });
    pair.close();
  });

  test("the lines of an open standard input are sent that were read, without a part of one", async () => {
    const { pair, parameters } = await openPair();
    const left = new Promise((resolve) => pair.peers.once("leave", resolve));
    const command = startZmq(parameters);
    command.stdin!.write("a\nb\npart");
    expect(String(await pair.receive())).toBe("a");
    await pair.send("go");
    expect(await endOf(command)).toEqual({ exitCode: 0, stdout: "go\n", stderr: "" });
    await left;
    expect(String(await pair.receive())).toBe("b");
    await expect(pair.receive({ timeout: 0 })).rejects.toMatchObject({ code: "EAGAIN" });
    pair.close();
  });

  test("lines that are sent at a pace end, with a note and exit code 4", async () => {
    const { pair, parameters } = await openPair();
    const file = join(folder(), "lines");
    writeFileSync(file, "a\nb\n");
    const command = startZmq([...parameters, "--interval", "1000000", "--file", file]);
    expect(String(await pair.receive())).toBe("a");
    await pair.send("go");
    expect(await endOf(command)).toEqual({
      exitCode: 4,
      stdout: "go\n",
      stderr: "zmq: --count was reached before the rest of the input was sent\n",
    });
    pair.close();
  });

  test("repeated arguments end without a note", async () => {
    const { pair, parameters } = await openPair();
    const command = startZmq([...parameters, "--interval", "1000000", "a", "b"]);
    expect(String(await pair.receive())).toBe("a");
    await pair.send("go");
    expect(await endOf(command)).toEqual({ exitCode: 0, stdout: "go\n", stderr: "" });
    pair.close();
  });
});

describe("replay to a Router", () => {
  const recording = (frames: string[]) => {
    const file = join(folder(), "recording");
    const lines = [
      { format: "zmq-recording", version: 1 },
      { at: 0, frames },
    ];
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join("\n"));
    return ["replay", file, "--type", "router", "--no-wait", "--bind", endpoint()];
  };

  test("reports a message to an unknown peer, and one without an address", async () => {
    expect(await zmq(recording(["nobody", "hi"]))).toMatchObject({
      status: 1,
      stderr: 'zmq: no connected peer has the routing id "nobody"; --wait-peers waits for peers first\n',
    });
    expect(await zmq(recording(["hi"]))).toMatchObject({
      status: 1,
      stderr: "zmq: messages of a Router begin with a frame that has the routing id\n",
    });
  });

  test("drops messages to unknown peers with mandatory=false", async () => {
    const parameters = recording(["nobody", "hi"]);
    expect(await zmq([...parameters, "--option", "mandatory=false"])).toMatchObject({
      status: 0,
      stderr: "",
    });
  });

  test("sends messages to peers that are connected", async () => {
    const parameters = recording(["me", "hi"]);
    const dealer = zmq([
      ...["dealer", "--connect", parameters.at(-1)!, "--option", "routingId=me", "--count", "1"],
    ]);
    expect(await zmq([...parameters, "--wait-peers", "1"])).toMatchObject({ status: 0, stderr: "" });
    expect(await dealer).toMatchObject({ status: 0, stdout: "hi\n" });
  });
});

describe("the text of a timeout after the first message", () => {
  const expected = { exitCode: 3, stderr: "zmq: no further message has arrived within 2000 ms\n" };

  test.each<[string, () => string[]]>([
    ["pull", () => ["pull"]],
    ["record", () => ["record", join(folder(), "recording"), "--type", "pull"]],
  ])("%s", async (_name, parameters) => {
    const push = new Push();
    await push.bind("tcp://127.0.0.1:*");
    const command = startZmq([...parameters(), "--connect", push.lastEndpoint!, "--timeout", "2000"]);
    await push.send("first");
    expect(await endOf(command)).toMatchObject(expected);
    push.close();
  });

  test("req", async () => {
    const reply = new Reply();
    await reply.bind("tcp://127.0.0.1:*");
    const command = startZmq(["req", "--connect", reply.lastEndpoint!, "--timeout", "2000", "one", "two"]);
    await reply.send(await reply.receive());
    await reply.receive();
    expect(await endOf(command)).toMatchObject(expected);
    reply.close();
  });
});

describe("messages whose peer leaves before delivery", () => {
  test("pub tells their number, and has exit code 4", async () => {
    const at = endpoint();
    const [stuck, reading] = [1, 0].map((limit) => {
      const subscriber = new Subscriber({ receiveHighWaterMark: limit, receiveTimeout: 20_000 });
      subscriber.subscribe("");
      subscriber.connect(at);
      return subscriber;
    });
    const messages = ["--wait-peers", "2", "--count", "40", "{{random 1000000}}"];
    const command = startZmq(["pub", "--bind", at, ...messages]);
    // All have been sent then, to both.
    for (let count = 0; count < 40; count++) await reading!.receive();
    stuck!.close();
    expect(await endOf(command)).toEqual({
      exitCode: 4,
      stdout: "",
      stderr: expect.stringMatching(/^zmq: [1-9]\d? messages were dropped: the peer left before delivery\n$/),
    });
    reading!.close();
  });
});

describe("a proxy that ends", () => {
  test("forwards the messages that arrive after the signal, while it waits", async () => {
    const at = endpoint();
    const proxy = startZmq([
      ...["proxy", "pull-push", "--front-bind", "tcp://127.0.0.1:*", "--back-bind", at, "--linger", "40000"],
    ]);
    const [line] = await once(proxy.stderr!, "data");
    const push = new Push();
    push.connect(/bound to (\S+)/.exec(String(line))![1]!);
    const pull = new Pull({ receiveHighWaterMark: 1, receiveTimeout: 20_000 });
    pull.connect(at);
    // More than the queues of the Pull and the kernel hold.
    const body = Buffer.alloc(1_000_000);
    for (let count = 0; count < 20; count++) await push.send([`${count}`, body]);
    await push.flush();
    proxy.kill("SIGINT");
    for (let count = 20; count < 30; count++) {
      await setTimeout(30);
      await push.send([`${count}`, body]);
    }
    await push.flush();
    for (let count = 0; count < 30; count++) expect(String((await pull.receive())[0])).toBe(`${count}`);
    const { exitCode, stderr } = await proxy;
    expect({ exitCode, stderr: textOf(stderr).split("\n").slice(1).join("\n") }).toEqual({
      exitCode: 130,
      stderr: "",
    });
    push.close();
    pull.close();
  });

  test("ends although messages arrive all the time", async () => {
    const at = endpoint();
    const proxy = startZmq([
      ...["proxy", "pull-push", "--front-bind", "tcp://127.0.0.1:*", "--back-bind", at, "--linger", "1000"],
    ]);
    const [line] = await once(proxy.stderr!, "data");
    const push = new Push({ sendHighWaterMark: 10, linger: 0 });
    push.connect(/bound to (\S+)/.exec(String(line))![1]!);
    const sending = (async () => {
      for (;;) await push.send("x");
    })().catch(() => {});
    const pull = new Pull({ receiveTimeout: 20_000, linger: 0 });
    pull.connect(at);
    for (let count = 0; count < 100; count++) await pull.receive();
    proxy.kill("SIGINT");
    const receiving = (async () => {
      for (;;) await pull.receive();
    })().catch(() => {});
    const { exitCode, stderr } = await proxy;
    expect(textOf(stderr)).toMatch(
      /^zmq: front end bound to \S+\n(?:zmq: [\d,]+ messages? (?:arrived too late to be forwarded|w\w+ not delivered within 1000 ms)\n)?$/,
    );
    expect(exitCode).toBe(130);
    push.close();
    pull.close();
    await Promise.all([sending, receiving]);
  });

  test("does not wait for subscriptions to publishers that are absent", async () => {
    const [front, back] = [endpoint(), endpoint()];
    const ends = ["--front-connect", front, "--back-bind", back, "--linger", "30000"];
    const proxy = startZmq(["proxy", "xsub-xpub", ...ends]);
    const subscriber = new Subscriber();
    subscriber.subscribe("topic");
    subscriber.connect(back);
    await subscriber.waitForPeers(1);
    await subscriber.flush();
    const start = performance.now();
    proxy.kill("SIGINT");
    const { exitCode, stderr } = await proxy;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 130, stderr: "" });
    expect(performance.now() - start).toBeLessThan(25_000);
    subscriber.close();
  });
});

describe("a frame that is not UTF-8", () => {
  test.each([
    ["message", "U+FFFD", "efbfbd61"],
    ["message.codePointAt(0).toString(16)", "U+FFFD", Buffer.from("fffd").toString("hex")],
    ["frames[0]", "bytes", "ff61"],
  ])("--eval %s has its %s", async (expression, _what, answer) => {
    const at = endpoint();
    startZmq(["rep", "--bind", at, "--output", "none", "--eval", expression]);
    const answered = await zmq(["req", "--connect", at, "--output", "hex"], Buffer.from("ff61", "hex"));
    expect(answered).toMatchObject({ status: 0, stdout: `${answer}\n`, stderr: "" });
  });
});

describe("computed answers", () => {
  test("router reports those to peers that have left, with exit code 4", async () => {
    const at = endpoint();
    const command = startZmq([
      "router",
      "--bind",
      at,
      "--count",
      "1",
      "--output",
      "none",
      "--exec",
      "sleep 5; cat",
    ]);
    const dealer = new Dealer();
    dealer.connect(at);
    await dealer.send("hi");
    await dealer.flush();
    // The command has the message when its program runs, which takes five seconds.
    await setTimeout(500);
    dealer.close();
    expect(await endOf(command)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(
        /^zmq: 1 message was dropped: (?:their peer had left|the peer left before delivery)\n$/,
      ),
    });
  });

  test.skipIf(!capability.draft)("of server do not wait for a client that does not read", async () => {
    const at = endpoint();
    // All messages are taken. The deaf client then has answers that it does not take.
    const end = ["--count", "61", "--linger", "2000"];
    const queue = ["--option", "sendHighWaterMark=1"];
    const command = startZmq(["server", "--bind", at, "--echo", "--output", "none", ...queue, ...end]);
    const [deaf, other] = [
      new Client({ receiveHighWaterMark: 1, linger: 0 }),
      new Client({ receiveTimeout: 20_000 }),
    ];
    deaf.connect(at);
    other.connect(at);
    // More than the queues and the kernel hold.
    for (let count = 0; count < 60; count++) await deaf.send(Buffer.alloc(100_000));
    await other.send("hi");
    const [answer] = await other.receive();
    expect(String(answer)).toBe("hi");
    const { stderr } = await endOf(command);
    deaf.close();
    other.close();
    // The first one, and the number of all.
    const lines = stderr.split("\n").filter((line) => line.includes("did not read"));
    expect(lines).toEqual([
      "zmq: a peer did not read, and has not got an answer",
      expect.stringMatching(/^zmq: \d+ answers were dropped: their peer did not read$/),
    ]);
  });

  test.skipIf(!capability.draft)("of server to clients that have left are counted", async () => {
    const at = endpoint();
    const command = startZmq([
      ...["server", "--bind", at, "--output", "none", "--count", "3"],
      ...["--eval", "new Promise((done) => setTimeout(done, 1000, message))"],
    ]);
    const client = new Client();
    client.connect(at);
    for (let count = 0; count < 3; count++) await client.send("hi");
    await client.close();
    expect(await endOf(command)).toEqual({
      exitCode: 4,
      stdout: "",
      stderr:
        "zmq: a peer has left before it was answered\nzmq: 3 answers were dropped: their peer had left\n",
    });
  });

  test("of stream have no holes for a client that reads slowly", async () => {
    const command = startZmq([
      ...["stream", "--bind", "tcp://127.0.0.1:*", "--echo", "--output", "none"],
      ...["--option", "sendHighWaterMark=1"],
    ]);
    const [line] = await once(command.stderr!, "data");
    const bytes = randomBytes(30_000_000);
    const client = connect(Number(/:(\d+)\s*$/.exec(String(line))![1]), "127.0.0.1");
    client.write(bytes);
    let received = 0;
    let equal = true;
    for await (const chunk of client as AsyncIterable<Buffer>) {
      equal &&= chunk.equals(bytes.subarray(received, received + chunk.length));
      received += chunk.length;
      if (!equal || received === bytes.length) break;
      // The echo has more than the kernel and the queue hold.
      await setTimeout(1);
    }
    expect({ equal, received }).toEqual({ equal: true, received: bytes.length });
    command.kill("SIGINT");
    expect(await endOf(command)).toMatchObject({ exitCode: 130 });
  });

  test("failures of --eval are counted beyond the first ten", async () => {
    const at = endpoint();
    const command = startZmq([
      ...["dealer", "--bind", at, "--output", "none", "--count", "12", "--eval", "absent"],
    ]);
    const dealer = new Dealer({ receiveTimeout: 20_000 });
    dealer.connect(at);
    for (let count = 0; count < 12; count++) {
      await dealer.send("hi");
      expect((await dealer.receive())[0]!.length).toBe(0);
    }
    dealer.close();
    const { stderr } = await endOf(command);
    expect(stderr).toBe(
      `${"zmq: --eval failed: absent is not defined\n".repeat(10)}zmq: --eval failed for 12 messages\n`,
    );
  });
});
