// Whether a program leaks: open and close, send and receive, thousands of times, and look at its memory.

import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

let lives = 0;
/** What is to be checked: a pair of sockets, a message of 100 kB each time. */
async function live() {
  using pull = new Pull();
  using push = new Push({ linger: 0 });
  push.connect(await bind(pull, `inproc://life-${++lives}`));
  await push.send(Buffer.alloc(100_000));
  await pull.receive();
}

const megabytes: number[] = [];
for (let round = 0; round < 6; round++) {
  for (let count = 0; count < 500; count++) await live();
  megabytes.push(process.memoryUsage().rss / 1e6);
}
// The first rounds fill caches and heap. From then on it must not go up with the number of lives.
const growth = (megabytes[5] - megabytes[2]) / 1_500;
const leaks = growth > 0.05;
console.log(`500 lives, then five times as many: ~${megabytes.map(Math.round).join(", ~")} MB`);
console.log(`a message of 0.1 MB in each life ${leaks ? "is" : "is not"} leaked`);
