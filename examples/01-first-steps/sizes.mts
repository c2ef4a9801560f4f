// From nothing to 64 megabytes: the same call, the whole message, nothing in between.

import { createHash } from "node:crypto";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

const digest = (data: Uint8Array) => createHash("sha1").update(data).digest("hex").slice(0, 8);

using pull = new Pull();
using push = new Push();
push.connect(await bind(pull));

for (const size of [0, 1, 1_000, 1_000_000, 64_000_000]) {
  const message = Buffer.alloc(size, "0123456789abcdef");
  const start = performance.now();
  await push.send(message);
  const [frame] = await pull.receive();
  const milliseconds = Math.round(performance.now() - start);
  const same = digest(frame) === digest(message);
  console.log(
    `${size.toLocaleString("en")} bytes: ${same ? "the same" : "DIFFERENT"}, in ~${milliseconds} ms`,
  );
}
