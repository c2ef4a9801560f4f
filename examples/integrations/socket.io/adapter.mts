// socket.io/adapter.mts
// An adapter for Socket.IO: servers exchange their messages through the bus.

import { decode, encode } from "@msgpack/msgpack";
import type { Namespace } from "socket.io";
import {
  type ClusterAdapterOptions,
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
} from "socket.io-adapter";
import type { Bus } from "../bus/bus.mjs";

type Payload = Partial<ClusterMessage> | ClusterResponse;
const packed = (payload: Payload) => encode(payload, { ignoreUndefined: true });

class BusAdapter extends ClusterAdapterWithHeartbeat {
  readonly #bus: Bus;
  /** The topic of all servers, and of responses to this one. */
  readonly #topics: readonly [all: string, own: string];
  #closed = false;

  constructor(namespace: Namespace, bus: Bus, options: ClusterAdapterOptions) {
    super(namespace, options);
    this.#bus = bus;
    const all = `socket.io ${namespace.name}`;
    this.#topics = [all, `${all} ${this.uid}`];
    bus.subscribe(this.#topics[0], (data) => this.onMessage(decode(data) as ClusterMessage));
    bus.subscribe(this.#topics[1], (data) => this.onResponse(decode(data) as ClusterResponse));
  }

  /** Announces the server to the others, which answer. Without a proxy, the heartbeats that follow announce it later. */
  override async init(): Promise<void> {
    await this.#bus.ready().catch(() => {});
    if (!this.#closed) super.init();
  }

  protected override async doPublish(message: ClusterMessage): Promise<string> {
    this.#bus.publish(this.#topics[0], packed(message));
    return "";
  }

  protected override async doPublishResponse(server: string, response: ClusterResponse): Promise<void> {
    this.#bus.publish(`${this.#topics[0]} ${server}`, packed(response));
  }

  override close(): void {
    this.#closed = true;
    super.close();
    for (const topic of this.#topics) this.#bus.unsubscribe(topic);
  }
}

/** The option `adapter` of a server. Await `bus.ready()` before the server listens, and close the bus after the server. */
export function adapter(bus: Bus, options: ClusterAdapterOptions = {}) {
  // Socket.IO calls it with `new`.
  return function create(namespace: Namespace) {
    return new BusAdapter(namespace, bus, options);
  };
}
