// The server of a Clone: puts all changes into one order, publishes them, and gives the whole to who comes late.

import { Publisher, Pull, Router } from "zmq-native";
import { bind } from "../../common/bind.mjs";

export interface Endpoints {
  snapshots: string;
  updates: string;
  changes: string;
}

export class Server {
  readonly #snapshots = new Router();
  // Nothing is dropped: a client that is slow is rather behind for a while.
  readonly #updates = new Publisher({ sendHighWaterMark: 0 });
  readonly #changes = new Pull();
  readonly entries = new Map<string, string>();
  #sequence = 0;

  async start(): Promise<Endpoints> {
    const endpoints = {
      snapshots: await bind(this.#snapshots),
      updates: await bind(this.#updates),
      changes: await bind(this.#changes),
    };
    this.#publish();
    this.#answer();
    return endpoints;
  }

  async #publish() {
    for await (const [key, value] of this.#changes) {
      this.entries.set(String(key), String(value));
      await this.#updates.send([key, `${++this.#sequence}`, value]);
    }
  }

  async #answer() {
    for await (const [client] of this.#snapshots) {
      // One message: no change can come in between.
      await this.#snapshots.send([client, `${this.#sequence}`, ...[...this.entries].flat()]);
    }
  }

  stop(): void {
    for (const socket of [this.#snapshots, this.#updates, this.#changes]) socket.close();
  }
}
