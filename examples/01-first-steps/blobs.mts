// Each type that can be sent, and the bytes that arrive. Received frames are always Buffers.

import { Pull, Push } from "zmq-native";

const pull = new Pull();
const push = new Push();
await pull.bind("inproc://blobs");
push.connect("inproc://blobs");

const bytes = new Uint8Array([1, 2, 3, 4]);
const frames = {
  string: "text",
  Buffer: Buffer.from(bytes),
  Uint8Array: bytes,
  subarray: bytes.subarray(1, 3),
  Float64Array: new Float64Array([Math.PI]),
  ArrayBuffer: bytes.buffer,
  DataView: new DataView(bytes.buffer),
  Blob: await new Blob(["a ", "blob"]).arrayBuffer(),
  number: 42,
  null: null,
};
for (const [type, frame] of Object.entries(frames)) {
  await push.send(frame);
  const [received] = await pull.receive();
  console.log(`${type}: ${received.length} bytes`, received);
}

// A binary number needs a byte order that both ends agree on. BE is the order of network protocols.
const price = Buffer.alloc(8);
price.writeDoubleBE(12.5);
await push.send(["EUR", price]);
const [currency, amount] = await pull.receive();
console.log(`${amount.readDoubleBE()} ${currency}`);

push.close();
pull.close();
