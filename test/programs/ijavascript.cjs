// Starts the kernel and talks to it as a notebook does, by jmp: kernel information, code with output and an error.
// It is killed at the end: its stdin socket, which nothing closes, keeps it alive after a shutdown request.

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { writeFileSync } = require("node:fs");
const { check, connectionOfKernel, done, load } = require("./check.cjs");
const jmp = load("jmp");

async function main() {
  const connection = await connectionOfKernel();
  writeFileSync("connection.json", JSON.stringify(connection));
  const kernel = spawn(process.execPath, [load.resolve("ijavascript/lib/kernel.js"), "connection.json"], {
    stdio: "inherit",
  });
  process.on("exit", () => kernel.kill());

  const open = (type, port) => {
    const socket = new jmp.Socket(type, "sha256", connection.key);
    socket.connect(`tcp://127.0.0.1:${port}`);
    return socket;
  };
  const shell = open("dealer", connection.shell_port);
  const iopub = open("sub", connection.iopub_port);
  iopub.subscribe("");

  let requests = 0;
  const message = (id, type, content) =>
    new jmp.Message({
      header: { msg_id: id, username: "user", session: "session", msg_type: type, version: "5.0" },
      content,
    });
  const ask = async (type, content) => {
    const id = `request-${requests++}`;
    shell.send(message(id, type, content));
    const [reply] = await once(shell, "message");
    check(`${type} is answered`, reply.parent_header.msg_id, id);
    return reply;
  };
  const published = [];
  iopub.on("message", (output) => published.push(output));
  /** Waits until the kernel has published `count` messages of a type. */
  const output = async (type, count) => {
    for (;;) {
      const found = published.filter(({ header }) => header.msg_type === type);
      if (found.length >= count) return found[count - 1].content;
      await once(iopub, "message");
    }
  };

  const information = await ask("kernel_info_request", {});
  check("implementation", information.content.implementation, "ijavascript");
  // The first subscription may arrive after the first reply: ask until something is published.
  while (published.length === 0) {
    await ask("kernel_info_request", {});
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  const execute = (code) => ask("execute_request", { code, silent: false, store_history: true });
  check("status", (await execute('console.log("hello"); 6 * 7')).content.status, "ok");
  check("result", (await output("execute_result", 1)).data["text/plain"], "42");
  check("stdout", (await output("stream", 1)).text, "hello\n");
  for (let i = 1; i <= 100; i++) {
    check("status", (await execute(`${i} * 2`)).content.status, "ok");
    check("result", (await output("execute_result", 1 + i)).data["text/plain"], `${i * 2}`);
  }
  check("status of an error", (await execute("missing")).content.ename, "ReferenceError");
  for (const socket of [shell, iopub]) socket.close();
}

main().then(done);
