// Freelance: no broker at all. A client knows several servers by address, and goes on to the next when one is silent.

import { Router, type ZmqError } from "zmq-native";
import { bind } from "../common/bind.mjs";

async function serve(server: Router, name: string) {
  for await (const [client, number, question] of server) {
    await server.send([client, number, `${question}: answered by ${name}`]);
  }
}

class Client implements Disposable {
  // One socket for all servers; each is addressed by the endpoint that it was connected to.
  readonly #socket = new Router({ mandatory: true, linger: 0 });
  readonly #servers: string[];
  #questions = 0;

  constructor(servers: string[]) {
    this.#servers = servers;
    for (const server of servers) this.#socket.connect(server, { routingId: server });
  }

  async ask(question: string): Promise<string> {
    const number = `${++this.#questions}`;
    for (const server of [...this.#servers]) {
      try {
        await this.#socket.send([server, number, question]);
        // A late answer to what was asked before is passed over.
        for (;;) {
          const [, answered, answer] = await this.#socket.receive({ timeout: 100 });
          if (String(answered) === number) return String(answer);
        }
      } catch (error) {
        if (!["EAGAIN", "EHOSTUNREACH"].includes((error as ZmqError).code)) throw error;
        // The silent one is asked last from now on.
        this.#servers.push(...this.#servers.splice(this.#servers.indexOf(server), 1));
      }
    }
    return "nobody has answered";
  }

  [Symbol.dispose]() {
    this.#socket.close();
  }
}

const names = ["Anna", "Bert", "Cleo"];
const servers = names.map(() => new Router());
using client = new Client(await Promise.all(servers.map((server) => bind(server))));
const serving = servers.map((server, index) => serve(server, names[index]));
for (const [index, server] of servers.entries()) {
  console.log(await client.ask(`question ${index + 1}`));
  server.close();
}
console.log(await client.ask("question 4"));
await Promise.all(serving);
