// nestjs/server.mts
// The server of a custom transporter for NestJS: a strategy for `createMicroservice`.

import type { CustomTransportStrategy, PacketId, ReadPacket, WritePacket } from "@nestjs/microservices";
import { BaseRpcContext, Server } from "@nestjs/microservices";
import { Router } from "zmq-native";

const noHandler = "There is no matching message handler defined in the remote service.";

export class ZmqServer extends Server implements CustomTransportStrategy {
  readonly #endpoint: string;
  readonly #router = new Router();

  constructor(endpoint: string) {
    super();
    this.#endpoint = endpoint;
  }

  listen(callback: (error?: unknown) => void): void {
    this.#router.bind(this.#endpoint).then(() => {
      callback();
      this.#receive();
    }, callback);
  }

  /** Resolves when the replies have been sent, or after two seconds. NestJS may end the process then. */
  async close(): Promise<void> {
    await this.#router.close({ linger: 2_000 });
  }

  on(): never {
    throw new Error("use unwrap().events");
  }

  /** The socket. Its `lastEndpoint` has the port. */
  unwrap<T = Router>(): T {
    return this.#router as T;
  }

  async #receive(): Promise<void> {
    for await (const [client, body] of this.#router) {
      // Without await: further messages are received meanwhile.
      this.#handle(client!, String(body)).catch((error) => this.logger.error(error));
    }
  }

  async #handle(client: Buffer, body: string): Promise<void> {
    const packet: ReadPacket & Partial<PacketId> = JSON.parse(body);
    const pattern = typeof packet.pattern === "string" ? packet.pattern : JSON.stringify(packet.pattern);
    const context = new BaseRpcContext([pattern]);
    const { id } = packet;
    if (id === undefined) return this.handleEvent(pattern, packet, context);
    const respond = (response: WritePacket) => {
      let reply: string;
      try {
        reply = JSON.stringify({ ...response, id });
      } catch (error) {
        // A BigInt or a circular object, for example. Without a reply, the client would wait for its timeout.
        this.logger.error(error);
        reply = JSON.stringify({ err: "the response is not JSON", isDisposed: true, id });
      }
      // Drops the reply if the client has disconnected.
      if (!this.#router.closed) this.#router.trySend([client, reply]);
    };
    const handler = this.getHandlerByPattern(pattern);
    if (!handler) return respond({ err: noHandler, isDisposed: true });
    return this.handleRequest(
      context,
      async () => this.transformToObservable(await handler(packet.data, context)),
      respond,
    );
  }
}
