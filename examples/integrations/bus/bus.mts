// bus/bus.mts
// A member of a bus: what it publishes goes through a proxy to all members that have subscribed to the topic.

import { randomUUID } from "node:crypto";
import { Proxy, Publisher, Subscriber, XPublisher, XSubscriber } from "zmq-native";

/** Where the proxy is. */
export interface Endpoints {
  publish: string;
  subscribe: string;
}

/** The end of each topic. A subscription is a prefix: "a" would also match "ab". */
const end = "\0";

export type Listener = (data: Buffer) => unknown;

export class Bus {
  readonly #endpoints: Endpoints;
  readonly #publisher = new Publisher({ linger: 1_000 });
  readonly #subscriber = new Subscriber();
  readonly #listeners = new Map<string, Listener>();

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
    this.#publisher.connect(endpoints.publish);
    this.#subscriber.connect(endpoints.subscribe);
    this.#receive();
  }

  /** Calls the listener with the data of each message of this topic. */
  subscribe(topic: string, listener: Listener): void {
    this.#listeners.set(topic, listener);
    this.#subscriber.subscribe(topic + end);
  }

  unsubscribe(topic: string): void {
    if (this.#listeners.delete(topic) && !this.#subscriber.closed) this.#subscriber.unsubscribe(topic + end);
  }

  /** Resolves when all subscriptions so far have arrived at the proxy. Earlier messages would be lost. */
  async ready(timeout = 5_000): Promise<void> {
    // This subscription follows the others, and returns to this member's own publisher.
    const topic = `ready ${randomUUID()}`;
    try {
      this.#subscriber.subscribe(topic);
      await this.#publisher.waitForSubscribers(1, { topic, timeout });
    } catch (cause) {
      const { publish, subscribe } = this.#endpoints;
      throw new Error(`no proxy at ${publish} and ${subscribe} within ${timeout} ms`, { cause });
    } finally {
      if (!this.#subscriber.closed) this.#subscriber.unsubscribe(topic);
    }
  }

  /** Publishes. Members whose queue is full lose the message. */
  publish(topic: string, data: Uint8Array | string): void {
    this.#publisher.trySend([topic + end, data]);
  }

  close(): void {
    this.#publisher.close();
    this.#subscriber.close();
  }

  async #receive(): Promise<void> {
    for await (const [frame, data] of this.#subscriber) {
      const topic = String(frame).slice(0, -end.length);
      // A member may send anything. An error of a listener must end neither this loop nor the process.
      this.#deliver(topic, data).catch((error) => console.error(`bus: message of ${topic}:`, error));
    }
  }

  async #deliver(topic: string, data: Buffer = Buffer.alloc(0)): Promise<void> {
    // The topic may have no listener any more.
    await this.#listeners.get(topic)?.(data);
  }
}

/** Runs a proxy on a thread of libzmq. A bus needs one, in any process. */
export async function startProxy(publish = "tcp://127.0.0.1:*", subscribe = "tcp://127.0.0.1:*") {
  const proxy = new Proxy(new XSubscriber(), new XPublisher({ linger: 1_000 }));
  await proxy.frontEnd.bind(publish);
  await proxy.backEnd.bind(subscribe);
  const endpoints: Endpoints = {
    publish: proxy.frontEnd.lastEndpoint!,
    subscribe: proxy.backEnd.lastEndpoint!,
  };
  const running = proxy.run();
  const close = () => {
    proxy.terminate();
    return running;
  };
  return { endpoints, close };
}
