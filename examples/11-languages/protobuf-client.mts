// A client that sends and receives Protocol Buffers.

import protobuf from "protobufjs";
import { Request } from "zmq-native";

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

const request = new Request();
request.connect(endpoint);
await request.send(Reading.encode({ place: "Zürich", degrees: 18.5, gusts: [12, 40, 33] }).finish());
const [frame] = await request.receive();
const { text, strongestGust } = Summary.toObject(Summary.decode(frame));
console.log(`client: ${text}, the strongest gust ${strongestGust}`);
request.close();
