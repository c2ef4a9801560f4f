// Endpoints whose connection has ended: disconnect() of one ends no other connection, and connect() works again.

import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { capability, Dealer } from "zmq-native";
import { Peer } from "zmq-native/draft";
import { patience } from "../helpers/program.js";
import { frame, greeting, RawServer } from "../helpers/zmtp.js";

const ZMQ_RECONNECT_STOP = 109;
const ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED = 2;

if (!capability.draft) console.warn("SKIPPED: this build has no draft sockets");

test.runIf(capability.draft)(
  "disconnect() after disconnectPeer() does not end a connection to another address",
  async () => {
    const options = { linger: 0, receiveTimeout: patience };
    using left = new Peer(options);
    using kept = new Peer(options);
    await left.bind("tcp://127.0.0.1:*");
    await kept.bind("tcp://127.0.0.1:*");
    // A new session may get the memory of the old one by chance.
    for (let i = 0; i < 30; i++) {
      using peer = new Peer(options);
      const first = peer.connectPeer(left.lastEndpoint as string);
      await peer.send("x", { routingId: first });
      await left.receive();
      peer.disconnectPeer(first);
      const gone = async () => {
        try {
          await peer.send("x", { routingId: first });
          return false;
        } catch {
          return true;
        }
      };
      while (!(await gone())) await delay(1);
      await delay(20);
      const second = peer.connectPeer(kept.lastEndpoint as string);
      await peer.send("x", { routingId: second });
      await kept.receive();
      peer.disconnect(left.lastEndpoint as string);
      await delay(10);
      await peer.send("y", { routingId: second });
      const [message] = await kept.receive();
      expect(String(message)).toBe("y");
    }
  },
);

test("connect() works again after a failed handshake has ended the connection", async () => {
  using server = await RawServer.listen();
  const address = `tcp://127.0.0.1:${server.port}`;
  using dealer = new Dealer({ linger: 0, reconnectInterval: 10 });
  (dealer as unknown as { setInt32Option(option: number, value: number): void }).setInt32Option(
    ZMQ_RECONNECT_STOP,
    ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED,
  );
  dealer.connect(address);
  const first = await server.accept();
  first.say(greeting("PLAIN"), frame("x", { flags: 4 }));
  await first.ended;
  const limit = performance.now() + patience;
  while (server.count === 1 && performance.now() < limit) {
    dealer.connect(address);
    await delay(20);
  }
  expect(server.count).toBe(2);
});
