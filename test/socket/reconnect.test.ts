// Connecting sockets whose peer breaks the protocol: an event, then another attempt after `reconnectInterval`.

import { describe, expect, test } from "vitest";
import { curveKeyPair, Dealer, Publisher, Pull, Push, Subscriber } from "zmq-native";
import { patience } from "../helpers/program.js";
import { whenFree } from "../helpers/transports.js";
import { command, frame, greeting, hello, join, RawServer, ready } from "../helpers/zmtp.js";

test("scenario 32: a send to a server with another mechanism settles once a suitable server is there", async () => {
  const server = curveKeyPair();
  const wrong = new Pull({ curveServer: true, curveSecretKey: server.secretKey });
  await wrong.bind("tcp://127.0.0.1:*");
  const address = wrong.lastEndpoint as string;
  using push = new Push({ immediate: true, linger: 0, reconnectInterval: 10 });
  const mismatch = new Promise<{ error: { code: string } }>((resolve) =>
    push.events.on("handshake:error:protocol", resolve),
  );
  const retry = new Promise<{ interval: number }>((resolve) => push.events.on("connect:retry", resolve));
  push.connect(address);
  const sent = push.send("patience");
  expect((await mismatch).error.code).toBe("ERR_ZMTP_MECHANISM_MISMATCH");
  expect((await retry).interval).toBeGreaterThanOrEqual(10);
  wrong.close();
  using right = new Pull({ receiveTimeout: patience });
  await whenFree(() => right.bind(address));
  await sent;
  expect(String(await right.receive())).toBe("patience");
});

test("messages that were queued for a server with other keys reach the right server", async () => {
  const [client, server, other] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
  const wrong = new Pull({ plainServer: true });
  await wrong.bind("tcp://127.0.0.1:*");
  const address = wrong.lastEndpoint as string;
  using push = new Push({
    linger: 0,
    reconnectInterval: 10,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
    curveServerKey: server.publicKey,
  });
  const failed = new Promise((resolve) => push.events.on("handshake:error:protocol", resolve));
  push.connect(address);
  await push.send("patience");
  await failed;
  wrong.close();
  const stranger = new Pull({ curveServer: true, curveSecretKey: other.secretKey });
  const refused = new Promise((resolve) => push.events.on("disconnect", resolve));
  await whenFree(() => stranger.bind(address));
  await refused;
  stranger.close();
  using right = new Pull({
    curveServer: true,
    curveSecretKey: server.secretKey,
    receiveTimeout: patience,
  });
  await whenFree(() => right.bind(address));
  expect(String(await right.receive())).toBe("patience");
});

test("a subscriber hears again after a message above `maxMessageSize`", async () => {
  using publisher = new Publisher({ linger: 0 });
  await publisher.bind("tcp://127.0.0.1:*");
  using subscriber = new Subscriber({ maxMessageSize: 100, reconnectInterval: 10, receiveTimeout: patience });
  subscriber.subscribe("");
  const rejected = new Promise<{ reason: string }>((resolve) =>
    subscriber.events.on("message:rejected", resolve),
  );
  subscriber.connect(publisher.lastEndpoint as string);
  await publisher.waitForSubscribers(1);
  await publisher.send(Buffer.alloc(1000));
  expect((await rejected).reason).toBe("size");
  let heard: string | undefined;
  const received = subscriber.receive().then(([message]) => {
    heard = String(message);
  });
  while (heard === undefined) {
    await publisher.send("small");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await received;
  expect(heard).toBe("small");
});

describe("a server that answers", () => {
  test.each<[string, Buffer]>([
    ["with another mechanism", greeting("PLAIN", { asServer: true })],
    ["with an ERROR", join(greeting(), command("ERROR", "\x03400"))],
    ["with a malformed ERROR", join(greeting(), command("ERROR", "\xff"))],
    ["as a socket that does not fit", hello("PUB")],
    ["with an unknown command", join(greeting(), command("HOWDY"))],
    ["with a message in the handshake", join(greeting(), frame("READY"))],
    ["with an empty command", join(greeting(), frame("", { flags: 4 }))],
    [
      "with a property that is longer than its command",
      join(greeting(), command("READY", "\x0bSocket-Type", Buffer.alloc(4, 0xff), "PUSH")),
    ],
    ["and then with a length of 2⁶⁴ - 1", join(hello("ROUTER"), Buffer.from([2]), Buffer.alloc(8, 0xff))],
  ])("%s is connected to again, at the interval", async (_, words) => {
    using server = await RawServer.listen();
    const interval = 50;
    using dealer = new Dealer({ linger: 0, reconnectInterval: interval, receiveTimeout: patience });
    let retries = 0;
    dealer.events.on("connect:retry", () => retries++);
    dealer.connect(`tcp://127.0.0.1:${server.port}`);
    const started = performance.now();
    for (let i = 0; i < 4; i++) {
      using peer = await server.accept();
      peer.say(words);
      // The client ends the connection.
      await peer.hear(() => false);
    }
    using peer = await server.accept();
    // Timers count whole milliseconds.
    expect(performance.now() - started).toBeGreaterThan(4 * (interval - 2));
    peer.say(greeting(), ready("ROUTER"));
    await peer.hear((heard) => heard.includes("READY"));
    peer.say(frame("at last"));
    expect(String(await dealer.receive())).toBe("at last");
    expect(retries).toBe(4);
  });
});

test("with a `reconnectInterval` of -1 a protocol error ends the connection for good", async () => {
  using server = await RawServer.listen();
  using push = new Push({ linger: 0, reconnectInterval: -1, sendTimeout: 0 });
  const gone = new Promise((resolve) => push.events.on("disconnect", resolve));
  push.connect(`tcp://127.0.0.1:${server.port}`);
  using peer = await server.accept();
  peer.say(greeting("CURVE"));
  await gone;
  // The endpoint is given up: it may be connected to once more.
  push.connect(`tcp://127.0.0.1:${server.port}`);
  using other = await server.accept();
  other.say(hello("PULL"));
  expect(await other.hear((heard) => heard.includes("READY"))).toBe(true);
});
