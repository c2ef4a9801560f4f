// Events of a socket's connections, as an async iterable.

import { Pull, Push } from "zmq-native";

const pull = new Pull();
// Events are recorded from the first access to this property.
const { events } = pull;
await pull.bind("tcp://127.0.0.1:*");

const push = new Push();
push.connect(pull.lastEndpoint!);
await push.send("hello");
console.log(`received: ${await pull.receive()}`);
push.close();

for await (const event of events) {
  const peer = "remoteAddress" in event && event.remoteAddress !== "";
  console.log(`event: ${event.type}${peer ? " (has a remoteAddress)" : ""}`);
  // The loop ends after the last events of the closed socket.
  if (event.type === "disconnect") pull.close();
}
