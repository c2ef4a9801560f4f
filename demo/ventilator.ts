// The ventilator: a ROUTER that hands files out to the workers that ask. Each worker holds a few at a time, so a slow
// one gets fewer; what each holds is in the ledger.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type MessageLike, Router, ZmqError } from "zmq-native";
import { Failure } from "./failure.js";
import { whyUnreadable } from "./file.js";
import type { Ledger, Task } from "./ledger.js";
import { encodeWork, farewell } from "./protocol.js";
import { counted, listed } from "./text.js";

export class Ventilator implements Disposable {
  readonly #router = new Router({ mandatory: true, linger: 0 });
  readonly #ledger: Ledger;
  readonly #root: string;
  readonly #onHandedOut: (worker: string) => void;

  /** `onHandedOut` is called in the moment in which a file has been handed to a worker. */
  constructor(ledger: Ledger, root: string, onHandedOut: (worker: string) => void) {
    this.#ledger = ledger;
    this.#root = root;
    this.#onHandedOut = onHandedOut;
  }

  /** Answers the endpoint that workers connect to. */
  async bind(address: string): Promise<string> {
    await this.#router.bind(address);
    return this.#router.lastEndpoint ?? address;
  }

  /** Takes requests for work, until it is disposed of. */
  async listen(): Promise<void> {
    for await (const [worker, credit] of this.#router) {
      this.#ledger.grant(String(worker), Number(credit));
    }
  }

  /** Waits until every worker that lives has asked for work, so that the first one does not get all of it. */
  async muster(signal: AbortSignal): Promise<void> {
    while (!this.#ledger.mustered) await once(this.#ledger, "change", { signal });
  }

  /**
   * Hands out all files, one after the other, until each is settled.
   *
   * @throws Failure when no worker is left.
   */
  async handOut(signal: AbortSignal): Promise<void> {
    const ledger = this.#ledger;
    while (!ledger.finished) {
      signal.throwIfAborted();
      const next = ledger.assign();
      if (next !== undefined) await this.#give(next.worker, next.task, signal);
      else if (ledger.workers.length > 0) await once(ledger, "change", { signal });
      else throw new Failure(nobodyLeft(ledger));
    }
  }

  /** Tells the workers that no more work comes. */
  async dismiss(): Promise<void> {
    for (const worker of this.#ledger.workers) await this.#send([worker, ...farewell]);
  }

  [Symbol.dispose](): void {
    this.#router.close();
  }

  async #give(worker: string, task: Task, signal: AbortSignal): Promise<void> {
    let content: Buffer;
    try {
      content = await readFile(join(this.#root, task.path), { signal });
    } catch (error) {
      signal.throwIfAborted();
      this.#ledger.skip(worker, task, whyUnreadable(error));
      return;
    }
    if (!this.#ledger.weigh(worker, task.id, content.length)) return;
    const sent = this.#send([worker, ...encodeWork({ ...task, content })]);
    this.#onHandedOut(worker);
    await sent;
  }

  async #send(frames: MessageLike[]): Promise<void> {
    try {
      await this.#router.send(frames);
    } catch (error) {
      // The worker has gone. It will be written off when its end is known, and what it held is sent again.
      if (!(error instanceof ZmqError) || error.code !== "EHOSTUNREACH") throw error;
    }
  }
}

function nobodyLeft({ undone, total }: Ledger): string {
  const names = listed(undone.map(({ path }) => path));
  return `Every worker has ended, and ${undone.length} of ${counted(total, "file")} are not done: ${names}.`;
}
