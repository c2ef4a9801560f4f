// Titanic: three services of Majordomo that take a question for later, answer when asked, and forget when told to.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "../majordomo/client.mjs";
import { Worker } from "../majordomo/worker.mjs";
import { Store } from "./store.mjs";

export class Titanic {
  readonly #endpoint: string;
  readonly #store: Store;
  readonly #workers: Worker[];
  readonly #forwarding: Promise<void>;
  #running = true;

  constructor(endpoint: string, folder: string) {
    this.#endpoint = endpoint;
    this.#store = new Store(folder);
    this.#workers = [
      new Worker(endpoint, "titanic.request", async (service, question) => {
        const id = randomUUID();
        await this.#store.put(id, { service: `${service}`, question: `${question}` });
        return [id];
      }),
      new Worker(endpoint, "titanic.reply", async (id) => {
        const entry = await this.#store.get(`${id}`);
        return entry?.answer === undefined ? [entry ? "pending" : "unknown"] : ["ok", entry.answer];
      }),
      new Worker(endpoint, "titanic.close", async (id) => {
        await this.#store.delete(`${id}`);
        return ["ok"];
      }),
    ];
    this.#forwarding = this.#forward();
  }

  /** Asks the services that the open questions are for, again and again. */
  async #forward() {
    while (this.#running) {
      for await (const [id, entry] of this.#store.open()) {
        const answer = await ask(this.#endpoint, entry.service, [entry.question], {
          attempts: 1,
          timeout: 100,
        });
        if (answer) await this.#store.put(id, { ...entry, answer: String(answer[0]) });
      }
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    for (const worker of this.#workers) worker.stop();
    await this.#forwarding;
    await this.#store.close();
  }
}
