// Clone: a table that is the same in a server and all its clients. Clients get a snapshot, then updates.

import { Dealer, Publisher, Pull, Push, Router, Subscriber } from "zmq-native";

class Server {
  readonly snapshots = new Router();
  readonly updates = new Publisher({ sendHighWaterMark: 0 });
  readonly changes = new Pull();
  readonly table = new Map<string, string>();
  #sequence = 0;

  async start() {
    for (const socket of [this.snapshots, this.updates, this.changes]) await socket.bind("tcp://127.0.0.1:*");
    this.#publishChanges();
    this.#sendSnapshots();
  }

  /** Gives all changes one order, by a sequence number. */
  async #publishChanges() {
    for await (const [key, value] of this.changes) {
      this.table.set(String(key), String(value));
      await this.updates.send([key, `${++this.#sequence}`, value]);
    }
  }

  async #sendSnapshots() {
    for await (const [client] of this.snapshots) {
      await this.snapshots.send([client, `${this.#sequence}`, ...[...this.table].flat()]);
    }
  }

  close() {
    for (const socket of [this.snapshots, this.updates, this.changes]) socket.close();
  }
}

class Client {
  readonly #snapshots = new Dealer();
  readonly #updates = new Subscriber({ receiveHighWaterMark: 0 });
  readonly #changes = new Push();
  readonly table = new Map<string, string>();
  sequence = 0;

  async start(server: Server) {
    this.#snapshots.connect(server.snapshots.lastEndpoint!);
    this.#updates.connect(server.updates.lastEndpoint!);
    this.#changes.connect(server.changes.lastEndpoint!);
    // Subscribes before it requests the snapshot: updates in between are queued.
    this.#updates.subscribe();
    await this.#fetch();
    this.#follow();
  }

  async #fetch() {
    await this.#snapshots.send("snapshot");
    const [sequence, ...entries] = (await this.#snapshots.receive()).map(String);
    for (let index = 0; index < entries.length; index += 2)
      this.table.set(entries[index], entries[index + 1]);
    this.sequence = Number(sequence);
  }

  async #follow() {
    for await (const [key, number, value] of this.#updates) {
      const sequence = Number(number);
      // A gap: an update was lost, or the subscription had not arrived yet.
      if (sequence > this.sequence + 1) await this.#fetch();
      // The snapshot contains this update already.
      if (sequence <= this.sequence) continue;
      this.table.set(String(key), String(value));
      this.sequence = sequence;
    }
  }

  async set(key: string, value: string) {
    await this.#changes.send([key, value]);
  }

  close() {
    for (const socket of [this.#snapshots, this.#updates, this.#changes]) socket.close();
  }
}

const server = new Server();
await server.start();
const clients: Client[] = [];
async function addClient() {
  const client = new Client();
  await client.start(server);
  clients.push(client);
  // A client whose subscription is late detects a gap at the next update. After the last update there is none.
  await server.updates.waitForSubscribers(clients.length);
}

// Three clients change the table. Two more join meanwhile.
for (let count = 0; count < 3; count++) await addClient();
for (let change = 1; change <= 3_000; change++) {
  await clients[change % 3].set(`key ${change % 100}`, `value ${change}`);
  if (change === 1_000 || change === 2_000) await addClient();
}
while (clients.some(({ sequence }) => sequence < 3_000))
  await new Promise((resolve) => setTimeout(resolve, 5));

const textOf = (table: Map<string, string>) => JSON.stringify([...table].sort());
for (const [index, { table, sequence }] of clients.entries()) {
  const result = textOf(table) === textOf(server.table) ? "identical to the server" : "DIFFERENT";
  console.log(`client ${index + 1}: ${table.size} entries after ${sequence} changes, ${result}`);
}
for (const part of [server, ...clients]) part.close();
