// System calls that a signal interrupts. libzmq's threads block signals, but a debugger, a sandbox or a network file
// system interrupts calls as well.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { startProgram } from "../helpers/program.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true }));

const library = join(folder, "interrupted.so");
const source = join(__dirname, "../helpers/interrupted.c");
const compiled = executeSync("cc", ["-shared", "-fPIC", "-o", library, source]);
const preloads = process.platform === "linux" && compiled.status === 0;
if (!preloads) {
  console.warn(`SKIPPED: no Linux with a C compiler for a library that is preloaded: ${compiled.stderr}`);
}

// Without vendor patch libzmq/platforms/interrupted-calls, libzmq aborts the process.
test.skipIf(!preloads)(
  "messages arrive and sockets close when every second system call is interrupted",
  async () => {
    const env = { LD_PRELOAD: [process.env.LD_PRELOAD, library].filter(Boolean).join(" ") };
    await using program = startProgram(
      `
      const endpoints = ["tcp://127.0.0.1:*", "ipc://*", "ws://127.0.0.1:*", "inproc://x"];
      const rounds = async (endpoint) => {
        for (let round = 0; round < 20; round++) {
          const server = new zmq.Router({ linger: 0 });
          await server.bind(endpoint);
          const client = new zmq.Dealer({ linger: 0, reconnectInterval: 1 });
          client.connect(server.lastEndpoint);
          for (const size of [1, 100, 100_000]) {
            await client.send([Buffer.alloc(size, 1), String(round)]);
            const [id, body, number] = await server.receive();
            if (body.length !== size || String(number) !== String(round)) throw new Error("not what was sent");
            await server.send([id, body]);
            if ((await client.receive())[0].length !== size) throw new Error("not what was sent back");
          }
          client.close();
          server.close();
          // inproc names are given up a moment later.
          if (endpoint.startsWith("inproc")) endpoint += "x";
        }
        return endpoint.split(":")[0];
      };
      say((await Promise.all(endpoints.map(rounds))).join());
      process.disconnect();
    `,
      { env },
    );
    expect(await program.hear()).toBe("tcp,ipc,ws,inproc");
    expect(await program.outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
  },
);
