// The effect of authenticators on the life of the process; authenticators in workers and in several copies of the library.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { packagePath, runProgram } from "../helpers/program.js";

const run = async (body: string, options?: object) => {
  const { stdout, ...outcome } = await runProgram(body, options);
  expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  return stdout.trim();
};

describe("an authenticator", () => {
  test("does not keep the process alive, even with a folder, a listener, a loop and a pending decision", async () => {
    const output = await run(
      `
      const auth = await zmq.context.authenticate({
        curve: { allow: require("node:os").tmpdir() },
        plain: { users: () => { console.log("asked"); return new Promise(() => {}); } },
        timeout: 60_000,
      });
      auth.on("decision", () => {});
      (async () => { for await (const _ of auth.decisions); })();
      const dealer = new zmq.Dealer({ linger: 0 });
      dealer.connect("inproc://zeromq.zap.01");
      await dealer.send(["", "1.0", "1", "", "", "", "PLAIN", "ada", "x"]);
      // Keeps the process alive until the request was answered, which it is not.
      await dealer.receive({ timeout: 500 }).catch(({ code }) => console.log(code));
      `,
      { stays: /EAGAIN/ },
    );
    expect(output).toBe("asked\nEAGAIN");
  });

  test("is not garbage-collected while its context is used", async () => {
    const output = await run(
      `
      const context = new zmq.Context();
      await context.authenticate({ domain: "global", plain: { users: { ada: "secret" } } });
      const pull = new zmq.Pull({ context, plainServer: true, zapDomain: "global" });
      await pull.bind("tcp://127.0.0.1:*");
      for (let i = 0; i < 5; i++) { await new Promise(setImmediate); gc(); }
      const push = new zmq.Push({ plainUsername: "ada", plainPassword: "secret" });
      push.connect(pull.lastEndpoint);
      await push.send("hello");
      console.log(String(await pull.receive()));
      `,
      { flags: ["--expose-gc"] },
    );
    expect(output).toBe("hello");
  });

  test("in a worker decides for the servers of all threads that share its context", async () => {
    const output = await run(`
      const worker = startWorker(\`
        const context = zmq.Context.attach(workerData);
        const auth = await context.authenticate({ domain: "global", plain: { users: { ada: "secret" } } });
        auth.on("decision", ({ reason }) => parentPort.postMessage(reason));
        parentPort.postMessage("ready");
        parentPort.once("message", async () => {
          await auth.close();
          parentPort.postMessage("closed");
        });
      \`, zmq.context.token);
      const messages = [];
      let wake;
      worker.on("message", (message) => { messages.push(message); wake?.(); });
      const next = async () => {
        while (messages.length === 0) await new Promise((resolve) => (wake = resolve));
        return messages.shift();
      };
      console.log(await next());
      // The address is taken.
      await zmq.context.authenticate({ plain: { users: {} } }).catch(({ code }) => console.log(code));
      const pull = new zmq.Pull({ plainServer: true, zapDomain: "global" });
      await pull.bind("tcp://127.0.0.1:*");
      const push = new zmq.Push({ plainUsername: "ada", plainPassword: "secret" });
      push.connect(pull.lastEndpoint);
      await push.send("hello");
      console.log(String(await pull.receive()), await next());
      worker.postMessage("close");
      console.log(await next());
      await (await zmq.context.authenticate({ plain: { users: {} } })).close();
      await worker.terminate();
    `);
    expect(output.split("\n")).toEqual(["ready", "EADDRINUSE", "hello allowed", "closed"]);
  });

  test("ends with its worker, which may be terminated at any time", async () => {
    const output = await run(`
      for (let i = 0; i < 10; i++) {
        const worker = startWorker(\`
          const context = new zmq.Context();
          const folder = require("node:os").tmpdir();
          const auth = await context.authenticate({ curve: { allow: folder }, plain: { users: () => new Promise(() => {}) } });
          const dealer = new zmq.Dealer({ context, linger: 0 });
          dealer.connect("inproc://zeromq.zap.01");
          await dealer.send(["", "1.0", "1", "", "", "", "PLAIN", "ada", "x"]);
          parentPort.postMessage("ready");
          await dealer.receive();
        \`);
        await firstMessage(worker);
        await worker.terminate();
      }
      console.log("survived");
    `);
    expect(output).toBe("survived");
  });
});

describe("its code", () => {
  test("is loaded by the first call that needs it", async () => {
    const output = await run(`
      const loaded = () => Object.keys(require.cache).some((file) => file.endsWith("auth.js"));
      zmq.Certificate.generate();
      const before = loaded();
      const auth = await zmq.context.authenticate({ plain: { users: {} } });
      await auth.close();
      console.log(before, loaded());
    `);
    expect(output).toBe("false true");
  });

  const remedy =
    "call authenticate() or load a certificate once before the process gives up its rights, and keep file descriptors free";
  const posix = process.platform !== "win32";

  test.skipIf(!posix)("cannot be loaded without a file descriptor: the error names the remedy", async () => {
    const output = await run(
      `
      const { closeSync, openSync } = require("node:fs");
      const open = [];
      try { for (;;) open.push(openSync("/dev/null")); } catch {}
      const error = await zmq.context.authenticate({ plain: { users: {} } }).catch((error) => error);
      const other = await zmq.Certificate.load("ada.key").catch((error) => error);
      for (const file of open) closeSync(file);
      console.log(error.code, error.message);
      console.log(other.code);
      // A later call succeeds.
      await (await zmq.context.authenticate({ plain: { users: {} } })).close();
      `,
      { within: ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh"] },
    );
    expect(output).toMatch(/^EMFILE zmq-native cannot load its file auth\.js \(EMFILE: .*\nEMFILE$/);
    expect(output).toContain(remedy);
  });

  test.skipIf(!posix)(
    "cannot be loaded after setuid from a folder of root: the error names the remedy",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
      try {
        cpSync(dirname(packagePath), join(folder, "dist"), { recursive: true });
        cpSync(join(dirname(packagePath), "../package.json"), join(folder, "package.json"));
        const output = await run(
          `
        require("node:fs").chmodSync(${JSON.stringify(folder)}, 0o000);
        // Root may read every folder.
        if (process.getuid() === 0) process.seteuid(65534);
        const error = await zmq.context.authenticate({ plain: { users: {} } }).catch((error) => error);
        if (process.getuid() === 0) process.seteuid(0);
        require("node:fs").chmodSync(${JSON.stringify(folder)}, 0o700);
        console.log(error.code, error.message);
        `,
          {
            from: join(folder, "dist/index.js"),
            within: ["env", `ZMQ_NATIVE_PREBUILD=${join(__dirname, "../..")}`],
          },
        );
        expect(output).toMatch(/^\S+ zmq-native cannot load its file auth\.js/);
        expect(output).toContain(remedy);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
