// Lives one kind of life over and over, and says how much memory, descriptors and threads the process has meanwhile.
// test/leaks/leakcheck.mjs runs it: program.cjs KIND LIVES SAMPLES. Prints a JSON line for each sample.

const { readdirSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { Worker } = require("node:worker_threads");
const zmq = require("../..");

process.removeAllListeners("warning");
process.on("warning", () => {});
const draft = zmq.capability.draft ? require("../../dist/draft.js") : undefined;

/** Mostly small, as in most programs; each way that a frame can go, by its size, is among them. */
const sizes = [
  ...Array.from({ length: 400 }, (_, i) => [0, 1, 10, 33, 34, 64, 200, 500][i % 8]),
  ...Array.from({ length: 80 }, (_, i) => [1000, 1500, 5000, 8000][i % 4]),
  ...[20_000, 40_000, 100_000, 600_000],
];
const frames = sizes.map((size) => Buffer.alloc(size, size));

async function join(bound, connected, endpoint) {
  await bound.bind(endpoint);
  connected.connect(bound.lastEndpoint);
}

/** Messages: over tcp and inproc, one by one and in batches, of one frame and of several. */
async function messages() {
  const pairs = [];
  for (const endpoint of ["tcp://127.0.0.1:*", "inproc://leakcheck"]) {
    const pull = new zmq.Pull();
    const push = new zmq.Push({ linger: 0 });
    await join(pull, push, endpoint);
    pairs.push({ push, pull });
  }
  const batch = frames.map((frame, i) => (i % 10 === 0 ? [frame, "envelope", frame] : frame));
  return {
    async live(count) {
      for (let done = 0; done < count; ) {
        const { push, pull } = pairs[((done / batch.length) % 2) | 0];
        const part = batch.slice(0, count - done);
        const sending = push.sendMany(part);
        let received = 0;
        while (received < part.length) {
          if (received % 7 === 0) {
            await pull.receive();
            received++;
          } else received += (await pull.receiveMany({ max: part.length - received })).length;
        }
        await sending;
        done += part.length;
      }
    },
    end() {
      for (const { push, pull } of pairs) for (const socket of [push, pull]) socket.close();
    },
  };
}

const joined = [
  [zmq.Push, zmq.Pull],
  [zmq.Pair, zmq.Pair],
  [zmq.Dealer, zmq.Router],
  [zmq.Request, zmq.Reply],
  [zmq.Publisher, zmq.Subscriber],
  ...(draft
    ? [
        [draft.Client, draft.Server],
        [draft.Scatter, draft.Gather],
        [draft.Radio, draft.Dish],
      ]
    : []),
];

/** Sockets: opened, joined, used, closed; some with an operation that waits, or in a context of their own. */
function sockets() {
  let count = 0;
  async function one() {
    const [From, To] = joined[count % joined.length];
    const context = count % 16 === 0 ? new zmq.Context() : zmq.context;
    const from = new From({ linger: 0, context });
    const to = new To({ linger: 0, context });
    const endpoint = count % 10 === 0 ? "tcp://127.0.0.1:*" : `inproc://life-${count % 100}`;
    count++;
    await join(to, from, endpoint);
    if (!(from instanceof zmq.Publisher) && !(draft && from instanceof draft.Radio)) {
      await from.send("hello");
      await to.receive();
    } else await to.receive({ timeout: 0 }).catch(() => {});
    const waiting = to.receive === undefined ? undefined : to.receive({ timeout: 1000 }).catch(() => {});
    from.close();
    to.close();
    await waiting;
    if (context !== zmq.context) await context.close();
  }
  return {
    async live(lives) {
      // Each is of two sockets.
      for (let i = 0; i < lives; i += 2) {
        await one();
        if (i % 64 === 0) await new Promise(setImmediate);
      }
    },
    end() {},
  };
}

/** Workers: each opens sockets, talks to this thread, and ends by itself or is ended. */
async function workers() {
  const pull = new zmq.Pull();
  await pull.bind("inproc://workers");
  const reading = (async () => {
    for await (const _ of pull);
  })();
  const source = `
    const { parentPort } = require("node:worker_threads");
    const zmq = require(${JSON.stringify(require.resolve("../.."))});
    const push = new zmq.Push({ linger: 0 });
    push.connect("inproc://workers");
    const idle = new zmq.Dealer({ linger: 0 });
    idle.bind("tcp://127.0.0.1:*").then(() => idle.receive({ timeout: TIMEOUT }).catch(() => {}));
    push.send(Buffer.alloc(5000)).then(() => parentPort.postMessage("sent"));
  `;
  let count = 0;
  async function one() {
    const stays = count++ % 2 === 0;
    const worker = new Worker(source.replace("TIMEOUT", stays ? "60000" : "1"), { eval: true });
    const ended = new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
    if (stays) worker.once("message", () => worker.terminate());
    await ended;
  }
  return {
    async live(lives) {
      for (let i = 0; i < lives; i += 2) await Promise.all(i + 1 < lives ? [one(), one()] : [one()]);
    },
    end() {
      pull.close();
      return reading;
    },
  };
}

/** Observers and proxies, in turn. */
function attendants() {
  let count = 0;
  async function observer() {
    const push = new zmq.Push({ linger: 0 });
    const pull = new zmq.Pull();
    const events = push.events;
    await join(pull, push, count % 20 === 0 ? "tcp://127.0.0.1:*" : "ipc://*");
    while ((await events.receive()).type !== "handshake") {}
    const waiting = events.receive().catch(() => {});
    if (count % 2 === 0) events.close();
    push.close();
    pull.close();
    await waiting;
  }
  async function proxy() {
    const [front, back] = [new zmq.Pull(), new zmq.Push({ linger: 0 })];
    const [from, to] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
    await join(front, from, "inproc://front");
    await join(back, to, "inproc://back");
    const proxy = new zmq.Proxy(front, back);
    const running = proxy.run();
    await from.send("hello");
    await to.receive();
    await proxy.statistics();
    proxy.terminate();
    await running;
    from.close();
    to.close();
    // The names are free once libzmq has let the sockets go.
    while (true) {
      const probe = [new zmq.Pair(), new zmq.Pair()];
      try {
        probe[0].bindSync("inproc://front");
        probe[1].bindSync("inproc://back");
        return;
      } catch {
        await new Promise(setImmediate);
      } finally {
        for (const socket of probe) socket.close();
      }
    }
  }
  return {
    async live(lives) {
      for (let i = 0; i < lives; i++) await (count++ % 2 === 0 ? observer() : proxy());
    },
    end() {},
  };
}

/** Each leaves a socket and 64 KiB behind. */
function leaking() {
  const kept = [];
  return {
    live(lives) {
      for (let i = 0; i < lives; i++) kept.push(new zmq.Push({ linger: 0 }), Buffer.alloc(65_536));
    },
    end() {
      for (const each of kept) each.close?.();
    },
  };
}

const count = (folder) => readdirSync(folder).length;

async function sample(done) {
  // Collected objects close what they had in a later turn; libzmq lets go on threads of its own.
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await sleep(10);
  }
  const { rss, external, heapUsed } = process.memoryUsage();
  const descriptors = count("/proc/self/fd");
  const threads = count("/proc/self/task");
  console.log(JSON.stringify({ done, rss, external, heapUsed, descriptors, threads }));
}

async function main() {
  const [kind, lives, samples] = process.argv.slice(2);
  const { live, end } = await { messages, sockets, workers, attendants, leaking }[kind]();
  const each = Math.ceil(Number(lives) / Number(samples));
  for (let done = 0; done < Number(lives); ) {
    const part = Math.min(each, Number(lives) - done);
    await live(part);
    done += part;
    await sample(done);
  }
  end();
}
main();
