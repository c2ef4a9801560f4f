// Loops that try a failed operation again. The event loop must get its turns, or nothing can change. In processes of their
// own, which are killed when they starve.

import { expect, test } from "vitest";
import { runProgram, slowness } from "../helpers/program.js";

const failures = {
  "a Router whose peer has not joined": `
    const router = new zmq.Router({ mandatory: true });
    await router.bind("tcp://127.0.0.1:*");
    const dealer = new zmq.Dealer({ routingId: "late", linger: 0 });
    setTimeout(() => dealer.connect(router.lastEndpoint), 1);
    await again(() => router.send(["late", "hello"]), "EHOSTUNREACH");
    console.log(String(await dealer.receive()));
    router.close();
    dealer.close();`,
  "a full queue": `
    const { push, received } = await full({ sendQueue: { max: 1 } });
    const waiting = push.send("waiting");
    await again(() => push.send("hello"), "ENOBUFS");
    await waiting;
    await push.send("end");
    console.log(await received);`,
  "a full queue that drops new messages": `
    const { push, received } = await full({ sendQueue: { max: 1, overflow: "dropNewest" } });
    const waiting = push.send("waiting");
    await again(() => push.send("hello"), "ENOBUFS");
    await waiting;
    await push.send("end");
    console.log(await received);`,
  "two senders that replace each other's message": `
    const { push, received } = await full({ sendQueue: { max: 1, overflow: "dropOldest" } });
    await Promise.all([1, 2].map(() => again(() => push.send("hello"), "ENOBUFS")));
    await push.send("end");
    console.log(await received);`,
  "a queue in which a call may not wait": `
    const { push, received } = await full({ sendQueue: { max: 2 } });
    const waiting = push.send("waiting");
    await again(() => push.sendMany(["hello"], { timeout: 0 }), "EAGAIN");
    await waiting;
    await push.send("end");
    console.log(await received);`,
  "a full queue of receives": `
    const pull = new zmq.Pull({ receiveQueue: { max: 1 }, linger: 0 });
    await pull.bind("inproc://empty");
    const push = new zmq.Push({ linger: 0 });
    push.connect("inproc://empty");
    const waiting = pull.receive();
    setTimeout(() => push.sendMany(["first", "hello"]), 1);
    const [frame] = await again(() => pull.receive(), "ENOBUFS");
    await waiting;
    console.log(String(frame));
    push.close();
    pull.close();`,
};

test.each(Object.entries(failures))(
  "%s does not starve the event loop",
  { timeout: 60_000 * slowness },
  async (_, body) => {
    const { code, stdout, stderr } = await runProgram(
      `const assert = require("node:assert/strict");
    async function again(operation, code) {
      for (let failures = 0; ; failures++) {
        try {
          const result = await operation();
          assert(failures > 0);
          return result;
        } catch (error) {
          assert.equal(error.code, code);
        }
      }
    }
    // A socket whose peer has a full pipe and begins to read in a millisecond. \`received\` resolves with "hello" if that
    // was among the messages before "end".
    async function full(options) {
      const pull = new zmq.Pull({ receiveHighWaterMark: 1, linger: 0 });
      await pull.bind("inproc://full");
      const push = new zmq.Push({ sendHighWaterMark: 1, linger: 0, ...options });
      push.connect("inproc://full");
      while (push.trySend("fill"));
      const received = new Promise((resolve, reject) => {
        const read = async () => {
          let text = "nothing";
          for await (const [frame] of pull) {
            if (String(frame) === "hello") text = "hello";
            if (String(frame) === "end") break;
          }
          push.close();
          pull.close();
          return text;
        };
        setTimeout(() => read().then(resolve, reject), 1);
      });
      return { push, received };
    }
    ${body}`,
      { limit: 10_000 },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
  },
);
