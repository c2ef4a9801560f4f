// Which libzmq is inside, and what it was built with.

import { capability, version } from "zmq-native";

console.log(`libzmq ${version}`);
for (const [name, present] of Object.entries(capability)) console.log(`${name}: ${present ? "yes" : "no"}`);
