// Servers that report what becomes of each client, and the options of clients.

import { type Context, curveKeyPair, Dealer, type Observer, Router, type SocketOptions } from "zmq-native";

export interface KeyPair {
  publicKey: string;
  secretKey: string;
}

export const serverKeys = curveKeyPair();

/** A server's options: of CURVE, of PLAIN, or without a mechanism. */
export const servers = {
  curve: { curveServer: true, curveSecretKey: serverKeys.secretKey },
  plain: { plainServer: true },
  none: {},
};

export const curveClient = ({ publicKey, secretKey }: KeyPair) => ({
  curveServerKey: serverKeys.publicKey,
  curvePublicKey: publicKey,
  curveSecretKey: secretKey,
});

export const plainClient = (plainUsername: string, plainPassword: string) => ({
  plainUsername,
  plainPassword,
});

/** Reads from the server's events whether it admitted a client; undefined for events without a verdict. */
export function verdictOf(events: Observer): () => Promise<string> {
  return async () => {
    for (;;) {
      const event = await events.receive();
      if (event.type === "handshake") return "in";
      if (event.type === "handshake:error:auth") return `status ${event.error.status}`;
      if (event.type.startsWith("handshake:error")) return event.type;
    }
  };
}

/** A server. `attempt` connects a client and resolves with `in`, `status 400` or the type of the server's event. */
export class Server implements Disposable {
  readonly router: Router;
  readonly #verdict: () => Promise<string>;

  private constructor(router: Router) {
    this.router = router;
    this.#verdict = verdictOf(router.events);
  }

  static async open(
    context: Context,
    options: SocketOptions<Router>,
    endpoint = "tcp://127.0.0.1:*",
    domain: SocketOptions<Router> = { zapDomain: "global", zapEnforceDomain: true },
  ): Promise<Server> {
    const router = new Router({ context, linger: 0, ...domain, ...options });
    const server = new Server(router);
    await router.bind(endpoint);
    return server;
  }

  get endpoint(): string {
    return this.router.lastEndpoint as string;
  }

  /** The verdict on the next client. */
  verdict(): Promise<string> {
    return this.#verdict();
  }

  async attempt(options: SocketOptions<Dealer>): Promise<string> {
    using dealer = new Dealer({ linger: 0, reconnectInterval: -1, ...options });
    dealer.connect(this.endpoint);
    return await this.verdict();
  }

  [Symbol.dispose](): void {
    this.router.close();
  }
}
