// The version of libzmq, and the features that it was built with.

import { capability, version } from "zmq-native";

console.log(`libzmq ${version}`);
for (const [name, present] of Object.entries(capability)) console.log(`${name}: ${present ? "yes" : "no"}`);
