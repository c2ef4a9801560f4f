// The rendezvous: at which addresses the parts meet, for each transport, and the folder that ipc needs for it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, reasonOf } from "./failure.js";
import type { Transport } from "./options.js";

function makeFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "zmq-native-demo-"));
  } catch (error) {
    throw new Failure(
      `No folder for the ipc sockets can be made in ${tmpdir()}: ${reasonOf(error)}. Let TMPDIR name one that can be written to.`,
    );
  }
}

export class Rendezvous implements Disposable {
  readonly #transport: Transport;
  readonly #folder: string | undefined;
  /** Also when the process ends by an exception that nobody expected. */
  readonly #remove = () => this[Symbol.dispose]();

  constructor(transport: Transport) {
    this.#transport = transport;
    if (transport !== "ipc") return;
    this.#folder = makeFolder();
    process.once("exit", this.#remove);
  }

  /** The address to bind to. That of tcp lets the system choose a port. */
  addressOf(part: "ventilator" | "sink"): string {
    if (this.#transport === "tcp") return "tcp://127.0.0.1:*";
    if (this.#folder === undefined) return `inproc://zmq-native-demo-${part}`;
    return `ipc://${join(this.#folder, part)}`;
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}
