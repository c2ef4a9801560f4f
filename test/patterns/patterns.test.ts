// Every stable pattern over every transport, whichever end binds.

import { describe, expect, test } from "vitest";
import {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { join } from "../helpers/pairs.js";
import { freshEndpoint, transports, whenFree } from "../helpers/transports.js";

const text = (frames: Buffer[]) => frames.map(String);

describe.each(transports)("over %s", (transport) => {
  test("Pair sends and receives in order", async () => {
    using pair = await join(new Pair(), new Pair(), transport);
    const { bound, connected } = pair;
    for (let i = 0; i < 100; i++) {
      await bound.send(`to connected ${i}`);
      await connected.send([`to bound ${i}`, "two frames"]);
    }
    for (let i = 0; i < 100; i++) {
      expect(text(await connected.receive())).toEqual([`to connected ${i}`]);
      expect(text(await bound.receive())).toEqual([`to bound ${i}`, "two frames"]);
    }
  });

  test("Push delivers every message to a Pull once, in the order of each sender", async () => {
    using first = await join(new Pull(), new Push(), transport);
    using second = new Push();
    second.connect(first.bound.lastEndpoint as string);
    const count = 500;
    await Promise.all([
      first.connected.sendMany(Array.from({ length: count }, (_, i) => ["a", `${i}`])),
      second.sendMany(Array.from({ length: count }, (_, i) => ["b", `${i}`])),
    ]);
    const received: Record<string, number[]> = { a: [], b: [] };
    for (let i = 0; i < 2 * count; i++) {
      const [sender, number] = text(await first.bound.receive());
      received[sender as string]!.push(Number(number));
    }
    const all = Array.from({ length: count }, (_, i) => i);
    expect(received).toEqual({ a: all, b: all });
    expect(first.bound.tryReceive()).toBeUndefined();
  });

  test("Push distributes messages evenly over Pulls", async () => {
    using push = new Push();
    using one = await join(new Pull(), push, transport);
    using two = await join(new Pull(), push, transport);
    const counts = [0, 0];
    const count = async (pull: Pull, index: number) => {
      for await (const batch of pull.batches()) {
        counts[index]! += batch.length;
        if (counts[0]! + counts[1]! < 1000) continue;
        one.bound.close();
        two.bound.close();
      }
    };
    const counting = [count(one.bound, 0), count(two.bound, 1)];
    await push.sendMany(Array.from({ length: 1000 }, (_, i) => `${i}`));
    await Promise.all(counting);
    expect(counts).toEqual([500, 500]);
  });

  test("Request and Reply exchange messages in turn", async () => {
    using pair = await join(new Reply(), new Request(), transport);
    const { bound: reply, connected: request } = pair;
    for (let i = 0; i < 50; i++) {
      await request.send(["question", `${i}`]);
      expect(text(await reply.receive())).toEqual(["question", `${i}`]);
      await reply.send(`answer ${i}`);
      expect(text(await request.receive())).toEqual([`answer ${i}`]);
    }
  });

  test("Router addresses each Dealer by its routing id", async () => {
    using first = await join(new Router({ mandatory: true }), new Dealer({ routingId: "first" }), transport);
    using second = new Dealer({ routingId: "second" });
    const router = first.bound;
    second.connect(router.lastEndpoint as string);
    await first.connected.send("hello");
    await second.send("hello");
    const senders = [text(await router.receive()), text(await router.receive())];
    expect(senders.sort()).toEqual([
      ["first", "hello"],
      ["second", "hello"],
    ]);
    await router.send(["second", "", "for the second"]);
    await router.send(["first", "for the first"]);
    expect(text(await second.receive())).toEqual(["", "for the second"]);
    expect(text(await first.connected.receive())).toEqual(["for the first"]);
    await expect(router.send(["nobody", "?"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
  });

  test("Request to Router and Dealer to Reply use the empty delimiter", async () => {
    using routed = await join(new Router(), new Request(), transport);
    await routed.connected.send("question");
    const [id, delimiter, question] = await routed.bound.receive();
    expect([delimiter!.length, String(question)]).toEqual([0, "question"]);
    await routed.bound.send([id!, "", "answer"]);
    expect(text(await routed.connected.receive())).toEqual(["answer"]);

    using dealt = await join(new Reply(), new Dealer(), transport);
    await dealt.connected.send(["", "question"]);
    expect(text(await dealt.bound.receive())).toEqual(["question"]);
    await dealt.bound.send("answer");
    expect(text(await dealt.connected.receive())).toEqual(["", "answer"]);
  });

  test("Publisher sends to Subscribers by prefix until they unsubscribe", async () => {
    using first = await join(new XPublisher(), new Subscriber(), transport);
    using second = new Subscriber();
    const { bound: publisher, connected: subscriber } = first;
    second.connect(publisher.lastEndpoint as string);
    subscriber.subscribe("a", Buffer.from([0, 255]));
    second.subscribe();
    // An XPublisher receives subscriptions: from then on no message is lost.
    const heard = [await publisher.receive(), await publisher.receive(), await publisher.receive()];
    expect(heard.flat().map(String).sort()).toEqual(["\x01", "\x01\0\ufffd", "\x01a"].sort());

    for (const message of ["alpha", "beta", Buffer.from([0, 255, 7]), "gamma", "a"])
      await publisher.send(message);
    expect(text(await subscriber.receive())).toEqual(["alpha"]);
    expect(await subscriber.receive()).toEqual([Buffer.from([0, 255, 7])]);
    expect(text(await subscriber.receive())).toEqual(["a"]);
    for (const expected of ["alpha", "beta", "\0\ufffd\x07", "gamma", "a"]) {
      expect(text(await second.receive())).toEqual([expected]);
    }

    subscriber.unsubscribe("a");
    expect(text(await publisher.receive())).toEqual(["\0a"]);
    await publisher.send("another");
    await publisher.send(Buffer.from([0, 255]));
    expect(await subscriber.receive()).toEqual([Buffer.from([0, 255])]);
  });

  test("Publisher sends to an XSubscriber whose subscriptions are messages", async () => {
    using pair = await join(new XPublisher(), new XSubscriber(), transport);
    const { bound: publisher, connected: subscriber } = pair;
    await subscriber.send(Buffer.from("\x01topic"));
    expect(text(await publisher.receive())).toEqual(["\x01topic"]);
    await publisher.send(["topic", "news"]);
    await publisher.send(["other", "news"]);
    await publisher.send(["topic", "more"]);
    expect(text(await subscriber.receive())).toEqual(["topic", "news"]);
    expect(text(await subscriber.receive())).toEqual(["topic", "more"]);
  });

  test("Publisher drops messages without subscribers", async () => {
    using publisher = new Publisher();
    using pair = await join(new Pull(), new Push(), transport);
    publisher.connect(pair.bound.lastEndpoint as string);
    for (let i = 0; i < 5000; i++) await publisher.send("nobody listens");
    expect(pair.bound.readable).toBe(false);
  });

  test("messages queued before a bind arrive in order", async () => {
    using push = new Push();
    using pull = new Pull();
    // A port that was free a moment ago. Transports with names do not need one.
    using probe = new Pull();
    await probe.bind(freshEndpoint(transport));
    const endpoint = probe.lastEndpoint as string;
    await probe.unbind(endpoint);
    probe.close();
    push.connect(endpoint);
    await push.sendMany(Array.from({ length: 500 }, (_, i) => `${i}`));
    await whenFree(() => pull.bind(endpoint));
    for (let i = 0; i < 500; i++) expect(text(await pull.receive())).toEqual([`${i}`]);
  });

  test("one socket binds several endpoints and connects to several", async () => {
    using pull = new Pull();
    const pushes: Push[] = [];
    for (let i = 0; i < 4; i++) {
      await pull.bind(freshEndpoint(transport));
      const push = new Push();
      push.connect(pull.lastEndpoint as string);
      pushes.push(push);
    }
    for (const [index, push] of pushes.entries()) await push.send(`${index}`);
    const received = new Set<string>();
    for (let i = 0; i < 4; i++) received.add(text(await pull.receive())[0]!);
    expect([...received].sort()).toEqual(["0", "1", "2", "3"]);
    for (const push of pushes) push.close();
  });
});
