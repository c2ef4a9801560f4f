// What must not be forgotten, on disk: questions that were taken, and answers that nobody has fetched yet.

import { ClassicLevel } from "classic-level";

interface Entry {
  service: string;
  question: string;
  answer?: string;
}

export class Store {
  readonly #database: ClassicLevel<string, Entry>;

  constructor(folder: string) {
    this.#database = new ClassicLevel(folder, { valueEncoding: "json" });
  }

  /** Resolves when it is on the disk, whatever becomes of the process then. */
  put(id: string, entry: Entry): Promise<void> {
    return this.#database.put(id, entry, { sync: true });
  }

  get(id: string): Promise<Entry | undefined> {
    return this.#database.get(id);
  }

  delete(id: string): Promise<void> {
    return this.#database.del(id, { sync: true });
  }

  /** The entries that have no answer yet. */
  async *open(): AsyncGenerator<[string, Entry]> {
    for await (const [id, entry] of this.#database.iterator())
      if (entry.answer === undefined) yield [id, entry];
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
