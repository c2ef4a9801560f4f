// What is remembered of the endpoints of a socket.

import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import type { Core } from "../../lib/core/open-socket.js";

const { coreOf } = createRequire(__filename)("../../dist/library.js") as { coreOf: (socket: object) => Core };

test("binding and unbinding again and again leaves nothing behind", async () => {
  using pull = new Pull();
  await pull.bind("inproc://stays");
  for (let i = 0; i < 300; i++) {
    // A new port each time, and a name that comes again.
    await pull.bind("tcp://127.0.0.1:*");
    await pull.unbind(pull.lastEndpoint as string);
    await pull.bind("inproc://again");
    await pull.unbind("inproc://again");
  }
  const { bound } = coreOf(pull);
  expect(bound).toContain("inproc://stays");
  // Those of connections that may still have events.
  expect(bound.length).toBeLessThan(70);
  expect(new Set(bound).size).toBe(bound.length);
});

test("an event that comes after the unbind has the address that was bound", async () => {
  using pull = new Pull();
  const accepted = new Promise<string>((resolve) =>
    pull.events.on("accept", ({ address }) => resolve(address)),
  );
  await pull.bind("tcp://127.0.0.1:*");
  const endpoint = pull.lastEndpoint as string;
  using push = new Push({ linger: 0 });
  push.connect(endpoint);
  push.send("x");
  // The event is there before the message. It is read in a later turn, when the endpoint is bound no more.
  while (!pull.readable) {}
  pull.unbindSync(endpoint);
  expect(await accepted).toBe(endpoint);
});
