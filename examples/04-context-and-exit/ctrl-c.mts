// Ctrl-C ends the loop, not the process: the server sends the reply in progress, then all sockets are closed.

import { setTimeout as sleep } from "node:timers/promises";
import { Reply, Request } from "zmq-native";

const stopping = new AbortController();
const signals = ["SIGINT", "SIGTERM"];
function onSignal(signal: string) {
  // A second signal ends the process at once.
  for (const name of signals) process.off(name, onSignal);
  stopping.abort(signal);
}
for (const name of signals) process.on(name, onSignal);

const reply = new Reply();
const request = new Request();
await reply.bind("tcp://127.0.0.1:*");
request.connect(reply.lastEndpoint!);
await request.send("question 1");

try {
  for (;;) {
    const [question] = await reply.receive({ signal: stopping.signal });
    console.log(`server: got ${question}`);
    // This program presses Ctrl-C itself.
    process.kill(process.pid, "SIGINT");
    await sleep(100);
    await reply.send(`answer to ${question}`);
  }
} catch (reason) {
  if (reason !== stopping.signal.reason) throw reason;
  console.log(`server: stopped by ${reason}`);
}

// Replies that are still queued have one second.
await reply.close({ linger: 1_000 });
console.log(`client: got ${await request.receive()}`);
request.close();
console.log("all sockets are closed");
