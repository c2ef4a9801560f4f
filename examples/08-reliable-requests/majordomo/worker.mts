// A worker: offers one service, and connects again when the broker is silent or asks for it.

import { Dealer } from "zmq-native";
import * as protocol from "./protocol.mjs";

type Frames = (string | Buffer)[];
type Answer = (...question: Buffer[]) => Promise<Frames> | Frames;

export class Worker {
  readonly #endpoint: string;
  readonly #service: string;
  readonly #answer: Answer;
  #socket!: Dealer;
  #heard = 0;
  readonly #timer = setInterval(() => this.#beat(), protocol.interval);

  /** `answer` makes the frames of an answer out of those of a question. */
  constructor(endpoint: string, service: string, answer: Answer) {
    this.#endpoint = endpoint;
    this.#service = service;
    this.#answer = answer;
    this.#connect();
  }

  #connect() {
    this.#socket?.close();
    this.#socket = new Dealer({ linger: 0 });
    this.#socket.connect(this.#endpoint);
    this.#heard = performance.now();
    this.#tell(protocol.command.ready, this.#service);
    this.#run(this.#socket);
  }

  async #run(socket: Dealer) {
    for await (const [, , command, client, , ...question] of socket) {
      this.#heard = performance.now();
      if (String(command) === protocol.command.disconnect) return this.#connect();
      if (String(command) !== protocol.command.request) continue;
      this.#tell(protocol.command.reply, client, "", ...(await this.#answer(...question)));
    }
  }

  #tell(command: string, ...frames: Frames) {
    if (!this.#socket.closed) this.#socket.trySend(["", protocol.worker, command, ...frames]);
  }

  #beat() {
    if (performance.now() - this.#heard > protocol.patience) this.#connect();
    else this.#tell(protocol.command.heartbeat);
  }

  /** Without a word, as when its process is killed. */
  stop(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}
