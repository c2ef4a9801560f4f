// A closed socket keeps its queued messages for `linger` milliseconds.

import { Pull, Push } from "zmq-native";

async function millisecondsOf(closing: unknown) {
  const start = performance.now();
  await closing;
  return Math.round(performance.now() - start);
}

// Nothing listens at port 9.
const dropping = new Push();
dropping.connect("tcp://127.0.0.1:9");
await dropping.send("for nobody");
console.log(`linger 0, no peer: closed after ~${await millisecondsOf(dropping.close({ linger: 0 }))} ms`);

const waiting = new Push();
waiting.connect("tcp://127.0.0.1:9");
await waiting.send("for nobody");
console.log(`linger 200, no peer: closed after ~${await millisecondsOf(waiting.close({ linger: 200 }))} ms`);

// With a peer, the promise resolves as soon as all messages are sent.
const pull = new Pull({ receiveHighWaterMark: 0 });
const push = new Push({ sendHighWaterMark: 0 });
await pull.bind("tcp://127.0.0.1:*");
push.connect(pull.lastEndpoint!);
for (let number = 0; number < 10_000; number++) await push.send(`${number}`);
console.log(
  `linger 10,000, a peer: closed after ~${await millisecondsOf(push.close({ linger: 10_000 }))} ms`,
);

let received = 0;
while (received < 10_000) received += (await pull.receiveMany()).length;
console.log(`${received} messages have arrived`);
pull.close();
