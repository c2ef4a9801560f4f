// A chat without a server: nodes find each other by beacons, and send each other messages over Peer sockets.

import { Dish, Peer, Radio } from "zmq-native/draft";

const [group = "udp://127.0.0.1;239.192.7.2:5670"] = process.argv.slice(2);

const lines: string[] = [];

class Node {
  readonly name: string;
  readonly #peer = new Peer({ linger: 0 });
  readonly #radio = new Radio({ linger: 0 });
  readonly #dish = new Dish();
  /** The routing ids of the other nodes. */
  readonly others = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async start() {
    await this.#peer.bind("tcp://127.0.0.1:*");
    this.#dish.join("beacon");
    await this.#dish.bind(group);
    this.#radio.connect(group);
    this.#receiveBeacons();
    this.#receiveMessages();
    const beacon = JSON.stringify({ name: this.name, endpoint: this.#peer.lastEndpoint });
    this.#timer = setInterval(() => this.#radio.trySend(beacon, { group: "beacon" }), 30);
  }

  async #receiveBeacons() {
    for await (const [beacon] of this.#dish) {
      const { name, endpoint } = JSON.parse(String(beacon));
      if (name === this.name || this.others.has(name)) continue;
      this.others.set(name, this.#peer.connectPeer(endpoint));
    }
  }

  async #receiveMessages() {
    for await (const [text] of this.#peer) lines.push(`${this.name} receives "${text}"`);
  }

  async send(text: string, names = [...this.others.keys()]) {
    for (const name of names) {
      await this.#peer.send(`${this.name}: ${text}`, { routingId: this.others.get(name)! });
    }
  }

  stop() {
    clearInterval(this.#timer);
    for (const socket of [this.#peer, this.#radio, this.#dish]) socket.close();
  }
}

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const nodes = ["Anna", "Bert", "Cleo"].map((name) => new Node(name));
for (const node of nodes) await node.start();
await until(() => nodes.every(({ others }) => others.size === 2));

const [anna, bert] = nodes;
await anna.send("is anybody here?");
await until(() => lines.length === 2);
lines.sort();
await bert.send("yes, I am", ["Anna"]);
await until(() => lines.length === 3);
for (const line of lines) console.log(line);
for (const node of nodes) node.stop();
