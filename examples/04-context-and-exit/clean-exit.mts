// What becomes of messages that are still queued when a socket closes: `linger` says how long they are kept.

import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { ipc } from "../common/ipc.mjs";

async function timed(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return Math.round(performance.now() - start);
}

// Where nobody ever listens.
const nowhere = ipc("nobody-is-here");

const hopeless = new Push();
hopeless.connect(nowhere);
await hopeless.send("for nobody");
console.log(
  `linger 0: closed after ~${await timed(() => hopeless.close({ linger: 0 }))} ms, the message is dropped`,
);

const patient = new Push();
patient.connect(nowhere);
await patient.send("for nobody");
console.log(
  `linger 200: closed after ~${await timed(() => patient.close({ linger: 200 }))} ms, dropped then`,
);

// With a peer, closing waits until all is sent, and no longer: it flushes.
using pull = new Pull({ receiveHighWaterMark: 0 });
const push = new Push({ sendHighWaterMark: 0 });
push.connect(await bind(pull));
for (let number = 0; number < 10_000; number++) await push.send(`${number}`);
console.log(
  `linger 10,000, with a peer: closed after ~${await timed(() => push.close({ linger: 10_000 }))} ms`,
);
let received = 0;
while (received < 10_000) received += (await pull.receiveMany()).length;
console.log(`and all ${received} messages have arrived`);

// A socket that is forgotten with messages for nobody would keep the process alive, as `linger` is for ever by default:
const forgotten = new Push({ linger: 0 });
forgotten.connect(nowhere);
await forgotten.send("for nobody");
console.log("the end, without a call of process.exit");
