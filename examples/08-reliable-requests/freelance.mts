// Freelance: no broker. The client has several servers, and asks the next one when one does not reply.

import { Router, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined if the server is silent or not connected, and throws other errors. */
function onSilence(error: ZmqError): undefined {
  if (error.code !== "EAGAIN" && error.code !== "EHOSTUNREACH") throw error;
}

async function serve(server: Router, name: string) {
  for await (const [client, number, question] of server) {
    await server.send([client, number, `${question}: answered by ${name}`]);
  }
}

class Client {
  // One socket for all servers. Each has its endpoint as routing id.
  readonly #socket = new Router({ mandatory: true, linger: 0 });
  readonly #servers: string[];
  #requests = 0;

  constructor(servers: string[]) {
    this.#servers = servers;
    for (const server of servers) this.#socket.connect(server, { routingId: server });
  }

  async ask(question: string) {
    const number = `${++this.#requests}`;
    for (const server of [...this.#servers]) {
      const reply = await this.#askServer(server, number, question).catch(onSilence);
      if (reply !== undefined) return reply;
      // From now on, the silent server is asked last.
      this.#servers.push(...this.#servers.splice(this.#servers.indexOf(server), 1));
    }
    return "no server replies";
  }

  async #askServer(server: string, number: string, question: string) {
    await this.#socket.send([server, number, question]);
    for (;;) {
      const [, answered, reply] = await this.#socket.receive({ timeout: 500 });
      // A late reply to an earlier request is ignored.
      if (String(answered) === number) return String(reply);
    }
  }

  close() {
    this.#socket.close();
  }
}

const servers = [new Router(), new Router(), new Router()];
for (const server of servers) await server.bind("tcp://127.0.0.1:*");
const client = new Client(servers.map((server) => server.lastEndpoint!));
const names = ["Anna", "Bert", "Cleo"];
const serving = servers.map((server, index) => serve(server, names[index]));

for (const [index, server] of servers.entries()) {
  console.log(await client.ask(`question ${index + 1}`));
  server.close();
  console.log(`${names[index]} is stopped`);
}
console.log(await client.ask("question 4"));
client.close();
await Promise.all(serving);
