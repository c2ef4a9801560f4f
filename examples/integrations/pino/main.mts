// pino/main.mts
// Two services that log to one collector, and a third whose collector is missing.

import { once } from "node:events";
import pino from "pino";
import { Pull } from "zmq-native";
import type { Options } from "./transport.mjs";

/** Its types lack `ref`. */
type Transport = ReturnType<typeof pino.transport> & { ref?(): void };

const collector = new Pull();
await collector.bind("tcp://127.0.0.1:*");

async function start(name: string, options: Options) {
  const target = new URL("./transport.mjs", import.meta.url).href;
  const transport: Transport = pino.transport({ target, options });
  await once(transport, "ready");
  const logger = pino({ name }, transport);
  const end = async () => {
    // The process must not end before the thread.
    transport.ref?.();
    transport.end();
    await once(transport, "close");
  };
  return { logger, end };
}

const lines: string[] = [];
async function collect() {
  for await (const [line] of collector) {
    const { level, name, msg, err } = JSON.parse(String(line));
    lines.push(`${pino.levels.labels[level]} ${name}: ${err ? err.message : msg}`);
    if (lines.length === 4) return;
  }
}
const collecting = collect();

const options = { collector: collector.lastEndpoint! };
const services = [await start("orders", options), await start("billing", options)];
for (const { logger } of services) {
  logger.info("started");
  logger.error(new Error("the disk is full"));
}
await Promise.all(services.map(({ end }) => end()));
await collecting;
console.log(lines.sort().join("\n"));
collector.close();

const lonely = await start("lonely", { collector: "tcp://127.0.0.1:1", max: 2, timeout: 200 });
for (const number of [1, 2, 3]) lonely.logger.info(`line ${number}`);
await lonely.end();
