// Received frames share memory that native code writes to. Detaching that memory loses no message, and the library
// never writes to detached memory.

import { expect, test } from "vitest";
import { runProgram } from "../helpers/program.js";

/** Ways to detach a frame's memory. Each gets a `frame` that was just received. */
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
    // The library must not write to the new memory at that address.
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
    test(`${name} of a frame ${kind} loses no message`, { timeout: 60_000 }, async () => {
      const outcome = await runProgram(body(take, size), { limit: 60_000 });
      expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "", stdout: "intact\n" });
    });
  }
}

test("a transfer list does not detach a small frame and its neighbors", async () => {
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

test.each(["[frame]", "[frame, second]"])(
  "a loop that gives %s to a byte stream loses no message",
  async (parts) => {
    const outcome = await runProgram(`
    const count = 5000;
    const [push, pull] = [new zmq.Push({ sendHighWaterMark: 0 }), new zmq.Pull({ receiveHighWaterMark: 0 })];
    await pull.bind("inproc://stream");
    push.connect("inproc://stream");
    // Of all sizes, so that slabs end in the middle of messages and some frames have their own memory.
    const texts = Array.from({ length: count }, (_, index) => String(index).padEnd(4 + ((index * 37) % 900) + (index % 97 === 0 ? 9000 : 0), "."));
    await push.sendMany(texts.map((text) => (${JSON.stringify(parts)} === "[frame]" ? text : [text, "second of " + text])));
    let index = 0;
    const decoder = new TextDecoder();
    for await (const ${parts} of pull) {
      const expected = texts[index++];
      ${parts.includes("second") ? 'if (second.toString() !== "second of " + expected) throw new Error("second frame of " + index);' : ""}
      if (frame.toString() !== expected) throw new Error("message " + index + " is " + frame.subarray(0, 20));
      const stream = new ReadableStream({ type: "bytes", start(controller) { controller.enqueue(frame); controller.close(); } });
      if (index % 100 === 0) {
        const { value } = await stream.getReader().read();
        if (decoder.decode(value) !== expected) throw new Error("chunk of " + index);
      }
      if (index === count) break;
    }
    console.log("intact");
  `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "", stdout: "intact\n" });
  },
);

test("prefetched messages reach the next receive, batch or proxy intact after their memory was detached", async () => {
  const outcome = await runProgram(`
    for (const next of ["receive", "receiveMany", "proxy"]) {
      const [push, pull] = [new zmq.Push(), new zmq.Pull()];
      await pull.bind("inproc://" + next);
      push.connect("inproc://" + next);
      await push.sendMany(Array.from({ length: 20 }, (_, index) => ["topic", "body " + index]));
      for await (const [frame] of pull) {
        new ReadableStream({ type: "bytes", start(controller) { controller.enqueue(frame); } });
        break;
      }
      let got = [];
      if (next === "proxy") {
        const [back, end] = [new zmq.Push(), new zmq.Pull()];
        await end.bind("inproc://end");
        back.connect("inproc://end");
        const proxy = new zmq.Proxy(pull, back);
        const ended = proxy.run();
        while (got.length < 19) got.push(await end.receive());
        proxy.terminate();
        await ended;
        end.close();
      } else {
        while (got.length < 19) got.push(...(next === "receive" ? [await pull.receive()] : await pull.receiveMany({ max: 7 })));
      }
      const texts = got.map(String).join();
      if (texts !== Array.from({ length: 19 }, (_, index) => "topic,body " + (index + 1)).join()) throw new Error(next + ": " + texts);
      push.close();
      pull.close();
    }
    console.log("intact");
  `);
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "", stdout: "intact\n" });
});
