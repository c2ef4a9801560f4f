// A node that finds the others by itself: it says where it is, hears where they are, and misses who falls silent.

import { EventEmitter } from "node:events";
import { Dish, Peer, Radio } from "zmq-native/draft";
import { bind } from "../../common/bind.mjs";

/** Milliseconds between two beacons, and after which a node that sends none is gone. */
const interval = 30;
const patience = 10 * interval;

interface Other {
  id: number;
  endpoint: string;
  heard: number;
}

export class Node extends EventEmitter<{
  enter: [name: string];
  exit: [name: string];
  message: [from: string, text: string];
}> {
  readonly name: string;
  /** One socket for all: it is connected to, and connects. */
  readonly #peer = new Peer({ linger: 0 });
  readonly #radio = new Radio({ linger: 0 });
  readonly #dish = new Dish();
  readonly #others = new Map<string, Other>();
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string) {
    super();
    this.name = name;
  }

  /** The names of those that are here, its own included, in order. */
  get present(): string[] {
    return [this.name, ...this.#others.keys()].sort();
  }

  /** Begins to send beacons to a group, such as `udp://eth0;239.192.7.1:5670`, and to hear those of others. */
  async start(group: string): Promise<void> {
    const endpoint = await bind(this.#peer);
    this.#dish.join("beacon");
    await this.#dish.bind(group);
    this.#radio.connect(group);
    this.#hear();
    this.#take();
    this.#timer = setInterval(() => {
      this.#radio.trySend(JSON.stringify({ name: this.name, endpoint }), { group: "beacon" });
      this.#miss();
    }, interval);
  }

  async #hear() {
    for await (const [beacon] of this.#dish) {
      const { name, endpoint } = JSON.parse(String(beacon));
      if (name === this.name) continue;
      const known = this.#others.get(name);
      const heard = performance.now();
      if (known) {
        known.heard = heard;
      } else {
        this.#others.set(name, { id: this.#peer.connectPeer(endpoint), endpoint, heard });
        this.emit("enter", name);
      }
    }
  }

  async #take() {
    for await (const [message] of this.#peer) {
      const { from, text } = JSON.parse(String(message));
      this.emit("message", from, text);
    }
  }

  #miss() {
    for (const [name, { heard, endpoint }] of this.#others) {
      if (performance.now() - heard <= patience) continue;
      this.#others.delete(name);
      this.#peer.disconnect(endpoint);
      this.emit("exit", name);
    }
  }

  /** Sends a text to all that are here, or to one of them. */
  async say(text: string, to?: string): Promise<void> {
    for (const [name, { id }] of this.#others) {
      if (to !== undefined && to !== name) continue;
      await this.#peer.send(JSON.stringify({ from: this.name, text }), { routingId: id });
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const socket of [this.#peer, this.#radio, this.#dish]) socket.close();
  }
}
