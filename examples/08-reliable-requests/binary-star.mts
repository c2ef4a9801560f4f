// Binary Star: two servers, one active. Clients go over to the other one when it is killed, and stay there when it is back.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Request } from "zmq-native";
import { ipc } from "../common/ipc.mjs";
import { Server } from "./binary-star/server.mjs";

const [rank, ...endpoints] = process.argv.slice(2);
if (rank) {
  const server = new Server(rank as "primary" | "backup", (state) => process.send?.(state));
  await server.start(endpoints[0], endpoints[1], endpoints[2]);
}

const clientsAt = { primary: ipc("primary"), backup: ipc("backup") };
const signsAt = { primary: ipc("primary-signs"), backup: ipc("backup-signs") };
const start = (rank: "primary" | "backup", peer: "primary" | "backup") =>
  fork(fileURLToPath(import.meta.url), [rank, clientsAt[rank], signsAt[rank], signsAt[peer]]);

const servers = Object.values(clientsAt);
/** Asks one server, then the other, until one of them answers. */
async function ask(question: string): Promise<string> {
  for (;;) {
    using request = new Request({ linger: 0, reconnectInterval: 10 });
    request.connect(servers[0]);
    await request.send(question);
    const answer = await request.receive({ timeout: 300 }).catch(() => undefined);
    if (answer) return String(answer);
    servers.reverse();
  }
}

let primary = start("primary", "backup");
const backup = start("backup", "primary");
const states = await Promise.all([primary, backup].map((server) => once(server, "message")));
console.log(`the primary is ${states[0][0]}, the backup ${states[1][0]}`);
console.log(await ask("question 1"));
console.log(await ask("question 2"));

primary.kill("SIGKILL");
await once(primary, "exit");
console.log("the primary is killed");
console.log(await ask("question 3"));

primary = start("primary", "backup");
const [state] = await once(primary, "message");
console.log(`the primary is back, and ${state}`);
console.log(await ask("question 4"));

backup.kill("SIGKILL");
await once(backup, "exit");
console.log("the backup is killed");
console.log(await ask("question 5"));
primary.kill("SIGKILL");
