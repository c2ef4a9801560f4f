// The same value in three encodings: JSON, structured clone and Protocol Buffers.

import { deserialize, serialize } from "node:v8";
import protobuf from "protobufjs";
import { Pull, Push } from "zmq-native";

const schema = `
  syntax = "proto3";
  message Reading {
    string place = 1;
    double degrees = 2;
    repeated uint32 gusts = 3;
  }`;
const Reading = protobuf.parse(schema).root.lookupType("Reading");

const pull = new Pull();
const push = new Push();
await pull.bind("inproc://codecs");
push.connect("inproc://codecs");

async function show(title: string, sent: string | Uint8Array, decode: (frame: Buffer) => unknown) {
  await push.send(sent);
  const [frame] = await pull.receive();
  console.log(`${title}, ${frame.length} bytes:`, JSON.stringify(decode(frame)));
}

const reading = { place: "Zürich", degrees: 18.5, gusts: [12, 40, 33] };
await show("JSON", JSON.stringify(reading), (frame) => JSON.parse(String(frame)));
await show("structured clone", serialize(reading), deserialize);
await show("Protocol Buffers", Reading.encode(reading).finish(), (frame) => Reading.decode(frame).toJSON());
push.close();
pull.close();
