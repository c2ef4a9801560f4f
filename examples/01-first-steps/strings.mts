// A string travels as its bytes and their number: nothing is added at its end, and a NUL inside is like any byte.

import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

using pull = new Pull();
using push = new Push();
push.connect(await bind(pull));

for (const text of ["", "abc", "a\0b", "Grüße", "by C, with its end\0"]) {
  await push.send(text);
  const [frame] = await pull.receive();
  console.log(`${JSON.stringify(text)}: ${text.length} characters, ${frame.length} bytes`);
}

// A C program that sends strlen(text) + 1 bytes sends the NUL, too. It is up to the receiver to cut it off.
await push.send("by C, with its end\0");
const [frame] = await pull.receive();
const text = frame.at(-1) === 0 ? frame.toString("utf8", 0, frame.length - 1) : frame.toString();
console.log(`cut off: ${JSON.stringify(text)}`);
