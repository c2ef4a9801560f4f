// The transport of docs/frameworks/pino.md with pino: order, back-pressure, and a collector that starts late.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Pull } from "zmq-native";
import { patience } from "../helpers/program.js";
import { compile, load, program, programs } from "./integrations.js";

let start: (options: object) => Promise<{
  logger: { info(fields: object, message?: string): void };
  end(): Promise<void>;
}>;

beforeAll(async () => {
  compile();
  const { default: pino } = await load("pino");
  const target = pathToFileURL(join(programs, "pino/transport.mjs")).href;
  start = async (options) => {
    const transport = pino.transport({ target, options });
    await once(transport, "ready");
    const end = async () => {
      transport.end();
      await once(transport, "close");
    };
    return { logger: pino(transport), end };
  };
}, 300_000);

function startCollector(options: { receiveHighWaterMark?: number } = {}): Pull {
  const collector = new Pull({ receiveTimeout: patience, ...options });
  onTestFinished(() => collector.close());
  return collector;
}

test("all lines arrive in order before the transport has closed", async () => {
  const collector = startCollector();
  await collector.bind("tcp://127.0.0.1:*");
  const { logger, end } = await start({ collector: collector.lastEndpoint, timeout: patience });
  for (let number = 0; number < 2_000; number++) logger.info({ number }, "a line\nof two");
  const ended = end();
  for (let number = 0; number < 2_000; number++) {
    const [line] = await collector.receive();
    expect(JSON.parse(String(line))).toMatchObject({ level: 30, number, msg: "a line\nof two" });
  }
  await ended;
});

test("a connected collector gets all lines, also more than may wait", async () => {
  const collector = startCollector();
  await collector.bind("tcp://127.0.0.1:*");
  const { logger, end } = await start({ collector: collector.lastEndpoint, max: 100, timeout: patience });
  const count = 20_000;
  for (let number = 0; number < count; number++) logger.info({ number });
  const numbers: number[] = [];
  while (numbers.at(-1) !== count - 1) {
    numbers.push(JSON.parse(String((await collector.receive())[0])).number);
  }
  expect(numbers.length).toBe(count);
  await end();
});

test("a collector that does not read for three seconds gets all lines afterwards", async () => {
  const collector = startCollector({ receiveHighWaterMark: 10 });
  const connected = once(collector.events, "handshake");
  await collector.bind("tcp://127.0.0.1:*");
  const { logger, end } = await start({ collector: collector.lastEndpoint, timeout: patience });
  let count = 0;
  while (count < 1_000) logger.info({ number: count++ });
  await connected;
  while (collector.statistics().receiveQueue < 10) await sleep(10);
  // The first heartbeat of the transport waits behind the lines, and gets no answer.
  await sleep(1_500);
  // More than the buffers of the connection hold: the others would be lost with it.
  while (count < 1_400) logger.info({ number: count++ }, "x".repeat(100_000));
  await sleep(1_500);
  const numbers: number[] = [];
  while (numbers.at(-1) !== count - 1) {
    numbers.push(JSON.parse(String((await collector.receive())[0])).number);
  }
  expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
  await end();
});

test("lines that libzmq has queued for a slow collector are reported as lost", async () => {
  const report = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => report.mockRestore());
  const collector = startCollector({ receiveHighWaterMark: 1 });
  await collector.bind("tcp://127.0.0.1:*");
  const { lastEndpoint: endpoint } = collector;
  const { default: transport } = await program("pino/transport");
  const stream = transport({ collector: endpoint, timeout: 500 });
  // More than the buffers of the connection hold.
  for (let count = 0; count < 40; count++)
    stream.write(`${JSON.stringify({ msg: "x".repeat(1_000_000) })}\n`);
  stream.end();
  await once(stream, "close");
  const [late, lost, ...others] = report.mock.calls.map(([text]) => text);
  expect([late, others]).toEqual([`log: ${endpoint} has not taken all lines within 500 ms`, []]);
  const [, count] = /^log: (\d+) lines are lost$/.exec(lost)!;
  expect(Number(count)).toBeGreaterThan(5);
  expect(Number(count)).toBeLessThanOrEqual(40);
});

test("a collector that starts later gets the lines that wait", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zmq-pino-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const endpoint = `ipc://${folder}/collector`;
  const { logger, end } = await start({ collector: endpoint, max: 10, timeout: patience });
  for (let number = 0; number < 100; number++) logger.info({ number });
  // The end waits until the lines have been delivered.
  const ended = end();
  const collector = startCollector();
  await collector.bind(endpoint);
  const numbers: number[] = [];
  while (numbers.at(-1) !== 99) numbers.push(JSON.parse(String((await collector.receive())[0])).number);
  // More than 10 if the thread has read lines after the collector has started.
  expect(numbers.length).toBeGreaterThanOrEqual(10);
  expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  await ended;
});
