// The inspector and the lifetime of the process, its sockets and its threads.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packagePath, runProgram } from "../helpers/program.js";

const entry = JSON.stringify(packagePath.replace(/index\.js$/, "inspector.js"));

function path(): string {
  const folder = mkdtempSync(join(tmpdir(), "zmq-inspector-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "socket");
}

/** Programs in which `listen` starts the inspector, and `ask` asks it. */
const run = (at: string, body: string, flags: string[] = []) =>
  runProgram(
    `const { inspector } = require(${entry});
     const listen = () => inspector.listen("ipc://${at}");
     const ask = async () => {
       const request = new zmq.Request({ linger: 0, receiveTimeout: 30000 });
       request.connect("ipc://${at}");
       await request.send("zmq-inspector/1");
       const { sockets } = JSON.parse(String(await request.receive()));
       request.close();
       return sockets.map(({ type }) => type).filter((type) => type !== "REQ").join();
     };
     ${body}`,
    { flags },
  );

test("a service does not keep the process alive, and its file is removed at the end", async () => {
  const at = path();
  const { code, stdout } = await run(at, 'await listen(); console.log("listens");');
  expect({ code, stdout }).toEqual({ code: 0, stdout: "listens\n" });
  expect(existsSync(at)).toBe(false);
});

test("a service keeps no socket from being garbage-collected", async () => {
  const body = `
    await listen();
    let kept = new zmq.Pull();
    kept.bindSync("inproc://forgotten");
    console.log(await ask());
    kept = undefined;
    let left;
    for (let round = 0; round < 1000 && left !== ""; round++) { gc(); left = await ask(); }
    console.log("left:", left);
    process.exit();`;
  const { code, stdout, stderr } = await run(path(), body, ["--expose-gc"]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "PULL\nleft: \n", stderr: "" });
});

test("a service lives until it is closed, even if the program does not keep the object", async () => {
  const body = `
    await listen();
    for (let round = 0; round < 20; round++) { gc(); await new Promise((resolve) => setTimeout(resolve, 1)); }
    console.log("answer:", await ask());
    process.exit();`;
  const { code, stdout } = await run(path(), body, ["--expose-gc"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "answer: \n" });
});

test("a thread reports its own sockets, and can end while its service listens", async () => {
  const at = path();
  const body = `
    const pull = new zmq.Pull();
    const worker = startWorker(\`
      const { inspector } = require(${entry.replaceAll("\\", "\\\\")});
      const push = new zmq.Push();
      await inspector.listen("ipc://${at}");
      require("node:worker_threads").parentPort.on("message", () => {}).postMessage("listens");\`);
    await firstMessage(worker);
    console.log(await ask());
    await worker.terminate();
    console.log("ended", inspector.snapshot().sockets.map(({ type }) => type).join());`;
  const { code, stdout, stderr } = await run(at, body);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "PUSH\nended PULL\n", stderr: "" });
});

test("sockets of v5-compat are listed", async () => {
  const body = `
    const v5 = require(${entry.replace("inspector.js", "v5-compat.js")});
    const push = v5.socket("push");
    console.log(inspector.snapshot().sockets.map(({ type }) => type).join());
    push.close();`;
  expect(await run(path(), body)).toMatchObject({ code: 0, stdout: "PUSH\n" });
});
