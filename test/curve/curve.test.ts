import { expect, test } from "vitest";
import { curveKeyPair, Pull, Push } from "zmq-native";

test("key pairs are 40 characters of Z85, and never the same", () => {
  const pairs = Array.from({ length: 20 }, curveKeyPair);
  for (const { publicKey, secretKey } of pairs) {
    expect(publicKey).toMatch(/^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/);
    expect(secretKey).toHaveLength(40);
  }
  expect(new Set(pairs.map(({ secretKey }) => secretKey)).size).toBe(20);
});

test("messages pass with the right server key, and none with a wrong one", async () => {
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
