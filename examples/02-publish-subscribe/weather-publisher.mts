// A weather station publishes temperatures of a thousand places. Stop it with Ctrl-C.

import { setImmediate as nextTurn } from "node:timers/promises";
import { Publisher } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5556"] = process.argv.slice(2);

const publisher = new Publisher();
await publisher.bind(endpoint);
console.log(`publisher: listening at ${publisher.lastEndpoint}`);

for (;;) {
  for (let place = 10_000; place < 11_000; place++) {
    const temperature = Math.round(15 + 10 * Math.random());
    await publisher.send(`${place} ${temperature}`);
  }
  // Other code of the process gets its turn.
  await nextTurn();
}
