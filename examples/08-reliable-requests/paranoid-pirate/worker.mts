// A worker: answers, says that it is alive, and connects again when it has not heard the broker for a while.

import { Dealer } from "zmq-native";
import { interval, patience } from "./heartbeat.mjs";

export class Worker {
  readonly #name: string;
  readonly #endpoint: string;
  #socket!: Dealer;
  #heard = 0;
  readonly #timer = setInterval(() => this.#beat(), interval);
  connections = 0;

  constructor(name: string, endpoint: string) {
    this.#name = name;
    this.#endpoint = endpoint;
    this.#connect();
  }

  #connect() {
    this.#socket = new Dealer({ routingId: this.#name, linger: 0, reconnectInterval: 10 });
    this.#socket.connect(this.#endpoint);
    this.#heard = performance.now();
    this.connections++;
    this.#socket.trySend("ready");
    this.#work(this.#socket);
  }

  async #work(socket: Dealer) {
    for await (const [kind, client, question] of socket) {
      // Given up meanwhile: what came just before is another worker's, or will be asked again.
      if (socket.closed) return;
      this.#heard = performance.now();
      if (String(kind) === "question")
        await socket.send(["answer", client, `${question} Yes, ${this.#name}.`]);
    }
  }

  #beat() {
    if (performance.now() - this.#heard > patience) {
      this.#socket.close();
      this.#connect();
    } else {
      this.#socket.trySend("heartbeat");
    }
  }

  /** Without a word, as when its process is killed. */
  die(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}
