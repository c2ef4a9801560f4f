// A program that a test attacks, and which must work afterwards.

import { expect } from "vitest";
import { type RunningProgram, startProgram } from "./program.js";

interface VictimOptions {
  /** Milliseconds after which it is killed. */
  limit?: number;
  /** A command that runs it elsewhere. */
  within?: string[];
}

/**
 * Runs a program's `body`, which reports its endpoint, and then the `attack`. Expects that the program still runs,
 * sends itself a message over tcp and inproc, and exits by itself with code 0.
 */
export async function expectSurvival<Result>(
  body: string,
  attack: (endpoint: string, victim: RunningProgram) => Promise<Result>,
  { limit = 20_000, within = [] }: VictimOptions = {},
): Promise<Result> {
  await using victim = startProgram(
    `
    process.removeAllListeners("warning");
    process.on("warning", () => {});
    const { once } = require("node:events");
    const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    ${body}
    while ((await hear()) !== "done");
    for (const address of ["tcp://127.0.0.1:*", "inproc://good"]) {
      const pull = new zmq.Pull(), push = new zmq.Push({ linger: 0 });
      await pull.bind(address);
      push.connect(pull.lastEndpoint);
      await push.send("good");
      await pull.receive();
      pull.close();
      push.close();
    }
    console.log("good");
    process.exit(0);
  `,
    { limit, within },
  );
  const endpoint = await victim.hear<string>();
  const result = await attack(endpoint, victim);
  victim.say("done");
  expect(await victim.outcome).toMatchObject({ code: 0, signal: null, stdout: "good\n", stderr: "" });
  return result;
}
