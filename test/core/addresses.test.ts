// The endpoints that a socket remembers.

import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import type { Core } from "../../lib/core/open-socket.js";

const { coreOf } = createRequire(__filename)("../../dist/library.js") as { coreOf: (socket: object) => Core };

test("repeated bind and unbind do not grow the list of endpoints", async () => {
  using pull = new Pull();
  await pull.bind("inproc://stays");
  for (let i = 0; i < 300; i++) {
    // A new port in each round, and one name that repeats.
    await pull.bind("tcp://127.0.0.1:*");
    await pull.unbind(pull.lastEndpoint as string);
    await pull.bind("inproc://again");
    await pull.unbind("inproc://again");
  }
  const { bound } = coreOf(pull);
  expect(bound).toContain("inproc://stays");
  // Endpoints of connections that may still have events.
  expect(bound.length).toBeLessThan(70);
  expect(new Set(bound).size).toBe(bound.length);
});

test("an event after the unbind has the address that was bound", async () => {
  using pull = new Pull();
  const accepted = new Promise<string>((resolve) =>
    pull.events.on("accept", ({ address }) => resolve(address)),
  );
  await pull.bind("tcp://127.0.0.1:*");
  const endpoint = pull.lastEndpoint as string;
  using push = new Push({ linger: 0 });
  push.connect(endpoint);
  push.send("x");
  // The event arrives before the message. It is read in a later turn, when the endpoint is already unbound.
  while (!pull.readable) {}
  pull.unbindSync(endpoint);
  expect(await accepted).toBe(endpoint);
});
