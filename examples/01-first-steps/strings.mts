// A string is sent as UTF-8 bytes and a length. Nothing is appended, and NUL is a byte like any other.

import { Pull, Push } from "zmq-native";

const pull = new Pull();
const push = new Push();
await pull.bind("inproc://strings");
push.connect("inproc://strings");

for (const text of ["", "abc", "a\0b", "Grüße", "sent by C\0"]) {
  await push.send(text);
  const [frame] = await pull.receive();
  console.log(`${JSON.stringify(text)}: ${text.length} characters, ${frame.length} bytes`);
}

// A C program that sends strlen(text) + 1 bytes also sends the NUL. The receiver can remove it.
await push.send("sent by C\0");
const [frame] = await pull.receive();
const end = frame.at(-1) === 0 ? frame.length - 1 : frame.length;
console.log(`without NUL: ${JSON.stringify(frame.toString("utf8", 0, end))}`);

push.close();
pull.close();
