// Structures that programs in Python, C and Go understand: Protocol Buffers, of which a message carries one.
// Run both at once, or `server [ENDPOINT]` and `client ENDPOINT`: examples/python, c and go have the same two.

import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { Reply, Request } from "zmq-native";

const file = new URL("../../../examples/11-languages/weather.proto", import.meta.url);
const schema = await protobuf.load(fileURLToPath(file));
const Reading = schema.lookupType("weather.Reading");
const Summary = schema.lookupType("weather.Summary");

async function serve(reply: Reply) {
  for await (const [frame] of reply) {
    const { place, degrees, gusts } = Reading.toObject(Reading.decode(frame), { arrays: true });
    const text = `${place} has ${degrees.toFixed(1)} degrees`;
    await reply.send(Summary.encode({ text, strongestGust: Math.max(0, ...gusts) }).finish());
  }
}

async function ask(endpoint: string) {
  using request = new Request();
  request.connect(endpoint);
  const reading = { place: "Zürich", degrees: 18.5, gusts: [12, 40, 33] };
  await request.send(Reading.encode(reading).finish());
  const [frame] = await request.receive();
  const { text, strongestGust } = Summary.toObject(Summary.decode(frame));
  console.log(`client: ${text}, the strongest gust ${strongestGust}`);
}

const [part = "both", endpoint = "tcp://127.0.0.1:*"] = process.argv.slice(2);
if (part === "client") {
  await ask(endpoint);
} else {
  using reply = new Reply();
  await reply.bind(endpoint);
  const serving = serve(reply);
  if (part === "server") {
    console.log(`server: listening at ${reply.lastEndpoint}`);
  } else {
    await ask(reply.lastEndpoint as string);
    reply.close();
  }
  await serving;
}
