// Starts the kernel and talks to it by enchannel-zmq-backend, as nteract does: kernel information, TypeScript with
// output, an error and a shutdown. Both use zeromq 6.

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { writeFileSync } = require("node:fs");
const { check, connectionOfKernel, done, load } = require("./check.cjs");
const { createMainChannel } = load("enchannel-zmq-backend");
const { executeRequest, kernelInfoRequest, shutdownRequest } = load("@nteract/messaging");

async function main() {
  const connection = await connectionOfKernel();
  writeFileSync("connection.json", JSON.stringify(connection));
  const kernel = spawn(
    process.execPath,
    [load.resolve("tslab/bin/tslab"), "kernel", "--config-path", "connection.json"],
    { stdio: "inherit" },
  );
  process.on("exit", () => kernel.kill());

  const channel = await createMainChannel(connection);
  const received = [];
  const waiters = new Set();
  channel.subscribe((message) => {
    received.push(message);
    for (const waiter of waiters) waiter();
  });
  const find = async (request, type) => {
    for (;;) {
      const found = received.find(
        ({ header, parent_header }) =>
          header.msg_type === type && parent_header.msg_id === request.header.msg_id,
      );
      if (found) return found.content;
      await new Promise((resolve) => waiters.add(resolve));
    }
  };
  const ask = async (request, type) => {
    channel.next(request);
    return await find(request, type);
  };

  const information = await ask(kernelInfoRequest(), "kernel_info_reply");
  check("implementation", information.implementation, "tslab");
  // Wait until the subscription of iopub is there.
  while (!received.some(({ header }) => header.msg_type === "status")) {
    await ask(kernelInfoRequest(), "kernel_info_reply");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  for (let i = 1; i <= 10; i++) {
    const request = executeRequest(`const n${i}: number = ${i}; console.log(n${i} * 2);`);
    check("status", (await ask(request, "execute_reply")).status, "ok");
    check("stdout", (await find(request, "stream")).text, `${i * 2}\n`);
  }
  const wrong = executeRequest("const text: string = 1;");
  check("status of an error", (await ask(wrong, "execute_reply")).status, "error");
  await ask({ ...shutdownRequest({ restart: false }), channel: "control" }, "shutdown_reply");
  const [code] = await once(kernel, "exit");
  check("exit code", code, 0);
  channel.complete();
}

main().then(done);
