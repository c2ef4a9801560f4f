import nacl from "tweetnacl";
import { expect, test } from "vitest";
import { curveKeyPair, Pull, Push, z85 } from "zmq-native";
import { bodyOf, CurveClient } from "../helpers/curve.js";
import { patience } from "../helpers/program.js";
import { greeting, property, RawPeer } from "../helpers/zmtp.js";

test("curveKeyPair() returns a new pair of 40 Z85 characters each time", () => {
  const pairs = Array.from({ length: 20 }, curveKeyPair);
  for (const { publicKey, secretKey } of pairs) {
    expect(publicKey).toMatch(/^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/);
    expect(secretKey).toHaveLength(40);
  }
  expect(new Set(pairs.map(({ secretKey }) => secretKey)).size).toBe(20);
});

test("messages pass only with the right server key", async () => {
  const server = curveKeyPair();
  const client = curveKeyPair();
  using pull = new Pull({ curveServer: true, curveSecretKey: server.secretKey });
  await pull.bind("tcp://127.0.0.1:*");
  const own = { linger: 0, curvePublicKey: client.publicKey, curveSecretKey: client.secretKey };
  using stranger = new Push({ ...own, curveServerKey: curveKeyPair().publicKey });
  using friend = new Push({ ...own, curveServerKey: server.publicKey });
  stranger.connect(pull.lastEndpoint as string);
  friend.connect(pull.lastEndpoint as string);
  await stranger.send("from a stranger");
  await friend.sendMany(["from", "a", "friend"]);
  const received = [await pull.receive(), await pull.receive(), await pull.receive()];
  expect(received.map(String)).toEqual(["from", "a", "friend"]);
  expect(pull.readable).toBe(false);
});

// Without vendor patch libzmq/peers/curve-flags, a proxy can join messages, or have them dropped.
test.each([
  ["more", 1],
  ["command", 4],
])("the flags of a frame outside of its box are ignored: %s", async (_, flag) => {
  const keys = nacl.box.keyPair();
  using pull = new Pull({
    curveServer: true,
    curveSecretKey: z85.encode(keys.secretKey),
    receiveTimeout: patience,
  });
  await pull.bind("tcp://127.0.0.1:*");
  using peer = await RawPeer.connect(pull.lastEndpoint as string);
  const curve = new CurveClient(keys.publicKey);
  peer.say(greeting("CURVE"), curve.hello());
  await peer.hearBytes(64 + 170);
  peer.say(curve.initiate(bodyOf(peer.heard.subarray(64)), property("Socket-Type", "PUSH")));
  await peer.hear((heard) => heard.includes("READY"));
  const changed = curve.message("one");
  changed[0]! |= flag;
  peer.say(changed, curve.message("two"), curve.message("three", { flags: 1 }), curve.message("four"));
  const received = [await pull.receive(), await pull.receive(), await pull.receive()];
  expect(received.map((frames) => frames.map(String))).toEqual([["one"], ["two"], ["three", "four"]]);
});
