// The crew: the workers as processes or threads. Starts them, kills them, tells when one has ended and how.

import { fork } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Setup } from "./protocol.js";

interface Member {
  kill(): void;
  /** How it ended, for instance `SIGKILL` or `exit code 1`. */
  readonly ended: Promise<string>;
}

const program = join(__dirname, "worker.js");

function startProcess(setup: Setup): Member {
  const child = fork(program, [JSON.stringify(setup)]);
  return {
    kill: () => child.kill("SIGKILL"),
    ended: new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.on("error", (error) => {
        // Without a process there will be no exit.
        if (child.pid === undefined) resolve(error.message);
      });
    }),
  };
}

function startThread(setup: Setup): Member {
  const thread = new Worker(program, { workerData: setup });
  let how: string | undefined;
  return {
    kill: () => {
      how = "terminated";
      // By its own hand, between two files: Node.js aborts when terminate() comes while zlib begins.
      thread.postMessage("exit");
    },
    ended: new Promise((resolve) => {
      thread.once("error", (error) => {
        how = error.message;
      });
      thread.once("exit", (code) => resolve(how ?? `exit code ${code}`));
    }),
  };
}

export class Crew implements AsyncDisposable {
  readonly #members = new Map<string, Member>();
  readonly #ends: Promise<void>[] = [];

  /** Starts a worker for each setup; `onEnd` is called when one has ended, for whatever reason. */
  constructor(setups: Setup[], threads: boolean, onEnd: (worker: string, how: string) => void) {
    for (const setup of setups) {
      const member = threads ? startThread(setup) : startProcess(setup);
      this.#members.set(setup.name, member);
      this.#ends.push(
        member.ended.then((how) => {
          this.#members.delete(setup.name);
          onEnd(setup.name, how);
        }),
      );
    }
  }

  /** Ends a worker with files in its hands: a process at once, in the middle of one; a thread before the next. */
  kill(worker: string): void {
    this.#members.get(worker)?.kill();
  }

  /** Resolves when every worker has ended. */
  async allEnded(): Promise<void> {
    await Promise.all(this.#ends);
  }

  /** Kills those that still live. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#members.values()) worker.kill();
    await this.allEnded();
  }
}
