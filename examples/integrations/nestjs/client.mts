// nestjs/client.mts
// The client of a custom transporter for NestJS: `send` and `emit` of a ClientProxy.

import { Logger } from "@nestjs/common";
import { ClientProxy, type PacketId, type ReadPacket, type WritePacket } from "@nestjs/microservices";
import { Dealer, type ZmqError } from "zmq-native";

interface Options {
  endpoint: string;
  /** Milliseconds until a message must be sent, and then until a reply must arrive. Default 5,000. */
  timeout?: number;
}

type Reply = WritePacket & PacketId;

export class ZmqClient extends ClientProxy {
  readonly #options: Required<Options>;
  readonly #dealer: Dealer;
  readonly #logger = new Logger(ZmqClient.name);
  readonly #pending = new Map<string, (reply: WritePacket) => void>();

  constructor({ endpoint, timeout = 5_000 }: Options) {
    super();
    this.#options = { endpoint, timeout };
    // `immediate`: without a server, messages wait in the send queue, and are dropped there after the timeout.
    this.#dealer = new Dealer({ immediate: true, linger: timeout, sendQueue: { ttl: timeout } });
    this.#dealer.connect(endpoint);
    this.#receive();
  }

  /** A ZeroMQ socket connects, and connects again, by itself. */
  async connect(): Promise<void> {}

  /** Resolves when messages that libzmq has queued have been sent, or after the timeout. */
  async close(): Promise<void> {
    const closed = this.#dealer.close({ linger: this.#options.timeout });
    for (const callback of [...this.#pending.values()]) callback({ err: new Error("the client was closed") });
    await closed;
  }

  unwrap<T = Dealer>(): T {
    return this.#dealer as T;
  }

  protected publish(partial: ReadPacket, callback: (reply: WritePacket) => void): () => void {
    const packet = this.assignPacketId(partial);
    const { endpoint, timeout } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const forget = () => {
      clearTimeout(timer);
      this.#pending.delete(packet.id);
    };
    const settle = (reply: WritePacket) => {
      if (reply.isDisposed || reply.err) forget();
      // A stream may go on: the timeout is the longest pause.
      else timer?.refresh();
      callback(reply);
    };
    const late = () => settle({ err: new Error(`${endpoint}: no reply within ${timeout} ms`) });
    this.#pending.set(packet.id, settle);
    const sent = () => {
      if (this.#pending.has(packet.id)) timer = setTimeout(late, timeout);
    };
    this.#send(packet).then(sent, (err) => this.#pending.get(packet.id)?.({ err }));
    return forget;
  }

  protected dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    return this.#send(packet) as Promise<T>;
  }

  async #send(packet: ReadPacket): Promise<void> {
    if (this.#dealer.closed) throw new Error("the client was closed");
    await this.#dealer.send(JSON.stringify(packet)).catch((cause: ZmqError) => {
      const { endpoint, timeout } = this.#options;
      if (cause.code !== "ETIMEDOUT") throw cause;
      throw new Error(`${endpoint}: no server within ${timeout} ms`, { cause });
    });
  }

  async #receive(): Promise<void> {
    for await (const [body] of this.#dealer) {
      try {
        const reply: Reply = JSON.parse(String(body));
        // A reply that comes too late has no request, and is ignored.
        this.#pending.get(reply.id)?.(reply);
      } catch (error) {
        this.#logger.error(`malformed reply: ${(error as Error).message}`);
      }
    }
  }
}
