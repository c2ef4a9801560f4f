// Memory after a burst of messages goes back to the system.

import { expect, test } from "vitest";
import { sanitizer, startProgram } from "../helpers/program.js";

// Where malloc keeps memory differs between systems, and sanitizers keep freed memory on purpose.
const measurable = process.platform === "linux" && sanitizer === undefined;
if (!measurable) console.warn("Memory after a burst is measured on Linux, without sanitizers.");

test.runIf(measurable)("small messages of a burst do not stay in memory", { timeout: 60_000 }, async () => {
  await using program = startProgram(
    `
      const pull = new zmq.Pull({ receiveHighWaterMark: 0 });
      const push = new zmq.Push({ sendHighWaterMark: 0 });
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      await push.send("ready");
      await pull.receive();

      const rss = () => process.memoryUsage().rss;
      const before = rss();
      const message = Buffer.alloc(1024, 1);
      const count = 200_000;
      for (let index = 0; index < count; index++) await push.send(message);
      const peak = rss() - before;
      for (let index = 0; index < count; index++) await pull.receive();
      // The pool gives memory back that was not used for one to two seconds.
      let after = rss() - before;
      for (let second = 0; second < 10 && after > peak / 2; second++) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        after = rss() - before;
      }
      say({ peak, after });
    `,
    { limit: 60_000 },
  );
  const { peak, after } = await program.hear<{ peak: number; after: number }>();
  expect(peak).toBeGreaterThan(150e6);
  expect(after).toBeLessThan(peak / 2);
});
