// What may be sent: anything that is bytes. What is received: Buffers, and what they mean is for you to agree on.

import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

using pull = new Pull();
using push = new Push();
push.connect(await bind(pull));

const bytes = new Uint8Array([1, 2, 3, 4]);
const frames = {
  string: "text",
  Buffer: Buffer.from(bytes),
  Uint8Array: bytes,
  "a part of one": bytes.subarray(1, 3),
  Float64Array: new Float64Array([Math.PI]),
  ArrayBuffer: bytes.buffer,
  DataView: new DataView(bytes.buffer),
  Blob: await new Blob(["a ", "blob"]).arrayBuffer(),
  number: 42,
  null: null,
};
for (const [kind, frame] of Object.entries(frames)) {
  await push.send(frame);
  const [received] = await pull.receive();
  console.log(`${kind}: ${received.length} bytes`, received);
}

// Numbers have no byte order of their own: both ends agree on one, such as that of the network.
const price = Buffer.alloc(8);
price.writeDoubleBE(12.5);
await push.send(["EUR", price]);
const [currency, amount] = await pull.receive();
console.log(`${amount.readDoubleBE()} ${currency}`);
