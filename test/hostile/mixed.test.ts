// A socket delivers whole messages, each from one peer, whatever happens to its connections meanwhile.

import { setImmediate as turn } from "node:timers/promises";
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
  type Socket,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { Dish, Radio } from "zmq-native/draft";
import { freshEndpoint, type Transport, transports } from "../helpers/transports.js";
import { frame, hello, join, more, RawPeer, RawServer } from "../helpers/zmtp.js";

/** Blocks this thread, so that libzmq's threads work while the socket processes nothing. */
const block = (milliseconds: number) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** The frames of a message as text, without the group or routing id of a draft socket. */
const texts = (message: unknown) => (message as Buffer[] | undefined)?.filter(Buffer.isBuffer).map(String);

/** Reads `readable` until it is true. */
async function untilReadable(socket: { readable: boolean }): Promise<void> {
  const end = performance.now() + 10_000;
  while (!socket.readable) {
    if (performance.now() > end) throw new Error("no message has come");
    await turn();
  }
}

interface Receiver extends Socket {
  readonly readable: boolean;
  tryReceive(): unknown;
  receive(): Promise<unknown>;
}

/** A socket that connects to two bound peers: the first peer's message is unread when it is disconnected. */
interface Case {
  receiver(): Receiver;
  /** Binds a peer. `send` sends a message once the receiver is connected, and `seen` is the message as received. */
  peer(name: string, endpoint: string): Promise<{ socket: Socket; send(): Promise<void>; seen: string[] }>;
}

const publisherNamed: Case["peer"] = async (name, endpoint) => {
  const socket = new Publisher();
  await socket.bind(endpoint);
  const send = async () => {
    await socket.waitForSubscribers(1);
    await socket.send([name, "1", "2"]);
  };
  return { socket, send, seen: [name, "1", "2"] };
};

const cases: Record<string, Case> = {
  Subscriber: {
    receiver() {
      const socket = new Subscriber({ receiveTimeout: 10_000 });
      socket.subscribe();
      return socket;
    },
    peer: publisherNamed,
  },
  XSubscriber: {
    receiver() {
      const socket = new XSubscriber({ receiveTimeout: 10_000 });
      socket.trySend(Buffer.from([1]));
      return socket;
    },
    peer: publisherNamed,
  },
  Router: {
    receiver: () => new Router({ receiveTimeout: 10_000 }),
    async peer(name, endpoint) {
      const socket = new Dealer({ routingId: name, linger: 0 });
      await socket.bind(endpoint);
      return { socket, send: () => socket.send(["to", name]), seen: [name, "to", name] };
    },
  },
  Reply: {
    receiver: () => new Reply({ receiveTimeout: 10_000 }),
    async peer(name, endpoint) {
      const socket = new Request({ linger: 0 });
      await socket.bind(endpoint);
      return { socket, send: () => socket.send([name, "asks"]), seen: [name, "asks"] };
    },
  },
  Dealer: {
    receiver: () => new Dealer({ receiveTimeout: 10_000 }),
    async peer(name, endpoint) {
      const socket = new Dealer({ linger: 0 });
      await socket.bind(endpoint);
      return { socket, send: () => socket.send([name, "1"]), seen: [name, "1"] };
    },
  },
  Dish: {
    receiver() {
      const socket = new Dish({ receiveTimeout: 10_000 });
      socket.join("group");
      return socket as unknown as Receiver;
    },
    async peer(name, endpoint) {
      const socket = new Radio({ linger: 0 });
      await socket.bind(endpoint);
      return { socket, send: () => socket.send(name, { group: "group" }), seen: [name] };
    },
  },
};

describe("a message that is unread when its peer is disconnected", () => {
  const rounds = 25;
  const runs = Object.keys(cases).flatMap((type) =>
    transports.flatMap((transport) => [true, false].map((reads) => [type, transport, reads] as const)),
  );
  test.each(runs)(
    "is dropped and the next peer's message arrives: %s over %s, readable is read: %s",
    async (type, transport, reads) => {
      const { receiver: open, peer } = cases[type]!;
      for (let round = 0; round < rounds; round++) {
        using receiver = open();
        const first = await peer("A", freshEndpoint(transport));
        const second = await peer("B", freshEndpoint(transport));
        using a = first.socket;
        using b = second.socket;
        receiver.connect(a.lastEndpoint as string);
        if (type !== "Reply" && type !== "Dish") {
          // Only a receiver that has found its queue empty wakes up for the next message.
          await first.send();
          expect(texts(await receiver.receive())).toEqual(first.seen);
          expect(receiver.tryReceive()).toBeUndefined();
        }
        await first.send();
        // `readable`, or another call that reads ZMQ_EVENTS, tells that the message has arrived.
        if (reads) {
          const end = performance.now() + 10_000;
          while (!receiver.readable) {
            if (type === "Dish") await first.send();
            if (performance.now() > end) throw new Error("no message has come");
            await turn();
          }
        } else {
          // Nothing tells that the message has arrived. The expected result does not depend on the time that it takes.
          const end = performance.now() + 10;
          while (performance.now() < end) await turn();
        }
        receiver.disconnect(a.lastEndpoint as string);
        receiver.connect(b.lastEndpoint as string);
        const waiting = receiver.receive();
        let done = false;
        const received = waiting.finally(() => {
          done = true;
        });
        // Over inproc, a Radio learns of the Dish a moment later.
        do {
          await second.send();
          await turn();
        } while (type === "Dish" && !done);
        expect(texts(await received)).toEqual(second.seen);
        // A Reply does not receive before it has answered, and the Radio has sent more than one message.
        if (type !== "Dish" && type !== "Reply") expect(texts(receiver.tryReceive())).toBeUndefined();
      }
    },
  );
});

/** More frames than libzmq receives between two checks of its command queue (100). */
const long = Array.from({ length: 300 }, (_, i) => `${i}`);

/** A message as bytes. */
const spoken = (frames: string[]) =>
  join(...frames.map((text, i) => frame(text, { flags: i + 1 < frames.length ? more : 0 })));

describe("a message that is partly received when its connection is closed", () => {
  // With reconnectInterval -1 the socket itself closes the connection once the peer has disconnected.
  const options = { reconnectInterval: -1, linger: 0 };
  const types: [string, string, () => Receiver][] = [
    ["Pull", "PUSH", () => new Pull(options)],
    ["Dealer", "ROUTER", () => new Dealer(options)],
    ["Pair", "PAIR", () => new Pair(options)],
    ["Router", "DEALER", () => new Router(options)],
    [
      "Subscriber",
      "PUB",
      () => {
        const socket = new Subscriber(options);
        socket.subscribe();
        return socket;
      },
    ],
  ];
  test.each(types)("is delivered whole or not at all: %s", async (type, peerType, open) => {
    for (let round = 0; round < 5; round++) {
      using server = await RawServer.listen();
      using receiver = open();
      receiver.connect(`tcp://127.0.0.1:${server.port}`);
      const peer = await server.accept();
      peer.say(hello(peerType));
      await peer.hear((heard) => heard.includes("READY"));
      peer.say(spoken(["first"]));
      await untilReadable(receiver);
      peer.say(spoken(long));
      peer[Symbol.dispose]();
      // Written and closed at the same time. This thread owns the socket and blocks until libzmq has requested the end
      // of the connection.
      block(30);
      const content = () => {
        const message = texts(receiver.tryReceive());
        return type === "Router" ? message?.slice(1) : message;
      };
      expect(content()).toEqual(["first"]);
      // The receiver has either begun the message and gets all of it, or the message is dropped with its connection.
      const end = performance.now() + 5000;
      let message = content();
      while (message === undefined && receiver.readable && performance.now() < end) {
        await turn();
        message = content();
      }
      expect([long, undefined]).toContainEqual(message);
      expect(receiver.readable).toBe(false);
    }
  });
});

test("a message of many frames is whole although another connection ends meanwhile", async () => {
  for (let round = 0; round < 10; round++) {
    using pull = new Pull({ receiveTimeout: 10_000 });
    const pushes = [0, 1, 2].map(() => new Push({ linger: 0 }));
    for (const [i, push] of pushes.entries()) {
      await push.bind(freshEndpoint("tcp"));
      pull.connect(push.lastEndpoint as string);
      await push.send(`${i}`);
      while (pull.statistics().receiveQueue <= i) await turn();
      block(5);
      void pull.readable;
    }
    // libzmq reads from its peers in turn, in the order of their first messages.
    await pushes[0]!.send("0, again");
    await pushes[1]!.send("1, again");
    await pushes[2]!.send(long);
    while (pull.statistics().receiveQueue < 6) await turn();
    block(20);
    expect([texts(pull.tryReceive()), texts(pull.tryReceive())]).toEqual([["0"], ["1"]]);
    expect(texts(pull.tryReceive())).toEqual(["2"]);
    expect(texts(pull.tryReceive())).toEqual(["0, again"]);
    expect(texts(pull.tryReceive())).toEqual(["1, again"]);
    pull.disconnect(pushes[1]!.lastEndpoint as string);
    block(20);
    await pushes[0]!.send("0, at last");
    const messages = [texts(await pull.receive()), texts(await pull.receive())];
    expect(messages).toContainEqual(long);
    expect(messages).toContainEqual(["0, at last"]);
    for (const push of pushes) push.close();
  }
});

test("an XPublisher completes a message whose last frame is a subscription that it does not report", async () => {
  using publisher = new XPublisher({ receiveTimeout: 10_000 });
  await publisher.bind("tcp://127.0.0.1:*");
  const endpoint = publisher.lastEndpoint as string;
  using first = await RawPeer.enter(endpoint, "SUB");
  first.say(frame("\x01topic"));
  expect(texts(await publisher.receive())).toEqual(["\x01topic"]);
  // Only a message that begins with a subscription can have others in it.
  first.say(frame("\x01topic", { flags: more }), frame("hello", { flags: more }), frame("\x01topic"));
  expect(texts(await publisher.receive())).toEqual(["hello"]);
  first.say(frame("hello", { flags: more }), frame("\x01topic"));
  expect(texts(await publisher.receive())).toEqual(["hello", "\x01topic"]);
  using second = await RawPeer.enter(endpoint, "SUB");
  second.say(frame("\x01other"));
  expect(texts(await publisher.receive())).toEqual(["\x01other"]);
});

test.each(["tcp", "inproc"] as Transport[])(
  "an XSubscriber sends every frame of a message, even one that looks like an unsubscription: over %s",
  async (transport) => {
    using publisher = new XPublisher({ receiveTimeout: 10_000 });
    using subscriber = new XSubscriber();
    await publisher.bind(freshEndpoint(transport));
    subscriber.connect(publisher.lastEndpoint as string);
    await subscriber.send(["first", "\x00topic"]);
    await subscriber.send("second");
    for (const expected of [["first", "\x00topic"], ["second"]]) {
      expect(texts(await publisher.receive())).toEqual(expected);
    }
  },
);

test("a Stream whose readable was read delivers the data of the connection with its id", async () => {
  using stream = new Stream({ receiveTimeout: 10_000, notify: false });
  await stream.bind("tcp://127.0.0.1:*");
  const ids = new Set<string>();
  for (let round = 0; round < 20; round++) {
    using peer = await RawPeer.connect(stream.lastEndpoint as string);
    peer.say(`round ${round}`);
    await untilReadable(stream);
    const [id, data] = (await stream.receive()) as Buffer[];
    expect(String(data)).toBe(`round ${round}`);
    ids.add(id!.toString("hex"));
  }
  expect(ids.size).toBe(20);
});

test.each(["tcp", "ipc"] as Transport[])(
  "metadata does not depend on whether readable was read: over %s",
  async (transport) => {
    using router = new Router({ receiveTimeout: 10_000 });
    await router.bind(freshEndpoint(transport));
    using dealer = new Dealer({ linger: 0 });
    dealer.connect(router.lastEndpoint as string);
    await dealer.send("first");
    const untouched = await router.receiveWithMetadata();
    await dealer.send("second");
    await untilReadable(router);
    const asked = await router.receiveWithMetadata();
    expect(untouched.metadata).toHaveProperty("Peer-Address");
    expect(asked.metadata).toEqual(untouched.metadata);
  },
);
