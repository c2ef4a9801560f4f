// Prints OpenPGM's log to standard error if NODE_DEBUG names zmq-native.

import { debuglog } from "node:util";
import { binding } from "./index.js";

const log = debuglog("zmq-native");

function print(): void {
  for (const line of binding.takeMulticastLog()) log(line);
}

if (log.enabled) {
  // OpenPGM logs on libzmq's threads, which cannot call into JavaScript.
  setInterval(print, 100).unref();
  process.on("exit", print);
}
