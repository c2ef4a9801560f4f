// One of two servers, of which one is active. The other one takes over when a client comes to it and the first is silent.

import { Publisher, Router, Subscriber } from "zmq-native";

/** Milliseconds between two signs of life, and after which a peer that gives none is dead. */
const interval = 30;
const patience = 5 * interval;

export type State = "waiting" | "active" | "passive";

export class Server {
  readonly #rank: "primary" | "backup";
  readonly #tell: (state: State) => void;
  readonly #clients = new Router({ linger: 0 });
  readonly #signs = new Publisher({ linger: 0 });
  readonly #peer = new Subscriber({ reconnectInterval: 10 });
  #state: State = "waiting";
  #peerHeard = performance.now();

  /** `tell` is told of each change of its state. */
  constructor(rank: "primary" | "backup", tell: (state: State) => void) {
    this.#rank = rank;
    this.#tell = tell;
  }

  async start(clientsAt: string, signsAt: string, peerAt: string): Promise<void> {
    await this.#clients.bind(clientsAt);
    await this.#signs.bind(signsAt);
    this.#peer.subscribe();
    this.#peer.connect(peerAt);
    setInterval(() => this.#signs.send([this.#rank, this.#state]), interval);
    this.#hearPeer();
    for await (const [client, , question] of this.#clients) {
      // A server that is not active leaves a question unanswered, and the client tries the other one.
      if (this.#mayAnswer()) await this.#clients.send([client, "", `${question}, by the ${this.#rank}`]);
    }
  }

  async #hearPeer() {
    for await (const [, state] of this.#peer) {
      this.#peerHeard = performance.now();
      this.#become(this.#next(String(state) as State));
    }
  }

  #become(state: State) {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell(state);
  }

  /** What it is, now that the peer says what the peer is. */
  #next(peer: State): State {
    if (this.#state === "waiting") {
      if (peer === "active") return "passive";
      // Both have just started: the primary takes the work.
      if (peer === "waiting" && this.#rank === "primary") return "active";
    }
    if (this.#state === "passive" && peer === "waiting" && this.#rank === "primary") return "active";
    if (this.#state === "active" && peer === "active") throw new Error("both are active: stop one by hand");
    return this.#state;
  }

  /** A client's question is the vote that decides whether a silent peer is dead, or only cut off from this server. */
  #mayAnswer(): boolean {
    if (this.#state !== "active" && performance.now() - this.#peerHeard > patience) this.#become("active");
    return this.#state === "active";
  }
}
