// A sender is killed in the middle of a message: no part of this message arrives.

import { fork } from "node:child_process";
import { once } from "node:events";
import { Pull, Push, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

const [senderEndpoint] = process.argv.slice(2);
if (senderEndpoint) {
  // This process is a sender, of messages with ten frames of half a megabyte each.
  const push = new Push({ sendHighWaterMark: 1 });
  push.connect(senderEndpoint);
  for (;;) await push.send(Array.from({ length: 10 }, () => Buffer.alloc(500_000)));
}

const pull = new Pull({ receiveHighWaterMark: 1 });
await pull.bind("tcp://127.0.0.1:*");

let whole = 0;
function check(frames: Buffer[]) {
  const complete = frames.length === 10 && frames.every((frame) => frame.length === 500_000);
  if (!complete) throw new Error("a part of a message has arrived");
  whole++;
}

for (let kills = 0; kills < 3; kills++) {
  const sender = fork(import.meta.filename, [pull.lastEndpoint!]);
  for (let received = 0; received < 2; received++) check(await pull.receive());
  sender.kill("SIGKILL");
  await once(sender, "exit");
  // Messages that were complete still arrive.
  const next = () => pull.receive({ timeout: 100 }).catch(onTimeout);
  for (let frames = await next(); frames; frames = await next()) check(frames);
}
console.log(`3 senders killed: ~${whole} messages received, all whole`);
pull.close();
