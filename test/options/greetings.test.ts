// Messages that libzmq itself sends or delivers when peers come and go: helloMessage and disconnectMessage.

import { describe, expect, test } from "vitest";
import { Dealer, Router } from "zmq-native";
import { Client, Peer, Server } from "zmq-native/draft";
import { freshEndpoint, transports } from "../helpers/transports.js";

describe.each(transports)("over %s", (transport) => {
  test.each([
    ["a Router and a Dealer", Router, Dealer],
    ["a Server and a Client", Server, Client],
    ["a Peer and a Peer", Peer, Peer],
  ] as const)("helloMessage is the first message of %s", async (_, Bound, Connected) => {
    using bound = new Bound({ helloMessage: "hello from bound" } as object);
    using connected = new Connected({ helloMessage: Buffer.from("hello from connected") } as object);
    await bound.bind(freshEndpoint(transport));
    connected.connect(bound.lastEndpoint!);
    expect(String((await connected.receive())[0])).toBe("hello from bound");
    const frames = await bound.receive();
    expect(frames.map(String)).toContain("hello from connected");
  });

  test.each([
    ["Router", Router, Dealer],
    ["Server", Server, Client],
    ["Peer", Peer, Peer],
  ] as const)("disconnectMessage is received by a %s that loses a peer", async (_, Bound, Connected) => {
    using bound = new Bound({ disconnectMessage: "gone" } as object);
    await bound.bind(freshEndpoint(transport));
    for (let count = 0; count < 3; count++) {
      const connected = new Connected({ helloMessage: "hello" } as object);
      connected.connect(bound.lastEndpoint!);
      const [id, ...first] = await bound.receive();
      connected.close();
      const [same, ...last] = await bound.receive();
      if (Bound === Router) {
        expect([same, first.map(String), last.map(String)]).toEqual([id, ["hello"], ["gone"]]);
      } else {
        expect([String(id), String(same)]).toEqual(["hello", "gone"]);
        expect(last).toEqual(first);
      }
    }
  });
});

test("null sends and delivers nothing", async () => {
  using router = new Router({ helloMessage: "hello", disconnectMessage: "gone" });
  Object.assign(router, { helloMessage: null, disconnectMessage: null });
  await router.bind("tcp://127.0.0.1:*");
  const dealer = new Dealer();
  dealer.connect(router.lastEndpoint!);
  await dealer.send("first");
  expect(String((await router.receive())[1])).toBe("first");
  expect(dealer.tryReceive()).toBeUndefined();
  const changes = router.peers.changes();
  dealer.close();
  await changes.next();
  expect(router.tryReceive()).toBeUndefined();
});
