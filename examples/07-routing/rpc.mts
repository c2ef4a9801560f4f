// Remote procedure calls: numbered requests, replies in any order, errors, timeouts and cancellation.

import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Router } from "zmq-native";

type Methods = Record<string, (...parameters: never[]) => unknown>;

/** Replies to calls of `methods`. */
async function serve(socket: Router, methods: Methods) {
  const call = async (request: Buffer) => {
    try {
      const { method, parameters } = JSON.parse(String(request));
      if (!Object.hasOwn(methods, method)) throw new Error(`there is no method ${method}`);
      return { result: await methods[method](...(parameters as never[])) };
    } catch (error) {
      return { error: (error as Error).message };
    }
  };
  for await (const [client, id, request] of socket) {
    // Without await: the loop receives the next call meanwhile.
    call(request).then((reply) => {
      if (!socket.closed) socket.trySend([client, id, JSON.stringify(reply)]);
    });
  }
}

interface Reply {
  result?: unknown;
  error?: string;
}

class Client {
  readonly #socket: Dealer;
  readonly #pending = new Map<number, (reply: Reply) => void>();
  #calls = 0;

  constructor(socket: Dealer) {
    this.#socket = socket;
    socket.sendQueue ??= {}; // without it, a second pending `send` throws EBUSY
    this.#receive();
  }

  /** Calls a method; rejects with its error, or with the reason of the signal. */
  async call(method: string, parameters: unknown[], signal = AbortSignal.timeout(1_000)) {
    const id = ++this.#calls;
    const reply = new Promise<Reply>((resolve, reject) => {
      this.#pending.set(id, resolve);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const sent = this.#socket.send([`${id}`, JSON.stringify({ method, parameters })], { signal });
    const [{ result, error }] = await Promise.all([reply, sent]).finally(() => this.#pending.delete(id));
    if (error !== undefined) throw new Error(error);
    return result;
  }

  async #receive() {
    // A reply that comes too late has no entry, and is ignored.
    for await (const [id, reply] of this.#socket) this.#pending.get(Number(id))?.(JSON.parse(String(reply)));
  }
}

const router = new Router();
const dealer = new Dealer();
await router.bind("tcp://127.0.0.1:*");
dealer.connect(router.lastEndpoint!);
serve(router, {
  add: (a: number, b: number) => a + b,
  wait: (milliseconds: number) => sleep(milliseconds, `after ${milliseconds} ms`),
  fail: () => {
    throw new Error("it failed");
  },
});

const client = new Client(dealer);
const show = (error: Error) => `${error.name}: ${error.message}`;
console.log(await Promise.all([client.call("wait", [50]), client.call("add", [1, 2])]));
console.log(await client.call("fail", []).catch(show));
console.log(await client.call("divide", [1, 0]).catch(show));
console.log(await client.call("wait", [500], AbortSignal.timeout(50)).catch(show));
dealer.close();
router.close();
