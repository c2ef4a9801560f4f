// Wake-ups: each wait ends, and none keeps the program alive.

const assert = require("node:assert/strict");
const { joined } = require("./pairs.cjs");

module.exports = ({ zmq }) => {
  const small = { sendHighWaterMark: 5, receiveHighWaterMark: 5, linger: 0 };
  return {
    "both directions of a full pair": () =>
      joined(new zmq.Pair(small), new zmq.Pair(small), "inproc", async (one, other) => {
        const count = 2000;
        const send = async (socket) => {
          for (let i = 0; i < count; i++) await socket.send(`${i}`);
        };
        const receive = async (socket) => {
          for (let i = 0; i < count; i++) assert.equal(String(await socket.receive()), `${i}`);
        };
        await Promise.all([send(one), send(other), receive(one), receive(other)]);
      }),
    "turns over tcp": () =>
      joined(new zmq.Pair(), new zmq.Pair(), "tcp", async (one, other) => {
        for (let i = 0; i < 1000; i++) {
          await one.send(`${i}`);
          assert.equal(String(await other.receive()), `${i}`);
          await other.send(`${i}`);
          assert.equal(String(await one.receive()), `${i}`);
        }
      }),
    "a send that waits for a peer": async () => {
      const push = new zmq.Push({ linger: 0 });
      const waiting = push.send("at last");
      const pull = new zmq.Pull();
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      await waiting;
      assert.equal(String(await pull.receive()), "at last");
      push.close();
      pull.close();
    },
    "a hundred sockets at once": async () => {
      const pulls = Array.from({ length: 100 }, () => new zmq.Pull());
      const pushes = pulls.map(() => new zmq.Push({ linger: 0 }));
      for (const [index, pull] of pulls.entries()) {
        await pull.bind(`inproc://hundred-${index}`);
        pushes[index].connect(pull.lastEndpoint);
      }
      const waiting = pulls.map((pull) => pull.receive());
      for (const [index, push] of pushes.entries()) await push.send(`${index}`);
      const messages = await Promise.all(waiting);
      assert.deepEqual(
        messages.map(String),
        pulls.map((_, index) => `${index}`),
      );
      for (const socket of [...pulls, ...pushes]) socket.close();
    },
    "time-out, signal, close": async () => {
      const pull = new zmq.Pull({ receiveTimeout: 50 });
      await pull.bind("tcp://127.0.0.1:*");
      await assert.rejects(pull.receive(), { code: "EAGAIN" });
      const controller = new AbortController();
      const aborted = pull.receive({ timeout: -1, signal: controller.signal });
      controller.abort(new Error("enough"));
      await assert.rejects(aborted, { message: "enough" });
      const closed = pull.receive({ timeout: -1 });
      pull.close();
      await assert.rejects(closed);
    },
    "a loop, its break, and what it left": () =>
      joined(new zmq.Pull(), new zmq.Push({ linger: 0 }), "tcp", async (pull, push) => {
        await push.sendMany(Array.from({ length: 100 }, (_, index) => `${index}`));
        let next = 0;
        for await (const [frame] of pull) {
          assert.equal(String(frame), `${next++}`);
          if (next === 50) break;
        }
        while (next < 100) assert.equal(String(await pull.receive()), `${next++}`);
      }),
    "events of a connection": async () => {
      const pull = new zmq.Pull();
      const accepted = (async () => {
        for await (const event of pull.events) if (event.type === "accept") return event;
      })();
      await pull.bind("tcp://127.0.0.1:*");
      const push = new zmq.Push({ linger: 0 });
      push.connect(pull.lastEndpoint);
      assert.match((await accepted).address, /^tcp:\/\/127\.0\.0\.1:/);
      push.close();
      pull.close();
    },
    "a context that ends": async () => {
      const context = new zmq.Context();
      const pull = new zmq.Pull({ context });
      await pull.bind("tcp://127.0.0.1:*");
      const waiting = assert.rejects(pull.receive());
      await context.close({ linger: 0 });
      await waiting;
    },
    "a wait that nobody needs keeps nothing alive": async () => {
      // Closed by the exit of the process, which it must not delay.
      const pull = new zmq.Pull();
      await pull.bind("tcp://127.0.0.1:*");
      assert.equal(pull.tryReceive(), undefined);
    },
  };
};
