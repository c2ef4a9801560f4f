// Sockets closed at critical moments. Each program must exit by itself: a failed assertion of libzmq would abort it.

import { expect, test } from "vitest";
import { runProgram } from "../helpers/program.js";

// Without vendor/patches/libzmq/peers/rest-of-message.patch, the process aborts within a few rounds.
test("both ends can close in the middle of a message", { timeout: 60_000 }, async () => {
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
