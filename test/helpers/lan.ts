// A local network of several machines, for tests: programs run on them.

import { Lan as Network } from "../../scripts/lan.mjs";
import { type RunningProgram, startProgram } from "./program.js";

export type { Traffic } from "../../scripts/lan.mjs";

/** As many machines as it is told, numbered from 1. */
export class Lan extends Network implements Disposable {
  /** Starts a program on a machine, as `startProgram` does. */
  start(machine: number, body: string, limit: number): RunningProgram {
    return startProgram(body, { within: this.within(machine), limit });
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
