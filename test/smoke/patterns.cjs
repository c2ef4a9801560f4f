// Each socket type exchanges messages, over each transport. The name of a check names the types; the last check finds
// types that no check names.

const assert = require("node:assert/strict");
const { freeUdpPort, fresh, joined, transports } = require("./pairs.cjs");

const text = (frames) => frames.map(String).join("|");

module.exports = ({ zmq, draft }) => {
  const usable = transports(zmq);
  /** Over each transport. */
  const everywhere = async (bound, connected, use) => {
    for (const transport of usable) await joined(bound(), connected(), transport, use);
  };
  const checks = {
    "Push and Pull": () =>
      everywhere(
        () => new zmq.Pull(),
        () => new zmq.Push(),
        async (pull, push) => {
          await push.send(["piece", "of work"]);
          assert.equal(text(await pull.receive()), "piece|of work");
        },
      ),
    "Request and Reply": () =>
      everywhere(
        () => new zmq.Reply(),
        () => new zmq.Request(),
        async (reply, request) => {
          for (let i = 0; i < 50; i++) {
            await request.send(["question", `${i}`]);
            assert.equal(text(await reply.receive()), `question|${i}`);
            await reply.send(`answer ${i}`);
            assert.equal(text(await request.receive()), `answer ${i}`);
          }
        },
      ),
    "Dealer and Router": () =>
      everywhere(
        () => new zmq.Router(),
        () => new zmq.Dealer({ routingId: "dealer" }),
        async (router, dealer) => {
          await dealer.send(["a", "", "c"]);
          const [id, ...frames] = await router.receive();
          assert.equal(String(id), "dealer");
          assert.equal(text(frames), "a||c");
          await router.send([id, ...frames]);
          assert.equal(text(await dealer.receive()), "a||c");
        },
      ),
    "Publisher and Subscriber": () =>
      everywhere(
        () => new zmq.Publisher(),
        () => new zmq.Subscriber(),
        async (publisher, subscriber) => {
          subscriber.subscribe("topic");
          await publisher.waitForSubscribers(1, { timeout: 10_000 });
          await publisher.send("other");
          await publisher.send(["topic 1", "body"]);
          assert.equal(text(await subscriber.receive()), "topic 1|body");
        },
      ),
    "XPublisher and XSubscriber": () =>
      everywhere(
        () => new zmq.XPublisher(),
        () => new zmq.XSubscriber(),
        async (publisher, subscriber) => {
          await subscriber.send(Buffer.from("\x01t"));
          assert.equal(text(await publisher.receive()), "\x01t");
          await publisher.send("t1");
          assert.equal(text(await subscriber.receive()), "t1");
        },
      ),
    Pair: () =>
      everywhere(
        () => new zmq.Pair(),
        () => new zmq.Pair(),
        async (one, other) => {
          await one.send("there");
          await other.send("and back");
          assert.equal(text(await other.receive()), "there");
          assert.equal(text(await one.receive()), "and back");
        },
      ),
    Stream: () =>
      joined(new zmq.Stream(), new zmq.Stream(), "tcp", async (server, client) => {
        const [, connected] = await server.receive();
        assert.equal(connected.length, 0);
        const [id] = await client.receive();
        await client.send([id, "raw"]);
        const [, bytes] = await server.receive();
        assert.equal(String(bytes), "raw");
      }),
    "Client and Server": () =>
      everywhere(
        () => new draft.Server(),
        () => new draft.Client(),
        async (server, client) => {
          await client.send("question");
          const [question, tag] = await server.receive();
          assert.equal(String(question), "question");
          await server.send("answer", tag);
          assert.equal(text(await client.receive()), "answer");
        },
      ),
    "Scatter and Gather": () =>
      everywhere(
        () => new draft.Gather(),
        () => new draft.Scatter(),
        async (gather, scatter) => {
          await scatter.send("piece");
          assert.equal(text(await gather.receive()), "piece");
        },
      ),
    "Radio and Dish": () =>
      joined(new draft.Dish(), new draft.Radio(), "tcp", async (dish, radio) => {
        dish.join("group");
        const heard = dish.receive();
        // The Radio drops messages until it has received the group of the Dish.
        const timer = setInterval(() => radio.trySend("news", { group: "group" }), 20);
        try {
          const [news] = await heard;
          assert.equal(String(news), "news");
        } finally {
          clearInterval(timer);
        }
      }),
    Channel: () =>
      everywhere(
        () => new draft.Channel(),
        () => new draft.Channel(),
        async (one, other) => {
          await one.send("there");
          await other.send("and back");
          assert.equal(text(await other.receive()), "there");
          assert.equal(text(await one.receive()), "and back");
        },
      ),
    Peer: async () => {
      for (const transport of usable) {
        const [one, other] = [new draft.Peer(), new draft.Peer()];
        try {
          await one.bind(fresh(transport));
          const routingId = other.connectPeer(one.lastEndpoint);
          await other.send("there", { routingId });
          const [there, tag] = await one.receive();
          assert.equal(String(there), "there");
          await one.send("and back", tag);
          assert.equal(String((await other.receive())[0]), "and back");
        } finally {
          one.close();
          other.close();
        }
      }
    },
    Datagram: async () => {
      const [one, other] = [new draft.Datagram(), new draft.Datagram()];
      const address = `127.0.0.1:${await freeUdpPort()}`;
      await one.bind(`udp://${address}`);
      await other.bind("udp://127.0.0.1:*");
      const heard = one.receive();
      // A packet is lost until libzmq listens, a moment after the bind.
      const timer = setInterval(() => other.trySend([address, "ping"]), 20);
      try {
        const [sender, ping] = await heard;
        assert.equal(String(ping), "ping");
        await one.send([sender, "pong"]);
        assert.equal(String((await other.receive())[1]), "pong");
      } finally {
        clearInterval(timer);
        one.close();
        other.close();
      }
    },
    Proxy: async () => {
      const [front, back] = [new zmq.Router(), new zmq.Dealer()];
      const [request, reply] = [new zmq.Request(), new zmq.Reply()];
      await front.bind("tcp://127.0.0.1:*");
      await back.bind("tcp://127.0.0.1:*");
      request.connect(front.lastEndpoint);
      reply.connect(back.lastEndpoint);
      const proxy = new zmq.Proxy(front, back);
      const ended = proxy.run();
      await request.send("through");
      assert.equal(text(await reply.receive()), "through");
      await reply.send("and back");
      assert.equal(text(await request.receive()), "and back");
      proxy.terminate();
      await ended;
      request.close();
      reply.close();
    },
  };
  return {
    ...checks,
    "every type": () => {
      const named = Object.keys(checks).join(" ").split(/\W+/);
      const types = Object.entries({ ...zmq, ...draft })
        .filter(([, value]) => typeof value === "function" && value.prototype instanceof zmq.Socket)
        .map(([name]) => name);
      assert.ok(types.length > 20);
      assert.deepEqual(
        types.filter((name) => !named.includes(name)),
        [],
      );
    },
  };
};
