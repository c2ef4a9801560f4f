// Ctrl-C ends the loop, not the process: the current task is finished, and the sockets are closed.

import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";

const stopping = new AbortController();
const signals = ["SIGINT", "SIGTERM"];
function onSignal(signal: string) {
  // A second signal ends the process at once.
  for (const name of signals) process.off(name, onSignal);
  stopping.abort(signal);
}
for (const name of signals) process.on(name, onSignal);

const pull = new Pull();
const push = new Push();
await pull.bind("tcp://127.0.0.1:*");
push.connect(pull.lastEndpoint!);
await push.send("task 1");

try {
  for (;;) {
    const [task] = await pull.receive({ signal: stopping.signal });
    console.log(`${task} has begun`);
    // This program presses Ctrl-C itself.
    process.kill(process.pid, "SIGINT");
    await sleep(100);
    console.log(`${task} is done`);
  }
} catch (reason) {
  if (reason !== stopping.signal.reason) throw reason;
  console.log(`stopped by ${reason}`);
}

// Messages that are still queued have one second.
await push.close({ linger: 1_000 });
pull.close();
console.log("all sockets are closed");
