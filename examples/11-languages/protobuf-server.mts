// A server that receives and sends Protocol Buffers. Stop it with Ctrl-C.

import protobuf from "protobufjs";
import { Reply } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);

const schema = `
  syntax = "proto3";
  package weather;
  message Reading {
    string place = 1;
    double degrees = 2;
    repeated uint32 gusts = 3;
  }
  message Summary {
    string text = 1;
    uint32 strongest_gust = 2;
  }`;
const { root } = protobuf.parse(schema);
const Reading = root.lookupType("weather.Reading");
const Summary = root.lookupType("weather.Summary");

const reply = new Reply();
await reply.bind(endpoint);
console.log(`server: listening at ${reply.lastEndpoint}`);

for await (const [frame] of reply) {
  const { place, degrees, gusts } = Reading.toObject(Reading.decode(frame), { arrays: true });
  const text = `${place} has ${degrees.toFixed(1)} degrees`;
  await reply.send(Summary.encode({ text, strongestGust: Math.max(0, ...gusts) }).finish());
}
