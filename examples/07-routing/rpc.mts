// Calling functions on another machine: numbered questions, answers in any order, errors, time-outs, cancellation.

import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

type Methods = Record<string, (...parameters: never[]) => unknown>;

/** Answers calls with the methods it is given. */
async function serve(socket: Router, methods: Methods) {
  const answer = async (client: Buffer, id: Buffer, call: Buffer) => {
    const { method, parameters } = JSON.parse(String(call));
    try {
      if (!Object.hasOwn(methods, method)) throw new Error(`there is no method ${method}`);
      return [client, id, JSON.stringify({ result: await methods[method](...(parameters as never[])) })];
    } catch (error) {
      return [client, id, JSON.stringify({ error: (error as Error).message })];
    }
  };
  for await (const [client, id, call] of socket) {
    // Not awaited: the next call is taken meanwhile.
    answer(client, id, call).then((frames) => {
      if (!socket.closed) return socket.send(frames);
    });
  }
}

class Remote {
  readonly #socket: Dealer;
  readonly #waiting = new Map<number, (answer: { result?: unknown; error?: string }) => void>();
  #calls = 0;

  constructor(socket: Dealer) {
    this.#socket = socket;
    this.#listen();
  }

  async call(method: string, parameters: unknown[], signal = AbortSignal.timeout(1_000)): Promise<unknown> {
    const id = ++this.#calls;
    const answer = new Promise<{ result?: unknown; error?: string }>((resolve, reject) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    await this.#socket.send([`${id}`, JSON.stringify({ method, parameters })]);
    const { result, error } = await answer.finally(() => this.#waiting.delete(id));
    if (error !== undefined) throw new Error(error);
    return result;
  }

  async #listen() {
    // An answer that nobody waits for any more finds nobody.
    for await (const [id, answer] of this.#socket)
      this.#waiting.get(Number(id))?.(JSON.parse(String(answer)));
  }
}

using router = new Router();
using dealer = new Dealer();
dealer.connect(await bind(router));
serve(router, {
  add: (a: number, b: number) => a + b,
  wait: (milliseconds: number) => sleep(milliseconds, `after ${milliseconds} ms`),
  fail: () => {
    throw new Error("it always fails");
  },
});

const remote = new Remote(dealer);
const tell = (error: Error) => `${error.name}: ${error.message}`;
console.log(await Promise.all([remote.call("wait", [50]), remote.call("add", [1, 2])]));
console.log(await remote.call("fail", []).catch(tell));
console.log(await remote.call("divide", [1, 0]).catch(tell));
console.log(await remote.call("wait", [500], AbortSignal.timeout(50)).catch(tell));
