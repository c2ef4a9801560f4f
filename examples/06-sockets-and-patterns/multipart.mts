// A message of several frames arrives whole or not at all: a row of a table, a frame for each column.

import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

using pull = new Pull();
using push = new Push();
push.connect(await bind(pull));

const rows: [name: string, age: number, photo: Uint8Array][] = [
  ["Ada", 36, new Uint8Array(40_000)],
  ["Alan", 41, new Uint8Array(0)],
  ["Grace", 85, new Uint8Array(1_000_000)],
];
await push.sendMany(rows);
for (const _ of rows) {
  const [name, age, photo] = await pull.receive();
  console.log(`${name}, ${Number(age)}, a photo of ${photo.length} bytes`);
}

await push.send(Array.from({ length: 10_000 }, (_, index) => `frame ${index}`));
const frames = await pull.receive();
console.log(`one message of ${frames.length} frames, the last of which is "${frames.at(-1)}"`);
