// The same calls send messages of 0 bytes and of 64 megabytes, each in one piece.

import { Pull, Push } from "zmq-native";

const pull = new Pull();
const push = new Push();
await pull.bind("tcp://127.0.0.1:*");
push.connect(pull.lastEndpoint!);

for (const size of [0, 1, 1_000, 1_000_000, 64_000_000]) {
  const message = Buffer.alloc(size, "0123456789abcdef");
  const start = performance.now();
  await push.send(message);
  const [frame] = await pull.receive();
  const milliseconds = Math.round(performance.now() - start);
  const result = frame.equals(message) ? "identical" : "DIFFERENT";
  console.log(`${size.toLocaleString("en")} bytes: ${result}, ~${milliseconds} ms`);
}
push.close();
pull.close();
