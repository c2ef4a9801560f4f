// What is in a frame is up to you: the same value as JSON, as Node's structured clone, and by Protocol Buffers.

import { fileURLToPath } from "node:url";
import { deserialize, serialize } from "node:v8";
import protobuf from "protobufjs";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

const file = new URL("../../../examples/11-languages/weather.proto", import.meta.url);
const Reading = (await protobuf.load(fileURLToPath(file))).lookupType("weather.Reading");

interface Codec {
  encode(value: object): string | Uint8Array;
  decode(frame: Buffer): unknown;
  for: string;
}
const codecs: Record<string, Codec> = {
  JSON: {
    encode: JSON.stringify,
    decode: (frame) => JSON.parse(String(frame)),
    for: "every language, and people",
  },
  "structured clone": {
    encode: serialize,
    decode: deserialize,
    for: "Node alone, with Map, Date, BigInt",
  },
  "Protocol Buffers": {
    encode: (value) => Reading.encode(value).finish(),
    decode: (frame) => Reading.toObject(Reading.decode(frame)),
    for: "many languages, with a schema",
  },
};

using pull = new Pull();
using push = new Push();
push.connect(await bind(pull));
const reading = { place: "Zürich", degrees: 18.5, gusts: [12, 40, 33] };
for (const [name, codec] of Object.entries(codecs)) {
  await push.send(codec.encode(reading));
  const [frame] = await pull.receive();
  const same = JSON.stringify(codec.decode(frame)) === JSON.stringify(reading);
  console.log(`${name}: ${frame.length} bytes, ${same ? "the same" : "DIFFERENT"}; for ${codec.for}`);
}
