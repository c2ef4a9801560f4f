// A client of a Clone: has all that the server has, and may change it.

import { Dealer, Push, Subscriber } from "zmq-native";
import type { Endpoints } from "./server.mjs";

export class Client {
  readonly #snapshots = new Dealer();
  readonly #updates = new Subscriber({ receiveHighWaterMark: 0 });
  readonly #changes = new Push();
  readonly entries = new Map<string, string>();
  sequence = 0;

  async start({ snapshots, updates, changes }: Endpoints): Promise<void> {
    this.#changes.connect(changes);
    this.#snapshots.connect(snapshots);
    // First the updates, then the snapshot: what changes between the two comes twice rather than not at all.
    this.#updates.subscribe();
    this.#updates.connect(updates);
    await this.#fetch();
    this.#follow();
  }

  async #fetch() {
    await this.#snapshots.send("snapshot, please");
    const [sequence, ...entries] = (await this.#snapshots.receive()).map(String);
    for (let index = 0; index < entries.length; index += 2)
      this.entries.set(entries[index], entries[index + 1]);
    this.sequence = Number(sequence);
  }

  async #follow() {
    for await (const [key, sequence, value] of this.#updates) {
      if (Number(sequence) <= this.sequence) continue;
      // A gap: something was published before the subscription had arrived, or was dropped.
      if (Number(sequence) > this.sequence + 1) await this.#fetch();
      if (Number(sequence) <= this.sequence) continue;
      this.entries.set(String(key), String(value));
      this.sequence = Number(sequence);
    }
  }

  async set(key: string, value: string): Promise<void> {
    await this.#changes.send([key, value]);
  }

  stop(): void {
    for (const socket of [this.#snapshots, this.#updates, this.#changes]) socket.close();
  }
}
