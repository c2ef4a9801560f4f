// The ledger: which files wait, which worker holds which, which are settled. Without it the files queued to a worker
// that dies would be lost, for libzmq drops them with the connection.

import { EventEmitter } from "node:events";
import type { Omission } from "./tree.js";

export interface Task {
  readonly id: number;
  /** Relative to the root of the tree. */
  readonly path: string;
}

/** A worker's side of the ledger. */
interface Account {
  /** Files that it would take now; undefined until it has asked for the first. */
  credit: number | undefined;
  fenced: boolean;
  /** By task id; the bytes are 0 while the file is being read. */
  readonly held: Map<number, { task: Task; bytes: number }>;
}

/** No further file is read while this much is on its way to the workers. */
const mostBytesInFlight = 64 * 2 ** 20;

/** Emits `change` whenever something may have become possible. */
export class Ledger extends EventEmitter<{ change: [] }> {
  readonly total: number;
  /** Files that could not be read when their turn came. */
  readonly unreadable: Omission[] = [];
  /** The last one is next: those handed back come before the others. */
  readonly #waiting: Task[];
  readonly #accounts = new Map<string, Account>();
  #settled = 0;
  #bytesInFlight = 0;

  constructor(files: readonly string[], workers: readonly string[]) {
    super();
    this.total = files.length;
    this.#waiting = files.map((path, id) => ({ id, path })).reverse();
    for (const name of workers) {
      this.#accounts.set(name, { credit: undefined, fenced: false, held: new Map() });
    }
  }

  /** Names of the workers that live, as far as is known. */
  get workers(): string[] {
    return [...this.#accounts.keys()];
  }

  /** Every worker that lives has asked for work. */
  get mustered(): boolean {
    return [...this.#accounts.values()].every(({ credit }) => credit !== undefined);
  }

  get finished(): boolean {
    return this.#settled + this.unreadable.length === this.total;
  }

  /** At least half of the files have been handed out or left out. */
  get halfway(): boolean {
    return this.#waiting.length * 2 <= this.total;
  }

  /** Files that wait, or that a worker holds. */
  get undone(): Task[] {
    return [...this.workers.flatMap((name) => this.#heldBy(name)), ...this.#waiting.slice().reverse()];
  }

  /** A worker asks for so many more files. Strangers ask in vain. */
  grant(worker: string, credit: number): void {
    const account = this.#accounts.get(worker);
    if (account === undefined) return;
    account.credit = (account.credit ?? 0) + credit;
    this.emit("change");
  }

  /** Notes the next file to the worker with the most credit; undefined when there is nothing to do, or nobody to. */
  assign(): { worker: string; task: Task } | undefined {
    if (this.#bytesInFlight >= mostBytesInFlight) return undefined;
    let best: [string, Account] | undefined;
    for (const entry of this.#accounts) {
      const [, { fenced, credit = 0 }] = entry;
      if (!fenced && credit > (best?.[1].credit ?? 0)) best = entry;
    }
    const task = best && this.#waiting.pop();
    if (best === undefined || task === undefined) return undefined;
    const [worker, account] = best;
    account.credit = (account.credit ?? 0) - 1;
    account.held.set(task.id, { task, bytes: 0 });
    return { worker, task };
  }

  /** A held file has been read, and has this size. False if the worker does not hold it any more. */
  weigh(worker: string, id: number, bytes: number): boolean {
    const holding = this.#accounts.get(worker)?.held.get(id);
    if (holding === undefined) return false;
    holding.bytes = bytes;
    this.#bytesInFlight += bytes;
    return true;
  }

  /** A result has come. False if it does not count, because its worker is fenced, or does not hold the file. */
  settle(worker: string, id: number): boolean {
    const account = this.#accounts.get(worker);
    if (account === undefined || account.fenced || !this.#drop(account, id)) return false;
    this.#settled++;
    this.emit("change");
    return true;
  }

  /** A held file can't be read; the worker gets its credit back. */
  skip(worker: string, task: Task, reason: string): void {
    const account = this.#accounts.get(worker);
    // Meanwhile the worker may have ended, and the file waits for another one, who will find the same.
    if (account === undefined || !this.#drop(account, task.id)) return;
    this.unreadable.push({ path: task.path, reason });
    this.grant(worker, 1);
  }

  /** From now on the worker gets no file, and its results do not count. It keeps what it holds until `writeOff`. */
  fence(worker: string): void {
    const account = this.#accounts.get(worker);
    if (account !== undefined) account.fenced = true;
  }

  /** A worker has ended: the files that it held wait again, and are answered. */
  writeOff(worker: string): Task[] {
    const lost = this.#heldBy(worker);
    const account = this.#accounts.get(worker);
    for (const { id } of lost) if (account !== undefined) this.#drop(account, id);
    this.#accounts.delete(worker);
    this.#waiting.push(...lost.slice().reverse());
    this.emit("change");
    return lost;
  }

  #heldBy(worker: string): Task[] {
    return [...(this.#accounts.get(worker)?.held.values() ?? [])].map(({ task }) => task);
  }

  #drop(account: Account, id: number): boolean {
    this.#bytesInFlight -= account.held.get(id)?.bytes ?? 0;
    return account.held.delete(id);
  }
}
