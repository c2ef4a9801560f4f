// Each pattern delivers messages.

const assert = require("node:assert/strict");
const { joined, transports } = require("./pairs.cjs");

const text = (frames) => frames.map(String).join("|");

module.exports = ({ zmq, draft }) => {
  const usable = transports(zmq);
  /** Over each transport. */
  const everywhere = async (bound, connected, use) => {
    for (const transport of usable) await joined(bound(), connected(), transport, use);
  };
  return {
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
        // A late subscriber has missed earlier messages.
        const timer = setInterval(() => radio.trySend("news", { group: "group" }), 20);
        try {
          const [news] = await heard;
          assert.equal(String(news), "news");
        } finally {
          clearInterval(timer);
        }
      }),
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
};
