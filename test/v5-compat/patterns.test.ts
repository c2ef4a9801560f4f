// Every type of socket with its partners.

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import * as zmq from "zmq-native/v5-compat";
import { freshEndpoint } from "../helpers/transports.js";
import { joined, open, receive, turns } from "../helpers/v5.js";

describe.each(["tcp", "inproc"] as const)("over %s", (transport) => {
  test("pair exchanges messages with pair", async () => {
    using pair = joined(open("pair"), open("pair"), transport);
    const there = receive(pair.bound, 2);
    const back = receive(pair.connected, 1);
    pair.connected.send("1").send(["2", "3"]);
    pair.bound.send("4");
    expect([await there, await back]).toEqual([[["1"], ["2", "3"]], [["4"]]]);
  });

  test("push sends to pull", async () => {
    using push = open("push");
    using first = open("pull");
    using second = open("pull");
    push.bindSync(freshEndpoint(transport));
    const received: string[] = [];
    for (const pull of [first, second]) {
      pull.on("message", (frame) => received.push(String(frame)));
      pull.connect(push.last_endpoint as string);
    }
    for (let i = 0; i < 100; i++) push.send(`${i}`);
    while (received.length < 100) await new Promise(setImmediate);
    expect(received.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test("req asks rep", async () => {
    using pair = joined(open("rep"), open("req"), transport);
    pair.bound.on("message", (...frames) => pair.bound.send(["re", ...frames]));
    for (const text of ["1", "2", "3"]) {
      const reply = receive(pair.connected, 1);
      pair.connected.send([text, "x"]);
      expect(await reply).toEqual([["re", text, "x"]]);
    }
  });

  test.each([
    ["router", "dealer"],
    ["xrep", "xreq"],
  ] as const)("%s and %s exchange messages", async (router, dealer) => {
    using pair = joined(open(router), open(dealer, { identity: "me" }), transport);
    pair.bound.on("message", (id, ...frames) => pair.bound.send([id as Buffer, "re", ...frames]));
    const replies = receive(pair.connected, 2);
    pair.connected.send("1").send(["2", "3"]);
    expect(await replies).toEqual([
      ["re", "1"],
      ["re", "2", "3"],
    ]);
  });

  test("req asks router, and dealer asks rep", async () => {
    using first = joined(open("router"), open("req"), transport);
    using second = joined(open("rep"), open("dealer"), transport);
    first.bound.on("message", (id, empty, body) => first.bound.send([id!, empty!, `re ${body}`]));
    second.bound.on("message", (body) => second.bound.send(`re ${body}`));
    const replies = [receive(first.connected, 1), receive(second.connected, 1)];
    first.connected.send("1");
    second.connected.send(["", "2"]);
    expect(await Promise.all(replies)).toEqual([[["re 1"]], [["", "re 2"]]]);
  });

  test("pub sends the subscribed topics to sub", async () => {
    using pair = joined(open("pub"), open("sub"), transport);
    const { bound: pub, connected: sub } = pair;
    const heard: string[] = [];
    sub.on("message", (...frames) => heard.push(frames.join()));
    let round = 0;
    /** The topics that arrive, once all subscriptions so far have reached the publisher. */
    const heardOf = async (...topics: string[]) => {
      const mark = `mark ${++round}`;
      sub.subscribe(mark);
      while (!heard.includes(mark)) {
        pub.send(mark);
        await turns(2);
      }
      for (const topic of topics) pub.send(`${topic} ${round}`);
      pub.send(`${mark} end`);
      while (heard.at(-1) !== `${mark} end`) await turns(1);
      return topics.filter((topic) => heard.includes(`${topic} ${round}`)).join();
    };
    expect(await heardOf("a", "b", "c")).toBe("");
    expect(sub.subscribe("a")).toBe(sub);
    sub.subscribe(Buffer.from("b")).subscribe("b").setsockopt(zmq.ZMQ_SUBSCRIBE, "d");
    expect(await heardOf("a", "b", "c", "d")).toBe("a,b,d");
    expect(sub.unsubscribe("a")).toBe(sub);
    // It was subscribed to twice.
    sub.unsubscribe("b");
    expect(await heardOf("a", "b", "c", "d")).toBe("b,d");
    sub.setsockopt(zmq.ZMQ_UNSUBSCRIBE, Buffer.from("b"));
    sub._unsubscribe = "d";
    sub._subscribe = "e";
    expect(await heardOf("a", "b", "c", "d", "e")).toBe("e");
    sub.subscribe("");
    expect(await heardOf("a", "b")).toBe("a,b");
  });

  test("xpub receives the subscriptions of xsub", async () => {
    using pair = joined(open("xpub"), open("xsub"), transport);
    const subscription = receive(pair.bound, 1);
    pair.connected.send("\x01a");
    expect(await subscription).toEqual([["\x01a"]]);
    const messages = receive(pair.connected, 1);
    pair.bound.send(["b", "1"]).send(["a", "2"]);
    expect(await messages).toEqual([["a", "2"]]);
    const gone = receive(pair.bound, 1);
    pair.connected.send("\x00a");
    expect(await gone).toEqual([["\x00a"]]);
  });
});

test.each(["pair", "xsub", "pub", "dealer"] as const)("subscribe throws on a %s socket", (type) => {
  using socket = open(type);
  expect(() => socket.subscribe("x")).toThrow("Subscriber socket required");
  expect(() => socket.unsubscribe("x")).toThrow("Subscriber socket required");
});

test.each([undefined, 5, ["x"], {}])("subscribe throws for %s", (filter) => {
  using sub = open("sub");
  const error = new TypeError("Option value must be a string or buffer");
  expect(() => sub.subscribe(filter as string)).toThrow(error);
  expect(() => sub.unsubscribe(filter as string)).toThrow(error);
});

test("stream talks to plain TCP", async () => {
  using stream = open("stream");
  stream.bindSync("tcp://127.0.0.1:*");
  const client = connect(Number(stream.last_endpoint!.split(":").pop()), "127.0.0.1");
  const [id, arrival] = (await once(stream, "message")) as Buffer[];
  expect(arrival!.length).toBe(0);
  const question = once(stream, "message");
  client.write("question");
  expect((await question).map(String)).toEqual([String(id), "question"]);
  const answer = once(client, "data");
  stream.send([id!, "answer"]);
  expect(String(await answer)).toBe("answer");
  const gone = once(stream, "message");
  client.end();
  expect(((await gone) as Buffer[])[1]!.length).toBe(0);
});

test("a client connects to a CURVE server", async () => {
  const server = zmq.curveKeypair();
  const client = zmq.curveKeypair();
  using rep = open("rep", { curve_server: 1, curve_secretkey: server.secret });
  using req = open("req", {
    curve_serverkey: server.public,
    curve_publickey: client.public,
    curve_secretkey: Buffer.from(client.secret),
  });
  using _ = joined(rep, req);
  rep.on("message", () => rep.send("answer"));
  const reply = receive(req, 1);
  req.send("question");
  expect(await reply).toEqual([["answer"]]);
  expect([rep.mechanism, req.mechanism]).toEqual([2, 2]);
});
