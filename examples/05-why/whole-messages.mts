// All of a message or nothing: a sender is killed in the middle of it, and no half of it arrives.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

const [part, endpoint] = process.argv.slice(2);

if (part === "sender") {
  const push = new Push({ sendHighWaterMark: 1 });
  push.connect(endpoint);
  // Ten frames of half a megabyte each, again and again.
  for (let number = 1; ; number++)
    await push.send(Array.from({ length: 10 }, () => Buffer.alloc(500_000, number)));
}

using pull = new Pull({ receiveHighWaterMark: 1 });
const at = await bind(pull);
let whole = 0;
let kills = 0;
for (; kills < 3; kills++) {
  const sender = fork(fileURLToPath(import.meta.url), ["sender", at]);
  // Somewhere in the middle of the message after the second one.
  for (let received = 0; received < 2; received++) check(await pull.receive());
  sender.kill("SIGKILL");
  await once(sender, "exit");
  // What was complete by then still comes.
  const next = () => pull.receive({ timeout: 100 }).catch(() => undefined);
  for (let frames = await next(); frames; frames = await next()) check(frames);
}
console.log(`${kills} senders killed in the middle: ~${whole} messages, all of them whole`);

function check(frames: Buffer[]) {
  const complete = frames.length === 10 && frames.every((frame) => frame.length === 500_000);
  if (!complete) throw new Error("half a message");
  whole++;
}
