// Runs examples/observability as a user would, and the program of docs/observability.md with a socket that is older.

import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileExamples, root } from "../helpers/guide.js";
import { readPage } from "../helpers/pages.js";

beforeAll(compileExamples, 120_000);

/** A module for `--import`, with a socket that is older than the program, and closed by SIGTERM or at the end. */
const older = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from "node:module";
  const { Push } = createRequire(${JSON.stringify(join(root, "package.json"))})("zmq-native");
  const socket = new Push();
  for (const event of ["SIGTERM", "beforeExit"]) process.once(event, () => socket.close());`)}`;

const folder = join(root, "out/metrics-program");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the program of the page ignores a socket that is older", async () => {
  mkdirSync(folder, { recursive: true });
  const { files } = readPage("docs/observability.md");
  for (const name of ["metrics.mjs", "prometheus.mjs"]) writeFileSync(join(folder, name), files.get(name)!);
  const program = join(folder, "prometheus.mjs");
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--import", older, program], {
    reject: false,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain('zmq_messages_total{type="PUSH",direction="sent"} 3');
});

test("the example serves metrics over HTTP", async () => {
  const program = join(root, "out/examples/observability/prometheus.mjs");
  const child = execa(process.execPath, ["--import", older, program], { reject: false });
  const [line] = await once(createInterface(child.stdout), "line");
  const url = /http:\S+/.exec(line)![0];
  let text = "";
  while (!/zmq_messages_total\{type="PULL",direction="received"\} [1-9]/.test(text)) {
    text = await (await fetch(url)).text();
  }
  expect(text).toMatch(/^zmq_messages_total\{type="PUSH",direction="sent"\} [1-9]\d*$/m);
  expect(text).toMatch(/^zmq_bytes_total\{type="PUSH",direction="sent"\} [1-9]\d*$/m);
  expect(text).toMatch(/^zmq_queue_messages\{type="PULL",direction="received"\} \d+$/m);
  child.kill("SIGTERM");
  const { exitCode, stderr } = await child;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});
