// A Push hands its messages to its peers in turn, and passes over those that have no room for more.

import { Pull, Push, type SocketOptions } from "zmq-native";
import { bind } from "../common/bind.mjs";

/** Works until there is nothing to do; answers how much that was. */
async function work(worker: Pull): Promise<number> {
  let count = 0;
  while (await worker.receive({ timeout: 300 }).catch(() => undefined)) count++;
  return count;
}

/** How many of 300 tasks the workers get that are awake, of three. */
async function distribute(
  awake: number,
  size: number,
  room: { push?: SocketOptions<Push>; pull?: SocketOptions<Pull> },
) {
  using push = new Push({ linger: 0, ...room.push });
  const workers = [new Pull(room.pull), new Pull(room.pull), new Pull(room.pull)];
  for (const worker of workers) push.connect(await bind(worker));
  const working = workers.slice(0, awake).map(work);
  for (let task = 0; task < 300; task++) await push.send(Buffer.alloc(size));
  const counts = await Promise.all(working);
  for (const worker of workers) worker.close();
  return counts;
}

const all = await distribute(3, 10, {});
console.log(`three workers: ${all.join(", ")} tasks`);

const much = await distribute(2, 10, {});
console.log(
  `one of them asleep, with room for a thousand: ${much.join(", ")} tasks, and the sleeper has the rest`,
);

// Room for one message at each end, and for about one more in the buffers of the network between them.
const little = await distribute(2, 100_000, {
  push: { sendHighWaterMark: 1, sendBufferSize: 50_000 },
  pull: { receiveHighWaterMark: 1, receiveBufferSize: 50_000 },
});
console.log(`one of them asleep, with room for a few: ~${little.join(", ~")} tasks`);
