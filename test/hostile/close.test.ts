// Sockets closed at the worst moments. Each program must end by itself: libzmq's assertions would kill it.

import { expect, test } from "vitest";
import { runProgram } from "../helpers/program.js";

// Dies within a few rounds without vendor/patches/libzmq/peers/rest-of-message.patch.
test("both ends closed in the middle of a message", { timeout: 60_000 }, async () => {
  const outcome = await runProgram(
    `
    const frames = Array.from({ length: 20_000 }, (_, i) => "frame " + i);
    for (let round = 0; round < 60; round++) {
      const push = new zmq.Push({ linger: 0 });
      const pull = new zmq.Pull();
      await push.bind("tcp://127.0.0.1:*");
      pull.connect(push.lastEndpoint);
      for (let i = 0; i < 3; i++) await push.send(frames);
      await pull.receive();
      pull.close();
      // Up to two milliseconds, in which the connection ends.
      const end = performance.now() + (round % 20) / 10;
      while (performance.now() < end);
      push.close();
    }
    console.log("done");
  `,
    { limit: 50_000 },
  );
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "done\n", stderr: "" });
});
