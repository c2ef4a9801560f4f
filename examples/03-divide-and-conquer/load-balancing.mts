// A Push sends to its peers in turn, and skips peers whose queue is full.

import { Pull, Push, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

/** Sends 300 tasks to three workers, of which `awake` receive; returns how many tasks each of these gets. */
async function distribute(awake: number, size: number, push: Push, workers: Pull[]) {
  for (const worker of workers) {
    await worker.bind("tcp://127.0.0.1:*");
    push.connect(worker.lastEndpoint!);
  }
  const counting = workers.slice(0, awake).map(async (worker) => {
    let count = 0;
    while (await worker.receive({ timeout: 500 }).catch(onTimeout)) count++;
    return count;
  });
  for (let task = 0; task < 300; task++) await push.send(Buffer.alloc(size));
  const counts = await Promise.all(counting);
  for (const socket of [push, ...workers]) socket.close({ linger: 0 });
  return counts;
}

const all = await distribute(3, 10, new Push(), [new Pull(), new Pull(), new Pull()]);
console.log(`three workers: ${all.join(", ")} tasks`);

// The default high-water mark is 1,000 messages: the third worker's queues take its share.
const two = await distribute(2, 10, new Push(), [new Pull(), new Pull(), new Pull()]);
console.log(`the third worker is blocked: ${two.join(", ")} tasks, 100 wait for the third`);

// Room for one message in each queue, and for about one more in the socket buffers of the kernel.
const small = { receiveHighWaterMark: 1, receiveBufferSize: 50_000 };
const push = new Push({ sendHighWaterMark: 1, sendBufferSize: 50_000 });
const few = await distribute(2, 100_000, push, [new Pull(small), new Pull(small), new Pull(small)]);
console.log(`the same with short queues: ~${few.join(", ~")} tasks`);
