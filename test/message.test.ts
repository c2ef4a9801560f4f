import { expect, test } from "vitest";
import { Pull, Push } from "zmq-native";

test("smoke", async () => {
  using pull = new Pull();
  using push = new Push();
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint as string);
  await push.send("x");
  expect(await pull.receive()).toEqual([Buffer.from("x")]);
});
