// The pace of large messages: a send resolves later while libzmq holds many bytes, although libzmq has queued the message.
// Each program is a process of its own, since a wait in vain affects the sends of the next seconds.

import { expect, test } from "vitest";
import { runProgram } from "../helpers/program.js";

const preamble = `
  const assert = require("node:assert/strict");
  const megabyte = 2 ** 20;
  // With so many messages of 1 MiB, libzmq holds more than the 18 MiB at which a send waits.
  const crowd = 32;
  const numbered = (number, size = megabyte) => {
    const message = Buffer.alloc(size);
    message.writeUInt32LE(number);
    return message;
  };
  const range = Array.from({ length: crowd }, (_, number) => number);
  let endpoints = 0;
  const pushWithoutPeer = (options) => {
    const push = new zmq.Push({ linger: 0, ...options });
    push.connect("inproc://nobody-" + endpoints++);
    return push;
  };
  const pair = () => {
    const endpoint = "inproc://pair-" + endpoints++;
    const [one, other] = [new zmq.Pair({ linger: 0 }), new zmq.Pair({ linger: 0 })];
    one.bindSync(endpoint);
    other.connect(endpoint);
    return [one, other];
  };
`;

test.each([
  [
    "the promise of a large message resolves later while libzmq holds much, and at once while it does not",
    `
      const [connected, bound] = pair();
      const atOnce = connected.send("small");
      assert.equal(connected.send(numbered(0)), atOnce);
      for (let number = 1; number < crowd; number++) connected.send(numbered(number));
      const later = connected.send(numbered(crowd));
      assert.notEqual(later, atOnce);
      // Small messages do not wait.
      assert.notEqual(connected.send("small"), later);
      await later;
      await bound.receive();
      for (let number = 0; number <= crowd; number++) {
        assert.equal((await bound.receive())[0].readUInt32LE(), number);
      }
    `,
  ],
  [
    "other sends continue during a wait, in order, up to the high-water mark",
    `
      const push = pushWithoutPeer({ sendHighWaterMark: 2 * crowd });
      const sends = Array.from({ length: 2 * crowd }, (_, number) => push.send(numbered(number)));
      assert.equal(push.trySend("one too many"), false);
      await Promise.all(sends);
      const pull = new zmq.Pull();
      await pull.bind("inproc://nobody-0");
      for (let number = 0; number < 2 * crowd; number++) {
        assert.equal((await pull.receive())[0].readUInt32LE(), number);
      }
    `,
  ],
  [
    "a send that waits resolves if its socket is closed",
    `
      const push = pushWithoutPeer();
      const sends = range.map((number) => push.send(numbered(number)));
      push.close();
      await Promise.all(sends);
    `,
  ],
  [
    "without a peer, few of many sends wait",
    `
      const push = pushWithoutPeer();
      await push.sendMany(range.map((number) => numbered(number)));
      await push.send(numbered(0));
      const start = performance.now();
      for (let count = 0; count < 5; count++) {
        let turns = 0;
        const counting = setInterval(() => turns++, 1);
        await push.send(numbered(0));
        clearInterval(counting);
        assert.ok(turns < 5 || performance.now() - start > 1000, turns + " turns");
      }
    `,
  ],
  [
    "a send does not wait for what libzmq holds of other sockets",
    `
      const push = pushWithoutPeer();
      const atOnce = push.send("small");
      await push.sendMany(range.map((number) => numbered(number)));
      const [socket] = pair();
      await new Promise(setImmediate);
      assert.equal(socket.send(numbered(0)), atOnce);
    `,
  ],
  [
    "a send waits a moment for a slow peer, and then not for a while",
    `
      const [socket, peer] = pair();
      // Of 256 KiB, since larger received Buffers keep libzmq's memory until they are garbage-collected.
      for (let number = 0; number < 512; number++) socket.trySend(numbered(number, megabyte / 4));
      let taken = 0;
      const reading = setInterval(() => {
        taken++;
        peer.tryReceive();
      }, 10);
      await socket.send(numbered(0, megabyte / 4));
      // The wait would end by itself once 40 % of the messages are taken.
      assert.ok(taken < 150, taken + " taken");
      let resolved = false;
      socket.send(numbered(0, megabyte / 4)).then(() => (resolved = true));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      assert.equal(resolved, true);
      clearInterval(reading);
    `,
  ],
  [
    "a getter that sends and closes another socket does not disturb the send of large frames",
    `
      const [socket, peer] = pair();
      const other = pushWithoutPeer();
      const frames = [numbered(1), numbered(2), numbered(3)];
      Object.defineProperty(frames, 1, {
        get() {
          if (!other.closed) {
            other.trySend(numbered(9));
            other.close();
          }
          return numbered(2);
        },
      });
      await socket.send(frames);
      assert.deepEqual((await peer.receive()).map((frame) => frame.readUInt32LE()), [1, 2, 3]);
    `,
  ],
  [
    "a send with a short timeout does not wait",
    `
      const push = pushWithoutPeer();
      await push.sendMany(range.map((number) => numbered(number)));
      for (const send of [() => push.send(numbered(0), { timeout: 100 }), () => pushWithTimeout.send(numbered(0))]) {
        var pushWithTimeout = pushWithoutPeer({ sendTimeout: 100 });
        let resolved = false;
        send().then(() => (resolved = true));
        await new Promise(setImmediate);
        await new Promise(setImmediate);
        assert.equal(resolved, true);
      }
    `,
  ],
  [
    "small messages do not wait after sendMany of large ones",
    `
      const push = pushWithoutPeer();
      const atOnce = push.send("small");
      await push.sendMany(range.map((number) => numbered(number)));
      await new Promise(setImmediate);
      assert.equal(push.send("small"), atOnce);
    `,
  ],
  [
    "a proxy obeys after sendMany of large messages",
    `
      const [front, back] = [new zmq.Pull(), new zmq.Push()];
      await front.bind("inproc://front");
      await back.bind("inproc://back");
      const proxy = new zmq.Proxy(front, back);
      const ended = proxy.run();
      const push = pushWithoutPeer();
      for (const command of ["pause", "resume", "terminate"]) {
        await push.sendMany(range.map((number) => numbered(number)));
        proxy[command]();
      }
      await ended;
    `,
  ],
])("%s", { timeout: 60_000 }, async (_, body) => {
  const outcome = await runProgram(`${preamble}${body}
    process.exit();`);
  expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "", stderr: "" });
});
