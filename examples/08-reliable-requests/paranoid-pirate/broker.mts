// The broker: asks the worker that has been idle longest, of those that were heard a moment ago.

import { setTimeout as sleep } from "node:timers/promises";
import { Router } from "zmq-native";
import { interval, patience } from "./heartbeat.mjs";

export class Broker {
  readonly #front = new Router({ linger: 0 });
  // A worker that connects again is known by the same name: the new connection takes over from the old one.
  readonly #back = new Router({ linger: 0, handover: true });
  /** When each idle worker was heard last, by its name; the one at the front has waited longest. */
  readonly #idle = new Map<string, number>();
  readonly #timer = setInterval(() => this.#beat(), interval);

  static async start(clientsAt: string, workersAt: string): Promise<Broker> {
    const broker = new Broker();
    await broker.#front.bind(clientsAt);
    await broker.#back.bind(workersAt);
    broker.#passQuestions();
    broker.#passAnswers();
    return broker;
  }

  get idle(): number {
    return this.#idle.size;
  }

  knows(worker: string): boolean {
    return this.#idle.has(worker);
  }

  async #passQuestions() {
    for await (const [client, , question] of this.#front) {
      while (this.#idle.size === 0 && !this.#front.closed) await sleep(5);
      if (this.#front.closed) return;
      const [worker] = this.#idle.keys();
      this.#idle.delete(worker);
      await this.#back.send([worker, "question", client, question]);
    }
  }

  async #passAnswers() {
    for await (const [worker, kind, client, answer] of this.#back) {
      // Heartbeats leave a worker's place as it is, an answer puts it at the end.
      this.#idle.set(String(worker), performance.now());
      if (String(kind) === "answer" && !this.#front.closed) await this.#front.send([client, "", answer]);
    }
  }

  #beat() {
    for (const [worker, heard] of this.#idle) {
      if (performance.now() - heard > patience) this.#idle.delete(worker);
      else this.#back.trySend([worker, "heartbeat"]);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#front.close({ linger: 0 }), this.#back.close({ linger: 0 })]);
  }
}
