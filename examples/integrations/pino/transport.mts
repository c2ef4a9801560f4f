// pino/transport.mts
// A transport for pino: sends each line of the log to a collector, from pino's worker thread.

import build from "pino-abstract-transport";
import { Push } from "zmq-native";

export interface Options {
  /** The endpoint of the collector. */
  collector: string;
  /** How many lines may wait while there is no collector. Then the oldest are dropped. Default 10,000. */
  max?: number;
  /** Milliseconds for the delivery of the last lines. Default 2,000. */
  timeout?: number;
}

export default function transport({ collector, max = 10_000, timeout = 2_000 }: Options) {
  // `immediate`: without a collector, lines wait in the send queue, whose limit is known.
  const socket = new Push({ immediate: true, linger: 0, sendQueue: { max, overflow: "dropOldest" } });
  socket.connect(collector);
  let dropped = 0;

  return build(
    async (source) => {
      for await (const line of source) {
        socket.send(line).catch(() => {
          dropped++;
        });
      }
    },
    {
      parse: "lines",
      async close() {
        let missing: unknown;
        await socket.flush({ timeout }).catch((cause) => {
          missing = cause;
        });
        await socket.close();
        if (missing) console.error(`log: ${collector} has not taken all lines within ${timeout} ms`);
        if (dropped > 0) console.error(`log: ${dropped} lines are lost`);
      },
    },
  );
}
