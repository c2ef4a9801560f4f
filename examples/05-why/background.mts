// Sending only queues a message: the threads of libzmq do the I/O, and the event loop stays free.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";

const pull = new Pull({ receiveHighWaterMark: 20 });
const push = new Push({ sendHighWaterMark: 20, linger: 0 });
await pull.bind("tcp://127.0.0.1:*");
push.connect(pull.lastEndpoint!);
await push.waitForPeers();

// Nobody receives yet: send until both queues and the buffers of TCP are full.
const message = Buffer.alloc(100_000);
let sent = 0;
for (let pause = 0; pause < 20; pause++) {
  while (push.trySend(message)) sent++;
  await sleep(5);
}
const { sendQueue } = push.statistics();
console.log(`sent: ~${sent} messages of 100 kB, of which ~${sendQueue} are in the send queue`);

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
for (let received = 0; received < sent; ) received += (await pull.receiveMany()).length;
await sleep(20);
console.log(`received: all; longest delay of the event loop: ~${Math.round(delay.max / 1e6)} ms`);
push.close();
pull.close();
