// pino/main.mts
// Two services that log to one collector, and a third whose collector is missing.

import { once } from "node:events";
import pino from "pino";
import { Pull, Push } from "zmq-native";
import type { Options } from "./transport.mjs";

/** Its types lack `ref`. */
type Transport = ReturnType<typeof pino.transport> & { ref?(): void };

// Its heartbeats keep the connections while it does not read.
const collector = new Pull({ heartbeatInterval: 1_000, heartbeatTimeout: 10_000 });
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

function shown(line: string): string {
  try {
    const { level, name, msg, err } = JSON.parse(line);
    return `${pino.levels.labels[level]} ${name}: ${err ? err.message : msg}`;
  } catch {
    // Any program that reaches the port can send a line.
    return `not a line of pino: ${JSON.stringify(line)}`;
  }
}

const lines: string[] = [];
async function collect() {
  for await (const [line] of collector) {
    lines.push(shown(String(line)));
    if (lines.length === 5) return;
  }
}
const collecting = collect();

const options = { collector: collector.lastEndpoint! };
const services = [await start("orders", options), await start("billing", options)];
for (const { logger } of services) {
  logger.info("started");
  logger.error(new Error("the disk is full"));
}
const stranger = new Push();
stranger.connect(options.collector);
await stranger.send("hello");
await Promise.all(services.map(({ end }) => end()));
await collecting;
console.log(lines.sort().join("\n"));
stranger.close();
collector.close();

const lonely = await start("lonely", { collector: "tcp://127.0.0.1:1", max: 2, timeout: 200 });
for (const number of [1, 2, 3]) lonely.logger.info(`line ${number}`);
await lonely.end();
