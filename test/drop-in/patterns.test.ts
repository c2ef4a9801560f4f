// The purpose of each class, over each transport, and the effect of its own options.

import { once } from "node:events";
import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { describe, expect, test } from "vitest";
import { freshEndpoint, transports } from "../helpers/transports.js";
import { joined, turns } from "./expectations.js";
import { closedAfterEach } from "./opened.js";
import { loose, mended } from "./subject.js";

const { closing, open } = closedAfterEach();

const texts = (message: Buffer[]) => message.map(String);

/** Publishes until every subscriber has received something, since a subscription takes a moment to arrive. */
async function publishUntil(
  publisher: { send(message: string[]): Promise<void> },
  message: string[],
  receiving: Promise<unknown>[],
): Promise<void> {
  let done = false;
  Promise.all(receiving).then(() => {
    done = true;
  });
  while (!done) {
    await publisher.send(message);
    await turns();
  }
}

describe.each(transports)("over %s", (transport) => {
  test("Pair exchanges messages with Pair", async () => {
    using pair = await joined(["Pair"], ["Pair"], transport);
    await pair[0].send(["one", "two"]);
    await pair[1].send("three");
    expect(texts(await pair[1].receive())).toEqual(["one", "two"]);
    expect(texts(await pair[0].receive())).toEqual(["three"]);
  });

  test("Request asks and Reply answers", async () => {
    using pair = await joined(["Reply"], ["Request"], transport);
    for (const question of ["a", "", "c"]) {
      await pair[1].send([question, "?"]);
      expect(texts(await pair[0].receive())).toEqual([question, "?"]);
      await pair[0].send(`re: ${question}`);
      expect(texts(await pair[1].receive())).toEqual([`re: ${question}`]);
    }
  });

  test("Reply serves many Requests in turn", async () => {
    const reply = open("Reply");
    await reply.bind(freshEndpoint(transport));
    const requests = Array.from({ length: 5 }, () => open("Request"));
    for (const request of requests) request.connect(reply.lastEndpoint as string);
    const served = (async () => {
      for (let i = 0; i < 50; i++) await reply.send(await reply.receive());
    })();
    await Promise.all(
      requests.map(async (request, client) => {
        for (let i = 0; i < 10; i++) {
          await request.send(`${client}/${i}`);
          expect(String(await request.receive())).toBe(`${client}/${i}`);
        }
      }),
    );
    await served;
  });

  test("Subscriber receives messages whose first frame has a subscribed prefix", async () => {
    const publisher = open("Publisher");
    await publisher.bind(freshEndpoint(transport));
    const [all, some, none] = [
      open("Subscriber"),
      open("Subscriber"),
      open("Subscriber", { receiveTimeout: 20 }),
    ];
    all.subscribe();
    some.subscribe("weather.", Buffer.from("sport."));
    for (const subscriber of [all, some, none]) subscriber.connect(publisher.lastEndpoint as string);
    const first = [all.receive(), some.receive()];
    await publishUntil(publisher, ["weather.here", "first"], first);
    for (const message of await Promise.all(first)) expect(texts(message)).toEqual(["weather.here", "first"]);
    for (const topic of ["news", "sport.x", "weather", "weather.y"]) await publisher.send([topic, "body"]);
    const collect = async (subscriber: typeof all, last: string) => {
      const topics: string[] = [];
      for await (const [topic, body] of subscriber) {
        if (String(body) !== "first") topics.push(String(topic));
        if (topics.at(-1) === last) return topics;
      }
      return topics;
    };
    expect(await collect(all, "weather.y")).toEqual(["news", "sport.x", "weather", "weather.y"]);
    expect(await collect(some, "weather.y")).toEqual(["sport.x", "weather.y"]);
    await expect(none.receive()).rejects.toMatchObject({ code: "EAGAIN" });
  });

  test("Push distributes to Pulls in turn, and Pull receives from all Pushes", async () => {
    const push = open("Push");
    await push.bind(freshEndpoint(transport));
    const pulls = [open("Pull"), open("Pull"), open("Pull")];
    for (const pull of pulls) {
      pull.connect(push.lastEndpoint as string);
      // A Pull is connected once it has received something.
      while (!pull.readable) {
        await push.send("are you there?");
        await turns();
      }
    }
    for (const pull of pulls) while (pull.readable) await pull.receive();
    for (let i = 0; i < 30; i++) await push.send(`${i}`);
    const received = await Promise.all(
      pulls.map(async (pull) => {
        const numbers: string[] = [];
        while (numbers.length < 10) {
          const text = String(await pull.receive());
          if (text !== "are you there?") numbers.push(text);
        }
        return numbers;
      }),
    );
    expect(new Set(received.flat()).size).toBe(30);
    for (const numbers of received)
      expect(numbers).toEqual([...numbers].sort((a, b) => Number(a) - Number(b)));
  });

  test("Router addresses each Dealer by its routing id", async () => {
    const router = open("Router");
    await router.bind(freshEndpoint(transport));
    const dealers = ["ann", "bob"].map((routingId) => open("Dealer", { routingId }));
    for (const dealer of dealers) {
      dealer.connect(router.lastEndpoint as string);
      await dealer.send(["hello", ""]);
    }
    const senders = [];
    for (const _ of dealers) {
      const [id, ...frames] = texts(await router.receive());
      expect(frames).toEqual(["hello", ""]);
      senders.push(id);
    }
    expect(senders.sort()).toEqual(["ann", "bob"]);
    await router.send(["bob", "for bob"]);
    await router.send(["ann", "for ann"]);
    expect(texts(await dealers[0]!.receive())).toEqual(["for ann"]);
    expect(texts(await dealers[1]!.receive())).toEqual(["for bob"]);
  });

  test("Router sees an empty frame between a Request's id and body", async () => {
    using pair = await joined(["Router"], ["Request"], transport);
    await pair[1].send("question");
    const [id, empty, body] = await pair[0].receive();
    expect([id!.length, empty!.length, String(body)]).toEqual([5, 0, "question"]);
    await pair[0].send([id!, empty!, "answer"]);
    expect(String(await pair[1].receive())).toBe("answer");
  });

  test("Dealer asks and Reply answers", async () => {
    using pair = await joined(["Reply"], ["Dealer"], transport);
    for (const question of ["a", "b"]) await pair[1].send(["", question]);
    for (const question of ["a", "b"]) {
      expect(texts(await pair[0].receive())).toEqual([question]);
      await pair[0].send(`re: ${question}`);
    }
    expect(texts(await pair[1].receive())).toEqual(["", "re: a"]);
    expect(texts(await pair[1].receive())).toEqual(["", "re: b"]);
  });

  test("XPublisher receives the subscriptions that XSubscriber sends", async () => {
    using pair = await joined(["XPublisher"], ["XSubscriber"], transport);
    const [publisher, subscriber] = pair;
    await subscriber.send(Buffer.from("\u0001topic", "latin1"));
    expect(texts(await publisher.receive())).toEqual(["\u0001topic"]);
    await publisher.send(["other", "x"]);
    await publisher.send(["topic", "y"]);
    expect(texts(await subscriber.receive())).toEqual(["topic", "y"]);
    await subscriber.send(Buffer.from("\u0000topic", "latin1"));
    expect(texts(await publisher.receive())).toEqual(["\u0000topic"]);
  });

  test("XPublisher receives a Subscriber's unsubscriptions, too", async () => {
    using pair = await joined(["XPublisher"], ["Subscriber"], transport);
    pair[1].subscribe("a");
    expect(String(await pair[0].receive())).toBe("\u0001a");
    pair[1].unsubscribe("a");
    expect(String(await pair[0].receive())).toBe("\u0000a");
    pair[1].subscribe();
    expect(String(await pair[0].receive())).toBe("\u0001");
  });

  test("Publisher sends to XSubscriber", async () => {
    using pair = await joined(["XPublisher"], ["XSubscriber"], transport);
    await pair[1].send(Buffer.from([1]));
    await pair[0].receive();
    await pair[0].send("to everybody");
    expect(String(await pair[1].receive())).toBe("to everybody");
  });
});

describe("Stream", () => {
  /** Reads from a plain TCP peer until it has received that many bytes. */
  async function readBytes(peer: TcpSocket, count: number): Promise<string> {
    let data = "";
    while (data.length < count) data += (await once(peer, "data"))[0];
    return data;
  }
  async function withPeer(options?: object) {
    const stream = open("Stream", options);
    await stream.bind("tcp://127.0.0.1:*");
    const port = Number(/\d+$/.exec(stream.lastEndpoint as string)?.[0]);
    const peer = connectTcp(port, "127.0.0.1");
    closing({ close: () => peer.destroy() });
    await once(peer, "connect");
    return { stream, peer };
  }

  test("receives [id, data], and empty data when a peer connects or disconnects", async () => {
    const { stream, peer } = await withPeer();
    const [id, connected] = await stream.receive();
    expect([id.length, connected.length]).toEqual([5, 0]);
    peer.write("hello");
    const [from, data] = await stream.receive();
    expect([from.equals(id), String(data)]).toEqual([true, "hello"]);
    await stream.send([id, "world"]);
    expect(await readBytes(peer, 5)).toBe("world");
    peer.end();
    const [gone, nothing] = await stream.receive();
    expect([gone.equals(id), nothing.length]).toEqual([true, 0]);
  });

  test("closes the connection when it sends an empty message", async () => {
    const { stream, peer } = await withPeer();
    const [id] = await stream.receive();
    let ended = false;
    peer.resume().once("end", () => {
      ended = true;
    });
    await stream.send([id, ""]);
    // The socket processes the disconnect at its next operation.
    while (!ended) {
      expect(stream.closed || stream.readable).toBe(false);
      await turns();
    }
  });

  test("with notify = false receives no message when a peer connects or disconnects", async () => {
    const { stream, peer } = await withPeer({ notify: false });
    peer.write("hello");
    expect(String((await stream.receive())[1])).toBe("hello");
  });

  test("connects with a routing id, which becomes the id of the peer", async () => {
    const server = open("Stream");
    await server.bind("tcp://127.0.0.1:*");
    const client = open("Stream");
    client.connect(server.lastEndpoint as string, { routingId: "server" });
    const [id, empty] = await client.receive();
    expect([String(id), empty.length]).toEqual(["server", 0]);
    await client.send(["server", "hello"]);
    await server.receive();
    expect(String((await server.receive())[1])).toBe("hello");
  });
});

describe("Request", () => {
  test("with relaxed sends a new request before the reply has arrived", async () => {
    using pair = await joined(["Router"], ["Request", { relaxed: true, sendTimeout: 1000 }], "tcp");
    await pair[1].send("first");
    expect(String((await pair[0].receive()).at(-1))).toBe("first");
    await pair[1].send("second");
  });

  test("with correlate numbers its requests and skips a reply without the number", async () => {
    using pair = await joined(["Router"], ["Request", { correlate: true }], "tcp");
    const [router, request] = pair;
    await request.send("question");
    const [id, number, empty, body] = await router.receive();
    expect([number!.length, empty!.length, String(body)]).toEqual([4, 0, "question"]);
    await router.send([id!, Buffer.alloc(4), "", "to another question"]);
    await router.send([id!, number!, "", "answer"]);
    expect(String(await request.receive())).toBe("answer");
  });

  test("with probeRouter announces itself to the router before its first message", async () => {
    const router = open("Router");
    await router.bind(freshEndpoint("tcp"));
    for (const name of ["Request", "Dealer", "Router"] as const) {
      const peer = open(name, { probeRouter: true, routingId: name });
      peer.connect(router.lastEndpoint as string);
      expect(texts(await router.receive())).toEqual([name, ""]);
    }
  });
});

describe("Router", () => {
  test("with handover gives an id in use to a new peer, and otherwise keeps the old one", async () => {
    for (const handover of [true, false]) {
      const router = open("Router", { handover });
      await router.bind(freshEndpoint("tcp"));
      const [old, fresh] = [open("Dealer", { routingId: "id" }), open("Dealer", { routingId: "id" })];
      old.connect(router.lastEndpoint as string);
      await old.send("old");
      expect(texts(await router.receive())).toEqual(["id", "old"]);
      fresh.connect(router.lastEndpoint as string);
      if (handover) {
        await fresh.send("fresh");
        expect(texts(await router.receive())).toEqual(["id", "fresh"]);
        await router.send(["id", "message"]);
        expect(String(await fresh.receive())).toBe("message");
      } else {
        await router.send(["id", "message"]);
        expect(String(await old.receive())).toBe("message");
      }
    }
  });
});

describe("conflate", () => {
  test.each([
    ["Push", "Pull"],
    ["Dealer", "Dealer"],
  ] as const)("%s to %s keeps only the last message", async (sender, receiver) => {
    using pair = await joined([receiver, { conflate: true }], [sender, { conflate: true }], "tcp");
    for (let i = 0; i < 10; i++) await loose(pair[1]).send!(`${i}`);
    let last = "";
    while (last !== "9") last = String(await (loose(pair[0]).receive!() as Promise<Buffer[]>));
    expect(last).toBe("9");
  });
});

describe("high-water marks", () => {
  test("a Push stops when the queues of both ends are full", async () => {
    using pair = await joined(
      ["Pull", { receiveHighWaterMark: 3 }],
      ["Push", { sendHighWaterMark: 4, sendTimeout: 0 }],
    );
    let count = 0;
    const fill = async () => {
      for (;;) {
        await pair[1].send("x");
        count++;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "EAGAIN" });
    expect(count).toBe(7);
  });

  test("a Publisher drops messages when the queue is full", async () => {
    using pair = await joined(
      ["XPublisher", { sendHighWaterMark: 5 }],
      ["Subscriber", { receiveHighWaterMark: 5, receiveTimeout: 50 }],
    );
    pair[1].subscribe();
    await pair[0].receive();
    for (let i = 0; i < 100; i++) await pair[0].send(`${i}`);
    let received = 0;
    const drain = async () => {
      for await (const _ of pair[1]) received++;
    };
    await expect(drain()).rejects.toMatchObject({ code: "EAGAIN" });
    expect(received).toBe(10);
  });

  /** Sends to a subscriber that does not read until sending fails, then waits while the subscriber reads everything. */
  async function fillWithoutDropping(message: string | string[], waits: boolean) {
    using pair = await joined(
      ["XPublisher", { sendHighWaterMark: 5, noDrop: true, sendTimeout: 0 }],
      ["Subscriber", { receiveHighWaterMark: 5 }],
    );
    pair[1].subscribe();
    await pair[0].receive();
    let count = 0;
    const fill = async () => {
      for (;;) {
        await pair[0].send(message);
        count++;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "EAGAIN" });
    expect(count).toBeGreaterThan(3);
    if (!waits) return;
    pair[0].sendTimeout = -1;
    const waiting = pair[0].send("last");
    for (let i = 0; i < count; i++) await pair[1].receive();
    await waiting;
    expect(String(await pair[1].receive())).toBe("last");
  }

  test("with noDrop, a Publisher rejects with EAGAIN when the queue is full", () =>
    fillWithoutDropping("x", false));

  mended(
    "zeromq does not wait",
    "with noDrop, a Publisher waits for room unless sendTimeout is 0",
    async () => {
      await fillWithoutDropping("x", true);
      await fillWithoutDropping(["x", "y"], true);
    },
  );
});

describe("XPublisher", () => {
  async function subscriptions(verbosity: null | "allSubs" | "allSubsUnsubs") {
    const publisher = open("XPublisher", { receiveTimeout: 50 });
    publisher.verbosity = verbosity;
    await publisher.bind(freshEndpoint("inproc"));
    const subscribers = [open("Subscriber"), open("Subscriber")];
    for (const subscriber of subscribers) subscriber.connect(publisher.lastEndpoint as string);
    const received: number[] = [];
    const drain = async () => {
      try {
        for await (const [frame] of publisher) received.push(frame![0]!);
      } catch {}
    };
    // One after the other, since libzmq reads the subscribers in turn.
    for (const call of ["subscribe", "unsubscribe"] as const) {
      for (const subscriber of subscribers) subscriber[call]("a");
      await drain();
    }
    return received;
  }

  test("with verbosity null receives only changes", async () => {
    expect(await subscriptions(null)).toEqual([1, 0]);
  });

  test('with verbosity "allSubs" receives every subscription', async () => {
    expect(await subscriptions("allSubs")).toEqual([1, 1, 0]);
  });

  test('with verbosity "allSubsUnsubs" receives every unsubscription, too', async () => {
    expect(await subscriptions("allSubsUnsubs")).toEqual([1, 1, 0, 0]);
  });

  test("sends welcomeMessage to each new subscriber", async () => {
    using pair = await joined(["XPublisher", { welcomeMessage: "welcome" }], ["Subscriber"], "tcp");
    pair[1].subscribe("wel");
    // The publisher sends it when it processes the subscription.
    await pair[0].receive();
    expect(String(await pair[1].receive())).toBe("welcome");
  });

  test("with manual leaves subscribing peers to the program", async () => {
    using pair = await joined(["XPublisher", { manual: true }], ["Subscriber"], "tcp");
    const [publisher, subscriber] = pair;
    subscriber.subscribe("asked for");
    expect(String(await publisher.receive())).toBe("\u0001asked for");
    loose(publisher).setStringOption!(6, "given");
    // A Subscriber filters for itself, too.
    await publisher.send(["asked for", "not sent"]);
    subscriber.subscribe("given");
    await publisher.receive();
    loose(publisher).setStringOption!(6, "given");
    await publisher.send(["given", "sent"]);
    expect(texts(await subscriber.receive())).toEqual(["given", "sent"]);
  });

  test("with invertMatching on both ends delivers all topics except the subscribed ones", async () => {
    using pair = await joined(
      ["XPublisher", { invertMatching: true }],
      ["Subscriber", { invertMatching: true }],
      "tcp",
    );
    pair[1].subscribe("not");
    await pair[0].receive();
    await pair[0].send(["not", "this"]);
    await pair[0].send(["but", "that"]);
    expect(texts(await pair[1].receive())).toEqual(["but", "that"]);
  });
});

describe("immediate", () => {
  test("queues messages for completed connections only", async () => {
    const push = open("Push", { immediate: true, sendTimeout: 0, reconnectInterval: 5 });
    push.connect("tcp://127.0.0.1:9");
    await expect(push.send("x")).rejects.toMatchObject({ code: "EAGAIN" });
    const patient = open("Push", { sendTimeout: 0 });
    patient.connect("tcp://127.0.0.1:9");
    expect(await patient.send("x")).toBeUndefined();
  });
});

describe("maxMessageSize", () => {
  test("disconnects a peer that sends more, and keeps the others", async () => {
    const pull = open("Pull", { maxMessageSize: 100 });
    await pull.bind("tcp://127.0.0.1:*");
    const [rude, polite] = [open("Push"), open("Push")];
    rude.connect(pull.lastEndpoint as string);
    polite.connect(pull.lastEndpoint as string);
    await rude.send(Buffer.alloc(101));
    await polite.send(Buffer.alloc(100));
    expect((await pull.receive())[0]?.length).toBe(100);
  });
});
