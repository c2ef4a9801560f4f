// Paranoid Pirate: broker and workers listen to each other's heartbeats. Who falls silent is given up, in both directions.

import { setTimeout as sleep } from "node:timers/promises";
import { Request } from "zmq-native";
import { ipc } from "../common/ipc.mjs";
import { Broker } from "./paranoid-pirate/broker.mjs";
import { Worker } from "./paranoid-pirate/worker.mjs";

const clientsAt = ipc("clients");
const workersAt = ipc("workers");

/** Asks as the Lazy Pirate does: a question is lost when its worker connects again at that moment. */
async function ask(question: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    using client = new Request({ linger: 0, reconnectInterval: 10 });
    client.connect(clientsAt);
    await client.send(question);
    try {
      return String(await client.receive({ timeout: 500 }));
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

let broker = await Broker.start(clientsAt, workersAt);
const anna = new Worker("Anna", workersAt);
while (broker.idle < 1) await sleep(5);
console.log(await ask("Is somebody there?"));

// Dead, for a broker, is who is not heard any more.
anna.die();
const bert = new Worker("Bert", workersAt);
while (broker.idle !== 1 || !broker.knows("Bert")) await sleep(5);
console.log(`Anna has died, and ${broker.knows("Anna") ? "is" : "is not"} asked any more`);
console.log(await ask("Is there still somebody?"));

// The same the other way round: a worker that hears no broker connects again, to whoever is there now.
await broker.stop();
console.log("the broker has died");
await sleep(300);
broker = await Broker.start(clientsAt, workersAt);
console.log("there is a new broker");
console.log(await ask("And now?"));
console.log(`Bert has connected again: ${bert.connections > 1}`);
bert.die();
await broker.stop();
