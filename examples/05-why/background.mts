// Sending queues, and returns: I/O is done by libzmq's threads. The event loop stays free, and the queue can be seen.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { handshakes } from "../common/handshakes.mjs";

using pull = new Pull({ receiveHighWaterMark: 20 });
using push = new Push({ sendHighWaterMark: 20, linger: 0 });
const connected = handshakes(pull);
push.connect(await bind(pull));
await connected;

// Nobody reads yet. What the network takes is on its way, the rest waits in the socket's queue, until that is full.
const message = Buffer.alloc(100_000);
let sent = 0;
for (let patience = 0; patience < 20; patience++) {
  while (push.trySend(message)) sent++;
  await sleep(5);
}
const stats = new Promise<number>((resolve) =>
  push.events.on("pipe:stats", ({ outbound }) => resolve(outbound)),
);
push.events.requestPipeStats();
console.log(
  `~${sent} messages of 100 kB are "sent", and none is received: ~${await stats} wait in the sender's queue`,
);

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
for (let received = 0; received < sent; ) received += (await pull.receiveMany()).length;
await sleep(20);
console.log(
  `received: all; the event loop was never held up for more than ~${Math.round(delay.max / 1e6)} ms`,
);
push.close();
