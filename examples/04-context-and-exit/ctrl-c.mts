// Ctrl-C ends the loop, not the process: what was begun is finished, sockets close, and the file of ipc is removed.
// Where there is no terminal, the example presses Ctrl-C itself.

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => interruption.abort(signal));
}

const file = join(tmpdir(), `zmq-native-ctrl-c-${process.pid}`);
const pull = new Pull();
await pull.bind(`ipc://${file}`);
const push = new Push();
push.connect(`ipc://${file}`);
await push.send("work");
console.log(`while it runs, the file is there: ${existsSync(file)}`);

if (!process.stdout.isTTY) setTimeout(() => process.kill(process.pid, "SIGINT"), 100);
try {
  for (;;) {
    const [task] = await pull.receive({ signal: interruption.signal });
    console.log(`begun: ${task}; press Ctrl-C`);
    await sleep(300);
    console.log(`done: ${task}`);
  }
} catch (reason) {
  if (!interruption.signal.aborted) throw reason;
  console.log(`ended by ${reason}`);
}

await push.close({ linger: 1_000 });
await pull.close({ linger: 0 });
console.log(`at the end, the file is there: ${existsSync(file)}`);
