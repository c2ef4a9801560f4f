// What happens to the connections of a socket: told as it happens, and kept for whoever reads later.

import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

const pull = new Pull();
// Asked for before anything happens, so that nothing is missed.
const { events } = pull;

const push = new Push();
push.connect(await bind(pull));
await push.send("hello");
console.log(`received: ${await pull.receive()}`);
push.close();

for await (const event of events) {
  const peer = "remoteAddress" in event && event.remoteAddress !== "";
  console.log(`event: ${event.type}${peer ? ", of a peer" : ""}`);
  // Ends the loop, once the last events are told.
  if (event.type === "disconnect") pull.close();
}
