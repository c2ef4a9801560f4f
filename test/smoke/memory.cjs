// Frames of all sizes, including those in libzmq's own memory, and their release.

const assert = require("node:assert/strict");
const { joined } = require("./pairs.cjs");

const turn = () => new Promise((resolve) => setTimeout(resolve, 10));
const collect = globalThis.gc ?? globalThis.Bun?.gc?.bind(null, true) ?? (() => {});

module.exports = ({ zmq }) => ({
  "frames of all sizes arrive as they were sent": () =>
    joined(new zmq.Pull(), new zmq.Push({ linger: 0 }), "tcp", async (pull, push) => {
      for (const size of [0, 1, 33, 255, 256, 8191, 8192, 8193, 65_536, 524_287, 524_288, 3_000_000]) {
        const frame = Buffer.alloc(size, size % 251);
        await push.send(["head", frame]);
        const [, received] = await pull.receive();
        assert.ok(Buffer.isBuffer(received));
        assert.ok(received.equals(frame), `${size} bytes`);
      }
    }),
  "memory of libzmq's is given back": () =>
    joined(new zmq.Pull(), new zmq.Push({ linger: 0 }), "inproc", async (pull, push) => {
      const frame = Buffer.alloc(1_000_000, 7);
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 200; i++) {
        await push.send(frame);
        const [received] = await pull.receive();
        assert.equal(received.at(-1), 7);
        if (i % 20 === 0) {
          collect();
          await turn();
        }
      }
      collect();
      await turn();
      // Without any release there would be 200 MB more. A sanitizer releases late.
      assert.ok(
        process.env.ZMQ_NATIVE_SANITIZER || process.memoryUsage().rss - before < 150e6,
        `${process.memoryUsage().rss - before} bytes more`,
      );
    }),
  "a kept frame stays as it is": () =>
    joined(new zmq.Pull(), new zmq.Push({ linger: 0 }), "inproc", async (pull, push) => {
      const kept = [];
      for (let i = 0; i < 500; i++) {
        await push.send(`frame ${i}`);
        const [frame] = await pull.receive();
        if (i % 50 === 0) kept.push(frame);
        if (i % 100 === 0) collect();
      }
      assert.deepEqual(
        kept.map(String),
        kept.map((_, index) => `frame ${index * 50}`),
      );
    }),
  "sockets that are dropped": async () => {
    for (let i = 0; i < 300; i++) {
      const pull = new zmq.Pull();
      pull.connect(`inproc://nobody-${i}`);
    }
    collect();
    await turn();
  },
});
