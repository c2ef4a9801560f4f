// A local network of several machines, for tests: programs run on them.

import { setTimeout as sleep } from "node:timers/promises";
import { execaSync } from "execa";
import { Lan as Network } from "../multicast/lan.mjs";
import { type RunningProgram, startProgram } from "./program.js";

export type { Traffic } from "../multicast/lan.mjs";

/** As many machines as it is told, numbered from 1. */
export class Lan extends Network implements Disposable {
  /** Starts a program on a machine, as `startProgram` does. */
  start(machine: number, body: string, limit: number): RunningProgram {
    return startProgram(body, { within: this.within(machine), limit });
  }

  #nft(machine: number, parameters: string[], input = ""): string {
    const [command, ...rest] = [...this.within(machine), "nft", ...parameters];
    return execaSync(command as string, rest, { input }).stdout;
  }

  /**
   * Counts the packets for a machine that match an nft expression, until `lose` is called for it. The function that is
   * returned resolves when there has been one.
   */
  watch(machine: number, match: string): () => Promise<void> {
    const rules = `flush ruleset
      table inet watch {
        chain in {
          type filter hook input priority 0;
          ${match} counter
        }
      }\n`;
    this.#nft(machine, ["-f", "-"], rules);
    return async () => {
      while (!/counter packets [1-9]/.test(this.#nft(machine, ["list", "ruleset"]))) await sleep(5);
    };
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
