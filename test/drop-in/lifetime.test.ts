// Lifetime, exit and threads: which sockets keep a process alive, which garbage collection closes, and what threads
// share. Each test is a program of its own, so they run in parallel.

import { describe, expect, test } from "vitest";
import { mended, runSubject, socketNames, zmq } from "./subject.js";

/** Code for programs: collects garbage, with turns in between for finalizers. */
const collect = `
  require("node:v8").setFlagsFromString("--expose-gc");
  const gc = require("node:vm").runInNewContext("gc");
  const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
  const collect = async (done = () => true) => {
    for (let round = 0; round < 20 || (!done() && round < 2000); round++) {
      gc();
      await turn();
    }
  };`;
const ended = { code: 0, signal: null, stderr: "" };
const line =
  /^\(node:\d+\) WARNING: Waiting for queued ZeroMQ messages to be delivered\.(?<advice> Set 'context\.blocky = false' to change this behaviour\.)?\n/;

describe.concurrent("a process exits by itself", () => {
  test("with an idle socket of each class, bound and connected", async () => {
    const outcome = await runSubject(`
      globalThis.sockets = ${JSON.stringify(socketNames)}.map((name) => new zmq[name]());
      for (const socket of sockets) {
        await socket.bind("tcp://127.0.0.1:*");
        if (!(socket instanceof zmq.Stream)) socket.connect("inproc://nobody");
      }
      console.log(sockets.length);`);
    expect(outcome).toMatchObject({ ...ended, stdout: "12\n" });
  });

  test("with closed, open and unreferenced sockets of many contexts", async () => {
    const outcome = await runSubject(`
      for (let i = 0; i < 20; i++) {
        const context = new zmq.Context();
        new zmq.Push({ context }).connect("tcp://127.0.0.1:9");
        new zmq.Pull({ context }).close();
        new zmq.Pair();
      }`);
    expect(outcome).toMatchObject(ended);
  });

  test("when it only loads the package", async () => {
    expect(await runSubject("")).toMatchObject({ ...ended, stdout: "" });
  });

  test("after its pending operations have ended", async () => {
    const outcome = await runSubject(`
      const [pull, push] = [new zmq.Pull({ receiveTimeout: 5 }), new zmq.Push()];
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      await pull.receive().catch((error) => console.log(error.code));
      pull.receiveTimeout = -1;
      const receiving = pull.receive();
      await push.send("message");
      console.log(String(await receiving));
      const waiting = pull.receive().catch(() => {});
      pull.close();
      await waiting;`);
    expect(outcome).toMatchObject({ ...ended, stdout: "EAGAIN\nmessage\n" });
  });

  test("without a JavaScript exit listener", async () => {
    const outcome = await runSubject(
      'new zmq.Push(); console.log(process.listenerCount("exit"), process.listenerCount("beforeExit"));',
    );
    expect(outcome.stdout).toBe("0 0\n");
  });
});

describe.concurrent("a process stays alive", () => {
  test.each([
    ["a receive", "socket.receive();"],
    ["a loop", "(async () => { for await (const _ of socket); })();"],
    ["a send", 'globalThis.other = new zmq.Push(); other.send("x");'],
    ["an observer", "socket.events.receive();"],
    ["an observer's listener", 'socket.events.on("bind", () => {});'],
  ])("while %s waits", async (_, wait) => {
    const outcome = await runSubject(`globalThis.socket = new zmq.Pull(); ${wait} console.log("waiting");`, {
      stays: /waiting/,
    });
    expect(outcome).toMatchObject({ code: null, signal: "SIGKILL" });
  });
});

describe.concurrent("messages that are queued when a process exits", () => {
  const queue = (options = "") => `
    const push = new zmq.Push({ ${options} });
    push.connect("tcp://127.0.0.1:9");
    await push.send("message");`;

  test("are waited for without a limit, and a warning on stderr says so after half a second", async () => {
    const outcome = await runSubject(queue(), { stays: line });
    expect(outcome.signal).toBe("SIGKILL");
    expect(outcome.stderr.match(line)?.groups?.advice).toBeDefined();
    expect(outcome.stderr.replace(line, "")).toBe("");
  });

  test("are dropped when process.exit is called", async () => {
    expect(await runSubject(`${queue()} process.exit(3);`)).toMatchObject({ ...ended, code: 3 });
    expect(await runSubject(`${queue()} setTimeout(() => process.exit(3), 20);`)).toMatchObject({
      ...ended,
      code: 3,
    });
  });

  test("with blocky = false and an own linger, delay the exit with a warning but no advice", async () => {
    const outcome = await runSubject(`zmq.context.blocky = false; ${queue("linger: -1")}`, { stays: line });
    expect(outcome.signal).toBe("SIGKILL");
    expect(outcome.stderr).toMatch(line);
    expect(outcome.stderr.match(line)?.groups?.advice).toBeUndefined();
  });

  test("with blocky = false set before the socket was opened, do not delay the exit", async () => {
    expect(await runSubject(`zmq.context.blocky = false; ${queue()}`)).toMatchObject(ended);
  });

  test("delay the exit for linger milliseconds, and not at all with linger 0", async () => {
    const [none, some] = await Promise.all([
      runSubject(queue("linger: 0")),
      runSubject(queue("linger: 200")),
    ]);
    expect([none, some]).toMatchObject([ended, ended]);
    expect(some.milliseconds).toBeGreaterThan(200);
  });

  test("print nothing when they are delivered within half a second", async () => {
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const sending = runSubject(`
      const push = new zmq.Push();
      push.connect(${JSON.stringify(pull.lastEndpoint)});
      for (let i = 0; i < 1000; i++) await push.send(String(i));`);
    for (let i = 0; i < 1000; i++) expect(String(await pull.receive())).toBe(`${i}`);
    expect(await sending).toMatchObject(ended);
    pull.close();
  });

  test("of a closed socket delay the exit, too", async () => {
    const outcome = await runSubject(`${queue()} push.close();`, { stays: line });
    expect(outcome.signal).toBe("SIGKILL");
    expect(outcome.stderr).toMatch(line);
  });

  test("of an own context delay the exit, too", async () => {
    const outcome = await runSubject(queue("context: (globalThis.kept = new zmq.Context())"), {
      stays: line,
    });
    expect(outcome.signal).toBe("SIGKILL");
    expect(outcome.stderr).toMatch(line);
  });
});

describe.concurrent("the exit code is that of the program", () => {
  test.each([
    ["process.exit(3)", 3],
    ["process.exitCode = 4", 4],
    ["throw new Error('thrown')", 1],
  ])("%s", async (end, code) => {
    const outcome = await runSubject(`
      const [pull, push] = [new zmq.Pull(), new zmq.Push({ linger: 0 })];
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      await push.send("message");
      ${end};`);
    expect(outcome).toMatchObject({ code, signal: null });
  });

  test("process.exit while receive and send wait", async () => {
    const outcome = await runSubject(`
      const [pull, push] = [new zmq.Pull(), new zmq.Push({ linger: 0 })];
      pull.receive();
      push.send("x");
      (async () => { for await (const _ of new zmq.Reply()); })();
      setTimeout(() => process.exit(5), 20);`);
    expect(outcome).toMatchObject({ code: 5, signal: null });
  });

  test("a signal ends the process", async () => {
    const outcome = await runSubject(`
      const pull = new zmq.Pull();
      pull.receive();
      process.kill(process.pid, "SIGTERM");`);
    expect(outcome.signal).toBe("SIGTERM");
  });
});

describe.concurrent("garbage collection", () => {
  test("closes an unreferenced socket and frees its address", async () => {
    const outcome = await runSubject(`${collect}
      const open = () => new zmq.Pull().bindSync("inproc://address");
      open();
      let free = false;
      await collect(() => {
        try {
          open();
          free = true;
        } catch {}
        return free;
      });
      console.log(free);`);
    expect(outcome).toMatchObject({ ...ended, stdout: "true\n" });
  });

  test("returns the place of a socket to its context", async () => {
    const outcome = await runSubject(`${collect}
      const context = new zmq.Context({ maxSockets: 2 });
      const open = () => new zmq.Pull({ context });
      open();
      open();
      let opened = 0;
      await collect(() => {
        try {
          open();
          opened++;
        } catch {}
        return opened >= 10;
      });
      console.log(opened >= 10);`);
    expect(outcome).toMatchObject({ ...ended, stdout: "true\n" });
  });

  test("runs by itself when a program opens thousands of sockets without closing them", async () => {
    const outcome = await runSubject(`
      for (let i = 0; i < 2000; i++) {
        new zmq.Push({ linger: 0 });
        // libzmq releases the places in a thread of its own.
        await new Promise((resolve) => (i % 20 === 0 ? setTimeout(resolve, 1) : setImmediate(resolve)));
      }
      console.log("all");`);
    expect(outcome).toMatchObject({ ...ended, stdout: "all\n" });
  });

  test("does not free a context that a socket uses", async () => {
    const outcome = await runSubject(`${collect}
      const pull = (() => new zmq.Pull({ context: new zmq.Context({ maxSockets: 5 }) }))();
      await collect();
      console.log(pull.context.maxSockets);
      await pull.bind("inproc://still-here");`);
    expect(outcome).toMatchObject({ ...ended, stdout: "5\n" });
  });

  test("does not free a socket while a loop iterates it", async () => {
    const outcome = await runSubject(`${collect}
      (() => {
        const pull = new zmq.Pull();
        pull.bindSync("inproc://loop");
        (async () => {
          for await (const [frame] of pull) {
            console.log(String(frame));
            process.exit();
          }
        })();
      })();
      await collect();
      const push = new zmq.Push();
      push.connect("inproc://loop");
      await push.send("received");`);
    expect(outcome).toMatchObject({ code: 0, stdout: "received\n" });
  });

  mended("in zeromq it may be closed", "does not free a socket that has event listeners", async () => {
    const outcome = await runSubject(`${collect}
      let address;
      (() => {
        const pull = new zmq.Pull();
        pull.events.on("accept", () => {
          console.log("heard");
          process.exit();
        });
        pull.bindSync("tcp://127.0.0.1:*");
        address = pull.lastEndpoint;
      })();
      await collect();
      new zmq.Push({ linger: 0 }).connect(address);`);
    expect(outcome).toMatchObject({ code: 0, stdout: "heard\n" });
  });

  mended(
    "in zeromq it is closed, and the promise rejected",
    "does not free a socket with a pending receive",
    async () => {
      const outcome = await runSubject(`${collect}
      (() => {
        const pull = new zmq.Pull();
        pull.bindSync("inproc://receive");
        pull.receive().then((frames) => {
          console.log(String(frames));
          process.exit();
        });
      })();
      await collect();
      const push = new zmq.Push();
      push.connect("inproc://receive");
      await push.send("received");`);
      expect(outcome).toMatchObject({ code: 0, stdout: "received\n" });
    },
  );

  test("frees the memory of messages, large and small, sent and received", async () => {
    const outcome = await runSubject(`${collect}
      const [pull, push] = [new zmq.Pull({ receiveHighWaterMark: 0 }), new zmq.Push({ sendHighWaterMark: 0 })];
      await pull.bind("inproc://memory");
      push.connect("inproc://memory");
      const held = () => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
      await collect();
      const before = held();
      for (let round = 0; round < 100; round++) {
        for (const size of [10, 1000, 100_000, 1_000_000]) {
          await push.send([Buffer.alloc(size), "x".repeat(size)]);
          await pull.receive();
        }
      }
      await collect(() => held() - before < 10_000_000);
      console.log(held() - before < 10_000_000);`);
    expect(outcome).toMatchObject({ ...ended, stdout: "true\n" });
  });

  test("frees thousands of sockets that were opened and closed one after the other", async () => {
    const outcome = await runSubject(`${collect}
      for (let i = 0; i < 5000; i++) {
        new zmq.Dealer().close();
        // libzmq releases the places in a thread of its own.
        if (i % 50 === 0) await turn();
      }
      console.log("all");`);
    expect(outcome).toMatchObject({ ...ended, stdout: "all\n" });
  });

  test("keeps received messages when it frees their socket", async () => {
    const outcome = await runSubject(`${collect}
      const frames = await (async () => {
        const [pull, push] = [new zmq.Pull(), new zmq.Push()];
        await pull.bind("inproc://kept");
        push.connect("inproc://kept");
        await push.send(["small", Buffer.alloc(1_000_000, "l")]);
        const message = await pull.receive();
        pull.close();
        push.close();
        return message;
      })();
      await collect();
      console.log(String(frames[0]), frames[1].every((byte) => byte === 108));`);
    expect(outcome).toMatchObject({ ...ended, stdout: "small true\n" });
  });
});

describe.concurrent("threads", () => {
  test("share the default context, so inproc connects them", async () => {
    const outcome = await runSubject(`
      const pair = new zmq.Pair();
      await pair.bind("inproc://threads");
      const worker = startWorker(\`
        const pair = new zmq.Pair();
        pair.connect("inproc://threads");
        for (let i = 0; i < 100; i++) await pair.send(["re", ...(await pair.receive())]);
        pair.close();
      \`);
      const exited = new Promise((resolve) => worker.once("exit", resolve));
      for (let i = 0; i < 100; i++) {
        await pair.send(String(i));
        const frames = (await pair.receive()).map(String);
        if (frames.join() !== "re," + i) throw new Error(frames.join());
      }
      pair.close();
      await exited;
      console.log("done");`);
    expect(outcome).toMatchObject({ ...ended, stdout: "done\n" });
  });

  test("share its options, each through its own object", async () => {
    const outcome = await runSubject(`
      zmq.context.ioThreads = 3;
      zmq.context.blocky = false;
      const worker = startWorker(\`
        parentPort.postMessage([zmq.context instanceof zmq.Context, zmq.context.ioThreads, new zmq.Push().linger]);
      \`);
      console.log(JSON.stringify(await firstMessage(worker)));`);
    expect(outcome).toMatchObject({ ...ended, stdout: "[true,3,0]\n" });
  });

  test("do not share contexts that they create", async () => {
    const outcome = await runSubject(`
      const context = new zmq.Context();
      const pull = new zmq.Pull({ context, receiveTimeout: 100 });
      await pull.bind("inproc://own");
      const worker = startWorker(\`
        const push = new zmq.Push({ context: new zmq.Context(), sendTimeout: 0, linger: 0 });
        push.connect("inproc://own");
        await push.send("x").catch(() => {});
        parentPort.postMessage("sent");
      \`);
      await firstMessage(worker);
      await pull.receive().catch((error) => console.log(error.code));`);
    expect(outcome).toMatchObject({ ...ended, stdout: "EAGAIN\n" });
  });

  test("can be many, each with its own sockets", async () => {
    const outcome = await runSubject(`
      const pull = new zmq.Pull();
      await pull.bind("inproc://sink");
      const workers = Array.from({ length: 4 }, (_, index) => startWorker(\`
        const push = new zmq.Push();
        push.connect("inproc://sink");
        for (let i = 0; i < 500; i++) await push.send([String(workerData), String(i)]);
        push.close();
      \`, index));
      const exits = workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
      const next = [0, 0, 0, 0];
      for (let i = 0; i < 2000; i++) {
        const [worker, number] = (await pull.receive()).map(Number);
        if (next[worker]++ !== number) throw new Error("out of order");
      }
      pull.close();
      await Promise.all(exits);
      console.log(next.join());`);
    expect(outcome).toMatchObject({ ...ended, stdout: "500,500,500,500\n" });
  });

  test("can end in any way after they closed their sockets", async () => {
    const outcome = await runSubject(`
      for (const end of ["", "process.exit(0);", "setTimeout(() => {}, 60_000);"]) {
        const worker = startWorker(\`
          const pull = new zmq.Pull();
          await pull.bind("tcp://127.0.0.1:*");
          const waiting = pull.receive().catch(() => {});
          pull.close();
          await waiting;
          parentPort.postMessage("closed");
          \${workerData}
        \`, end);
        const exited = new Promise((resolve) => worker.once("exit", resolve));
        await firstMessage(worker);
        if (end.startsWith("setTimeout")) worker.terminate();
        await exited;
      }
      const pull = new zmq.Pull();
      await pull.bind("tcp://127.0.0.1:*");
      console.log("fine");`);
    expect(outcome).toMatchObject({ ...ended, stdout: "fine\n" });
  });

  test("can end by themselves with idle sockets", async () => {
    const outcome = await runSubject(`
      const worker = startWorker(\`
        globalThis.socket = new zmq.Pull();
        await socket.bind("tcp://127.0.0.1:*");
        parentPort.postMessage(socket.lastEndpoint);
      \`);
      const exited = new Promise((resolve) => worker.once("exit", resolve));
      const address = await firstMessage(worker);
      console.log(await exited);
      const pull = new zmq.Pull();
      for (;;) {
        try {
          await pull.bind(address);
          break;
        } catch {}
      }
      console.log("free");`);
    expect(outcome).toMatchObject({ ...ended, stdout: "0\nfree\n" });
  });

  mended("zeromq's worker aborts the process", "can end while an operation is pending", async () => {
    const waits = [
      "new zmq.Pull().receive();",
      'new zmq.Push({ linger: 0 }).send("x");',
      "(async () => { for await (const _ of new zmq.Pull()); })();",
      'new zmq.Pull().bind("tcp://127.0.0.1:*");',
      "new zmq.Pull().events.receive();",
    ];
    const outcome = await runSubject(`
      for (const wait of ${JSON.stringify(waits)}) {
        for (const end of ["process.exit(0);", ""]) {
          const worker = startWorker(workerSource(wait, end));
          const exited = new Promise((resolve) => worker.once("exit", resolve));
          await firstMessage(worker);
          worker.terminate();
          await exited;
        }
      }
      function workerSource(wait, end) {
        return wait + ' parentPort.postMessage("waiting"); setTimeout(() => { ' + end + ' }, 5);';
      }
      console.log("fine");`);
    expect(outcome).toMatchObject({ ...ended, stdout: "fine\n" });
  });
});
