// pino/transport.mts
// A transport for pino: sends each line of the log to a collector, from pino's worker thread.

import build from "pino-abstract-transport";
import { Push } from "zmq-native";

export interface Options {
  /** The endpoint of the collector. */
  collector: string;
  /** How many lines may wait in this thread. Without a collector, the oldest are then dropped. Default 10,000. */
  max?: number;
  /** Milliseconds for the delivery of the last lines. Default 2,000. */
  timeout?: number;
}

export default function transport({ collector, max = 10_000, timeout = 2_000 }: Options) {
  // `immediate`: without a collector, lines wait in the send queue, whose limit is known.
  const sendQueue = { max, overflow: "dropOldest" } as const;
  // Heartbeats find out that a host has vanished. A collector whose queue is full answers none, but sends its own.
  const heartbeats = { heartbeatInterval: 1_000, heartbeatTimeout: 10_000 };
  // They limit the time of an attempt to connect.
  const limits = { connectTimeout: 2_000, handshakeInterval: 2_000 };
  const socket = new Push({ immediate: true, linger: 0, sendQueue, ...heartbeats, ...limits });
  let waiting = 0;
  let wake = () => {};

  // False from the first failure to connect, or the loss of the connection, until the collector is connected.
  let present = true;
  const see = (value: boolean) => {
    present = value;
    wake();
  };
  socket.events.on("handshake", () => see(true));
  socket.events.on("connect:retry", () => see(false));
  socket.connect(collector);

  async function send(line: string): Promise<void> {
    waiting++;
    // `statistics` counts the lines that are dropped.
    await socket.send(line).catch(() => {});
    waiting--;
    wake();
  }

  return build(
    async (source) => {
      for await (const line of source) {
        // A slow collector slows this thread: nothing is dropped while it is connected.
        while (present && waiting >= max) await new Promise<void>((resolve) => (wake = resolve));
        void send(line);
      }
    },
    {
      parse: "lines",
      async close() {
        let missing: unknown;
        await socket.flush({ timeout }).catch((cause) => {
          missing = cause;
        });
        const { dropped, sendQueue } = socket.statistics();
        await socket.close();
        if (missing) console.error(`log: ${collector} has not taken all lines within ${timeout} ms`);
        const lost = dropped.total + sendQueue;
        if (lost > 0) console.error(`log: ${lost} lines are lost`);
      },
    },
  );
}
