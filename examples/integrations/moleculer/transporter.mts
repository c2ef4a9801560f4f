// moleculer/transporter.mts
// A transporter for Moleculer: nodes exchange their packets through the bus.

import moleculer from "moleculer";
import { Bus, type Endpoints } from "../bus/bus.mjs";

interface Options extends Endpoints {
  /** Milliseconds for the connection to the proxy. Default 5,000. */
  timeout?: number;
}

interface Topic {
  cmd: string;
  nodeID?: string;
}

export class ZmqTransporter extends moleculer.Transporters.Base {
  // Missing in the types of Moleculer.
  declare connected: boolean;
  readonly #options: Options;
  #bus: Bus | undefined;

  constructor(options: Options) {
    super(options);
    this.#options = options;
  }

  override async connect(): Promise<void> {
    // Moleculer also connects again when the subscriptions have failed. With the old bus, requests would run twice.
    this.#bus?.close();
    const bus = new Bus(this.#options);
    this.#bus = bus;
    try {
      await bus.ready(this.#options.timeout);
    } catch (error) {
      // Moleculer connects again after five seconds.
      bus.close();
      throw error;
    }
    await this.onConnected();
  }

  /** Moleculer announces the node afterwards: the answers must find their subscriptions. */
  override async makeSubscriptions(topics: Topic[]): Promise<void> {
    for (const { cmd, nodeID } of topics) {
      this.#bus!.subscribe(this.getTopicName(cmd, nodeID), (data) => this.receive(cmd, Buffer.from(data)));
    }
    await this.#bus!.ready(this.#options.timeout);
  }

  override async send(topic: string, data: Buffer): Promise<void> {
    this.#bus!.publish(topic, data);
  }

  override async disconnect(): Promise<void> {
    this.connected = false;
    this.#bus?.close();
  }
}
