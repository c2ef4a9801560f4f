// Received frames share memory that native code writes to. Whatever takes that memory away, no message is lost and
// nothing is written to memory that belongs to somebody else.

import { expect, test } from "vitest";
import { runProgram } from "../helpers/program.js";

/** Ways to take a frame's memory away. Each is given a `frame` that was just received. */
const takers: Record<string, string> = {
  "postMessage with a transfer list":
    "{ const { port1 } = new MessageChannel(); try { port1.postMessage(frame, [frame.buffer]); } catch (error) { refused(error); } port1.close(); }",
  "structuredClone with a transfer list":
    "try { structuredClone(frame, { transfer: [frame.buffer] }); } catch (error) { refused(error); }",
  "a stream of bytes":
    'new ReadableStream({ type: "bytes", start(controller) { try { controller.enqueue(frame); } catch (error) { refused(error); } } });',
  "a read into a buffer of one's own":
    'new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" }).read(frame).catch(() => {});',
  "ArrayBuffer.prototype.transfer": "frame.buffer.transfer?.();",
};

const body = (take: string, size: number) => `
  const refused = (error) => { if (error.name !== "DataCloneError" && error.name !== "TypeError") throw error; };
  const [push, pull] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
  const [other, bystander] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint);
  await bystander.bind("tcp://127.0.0.1:*");
  other.connect(bystander.lastEndpoint);
  const foreign = [];
  for (let round = 0; round < 300; round++) {
    const text = String(round).padEnd(${size}, ".");
    await push.send(text);
    const [frame] = await pull.receive();
    if (frame.toString() !== text) throw new Error("received " + frame.subarray(0, 20) + " in round " + round);
    ${take}
    // What takes the memory's place must not be written to.
    foreign.push(Buffer.alloc(32 * 1024, 7));
    await push.send(text);
    await other.send("to " + round);
    const [again] = await pull.receive();
    const [beside] = await bystander.receive();
    if (again.toString() !== text || beside.toString() !== "to " + round) throw new Error("lost in round " + round);
  }
  for (const buffer of foreign) if (!buffer.every((byte) => byte === 7)) throw new Error("a foreign buffer was overwritten");
  console.log("intact");
`;

for (const [name, take] of Object.entries(takers)) {
  for (const [kind, size] of Object.entries({ "in the slab": 20, "of its own": 20_000, external: 600_000 })) {
    test(`${name}, of a frame ${kind}`, { timeout: 60_000 }, async () => {
      const outcome = await runProgram(body(take, size), { limit: 60_000 });
      expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "intact\n" });
    });
  }
}

test("a transfer list leaves a small frame and its neighbours where they are", async () => {
  const outcome = await runProgram(`
    const [push, pull] = [new zmq.Push(), new zmq.Pull()];
    await pull.bind("inproc://transfer");
    push.connect("inproc://transfer");
    await push.send(["first", "second"]);
    const [first, second] = await pull.receive();
    try { structuredClone(first, { transfer: [first.buffer] }); } catch (error) { if (error.name !== "DataCloneError") throw error; }
    console.log(first + " " + second);
  `);
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "first second\n" });
});
