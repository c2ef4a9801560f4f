// A message of several frames, such as a row of a table with a frame for each column.

import { Pull, Push } from "zmq-native";

const pull = new Pull();
const push = new Push();
await pull.bind("tcp://127.0.0.1:*");
push.connect(pull.lastEndpoint!);

await push.send(["Ada", 36, new Uint8Array(40_000)]);
await push.send(["Alan", 41, new Uint8Array(0)]);
await push.send(["Grace", 85, new Uint8Array(1_000_000)]);
for (let row = 0; row < 3; row++) {
  const [name, age, photo] = await pull.receive();
  console.log(`${name}, ${Number(age)}, a photo of ${photo.length} bytes`);
}

await push.send(Array.from({ length: 10_000 }, (_, index) => `frame ${index}`));
const frames = await pull.receive();
console.log(`${frames.length} frames, the last is "${frames.at(-1)}"`);
push.close();
pull.close();
