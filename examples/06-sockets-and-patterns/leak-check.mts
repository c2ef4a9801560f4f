// Tests for a memory leak: repeats an operation and compares the memory of the process.

import { Pull, Push } from "zmq-native";

let count = 0;
/** The operation: opens two sockets, sends 100 kB, closes the sockets. */
async function operation() {
  const endpoint = `inproc://operation-${++count}`;
  const pull = new Pull();
  const push = new Push();
  await pull.bind(endpoint);
  push.connect(endpoint);
  await push.send(Buffer.alloc(100_000));
  await pull.receive();
  push.close();
  pull.close();
}

const megabytes: number[] = [];
for (let round = 0; round < 6; round++) {
  for (let repetition = 0; repetition < 500; repetition++) await operation();
  megabytes.push(process.memoryUsage().rss / 1e6);
}
console.log(`after each 500 operations: ~${megabytes.map(Math.round).join(", ~")} MB`);

// Caches and V8's heap grow in the first rounds. A leak of 0.1 MB per operation would add 150 MB afterwards.
const growth = megabytes[5] - megabytes[2];
console.log(growth > 75 ? "the operation leaks" : "the operation does not leak");
