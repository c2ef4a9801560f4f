// A socket that addresses its peers learns that one has gone, although messages of that peer are still unread.
// test/draft/draft.test.ts has the same for a Server.

import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { Dealer, Router, Stream } from "zmq-native";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const queues = [
  ["has room", 1000],
  ["is full", 1],
] as const;

/** Fills the kernel's buffers, and then the queue. */
async function fill(send: () => boolean): Promise<void> {
  for (let failed = 0; failed < 20; ) {
    failed = send() ? 0 : failed + 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Sends until the socket has learnt that the peer has gone. Until then, it queues messages or has no room. */
async function untilRefused(send: () => unknown): Promise<unknown> {
  for (;;) {
    try {
      send();
    } catch (error) {
      return error;
    }
    await turn();
  }
}

test.each(queues)(
  "a Stream learns of a disconnected peer whose queue %s and whose messages are unread",
  async (_, mark) => {
    using stream = new Stream({ sendHighWaterMark: mark });
    await stream.bind("tcp://127.0.0.1:*");
    const client = connect(Number(stream.lastEndpoint!.split(":").at(-1)), "127.0.0.1");
    const [id] = await stream.receive();
    client.pause();
    client.write("unread");
    while (!stream.readable) await turn();
    if (mark === 1) await fill(() => stream.trySend([id!, Buffer.alloc(100_000)]));
    const gone = once(stream.events, "disconnect");
    client.destroy();
    await gone;
    expect(await untilRefused(() => stream.trySend([id!, "late"]))).toMatchObject({ code: "EHOSTUNREACH" });
    expect(String((await stream.receive())[1])).toBe("unread");
  },
);

test.each(queues)(
  "a Router with mandatory learns of a disconnected peer whose queue %s and whose messages are unread",
  async (_, mark) => {
    using router = new Router({ mandatory: true, sendHighWaterMark: mark });
    await router.bind("tcp://127.0.0.1:*");
    const dealer = new Dealer({ routingId: "peer", receiveHighWaterMark: 1 });
    dealer.connect(router.lastEndpoint!);
    await dealer.send("first");
    await dealer.send("second");
    await router.receive();
    if (mark === 1) await fill(() => router.trySend(["peer", Buffer.alloc(100_000)]));
    const gone = once(router.events, "disconnect");
    dealer.close();
    await gone;
    expect(await untilRefused(() => router.trySend(["peer", "late"]))).toMatchObject({
      code: "EHOSTUNREACH",
    });
    expect(String((await router.receive())[1])).toBe("second");
  },
);

test("a send of a Router that waits for a peer rejects when the peer leaves, during a receive", async () => {
  using router = new Router({ mandatory: true, sendHighWaterMark: 1 });
  await router.bind("tcp://127.0.0.1:*");
  const dealer = new Dealer({ routingId: "peer", receiveHighWaterMark: 1 });
  dealer.connect(router.lastEndpoint!);
  await dealer.send("first");
  await router.receive();
  const receiving = router.receive();
  receiving.catch(() => {});
  // Fills all buffers, and then waits.
  let sent = 0;
  const sending = (async () => {
    for (; ; sent++) await router.send(["peer", Buffer.alloc(100_000)]);
  })();
  sending.catch(() => {});
  for (let before = -1; before !== sent; ) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  dealer.close();
  await expect(sending).rejects.toMatchObject({ code: "EHOSTUNREACH" });
  router.close();
  await expect(receiving).rejects.toThrow();
});
