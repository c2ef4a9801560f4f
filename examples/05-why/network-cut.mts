// A cable is cut, and mended: sockets connect again, and what was queued goes on. What was on the wire may be lost.

import { setTimeout as sleep } from "node:timers/promises";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";
import { Cable } from "../common/cable.mjs";

using pull = new Pull();
using push = new Push({ reconnectInterval: 10, linger: 0 });
using cable = await Cable.lay(await bind(pull));
push.connect(cable.endpoint);

await push.send("before");
console.log(`received: ${await pull.receive()}`);

const lost = new Promise((resolve) => push.events.on("disconnect", resolve));
cable.cut();
await lost;
console.log("the cable is cut");
await push.send("meanwhile");
await sleep(100);
console.log(`received: ${(await pull.receive({ timeout: 0 }).catch(() => undefined)) ?? "nothing"}`);

cable.mend();
console.log("the cable is mended");
console.log(`received: ${await pull.receive()}`);
pull.close();
push.close();
