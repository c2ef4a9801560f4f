// Runs examples/observability as a user would.

import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";
import { compileExamples, root } from "../helpers/guide.js";

beforeAll(compileExamples, 120_000);

test("the example serves metrics over HTTP", async () => {
  const program = join(root, "out/examples/observability/prometheus.mjs");
  const child = execa(process.execPath, [program], { reject: false });
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
