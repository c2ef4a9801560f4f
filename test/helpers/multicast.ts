// A publisher that sends more than its rate allows at once, and whose process is killed as soon as a call resolves.

import { expect } from "vitest";
import type { Subscriber } from "zmq-native";
import { type RunningProgram, startProgram } from "./program.js";

const count = 25;

/** The calls that resolve when all messages have been sent. */
export const finishes = ["flush()", "close({ linger: -1 })"] as const;

/** `options` limit the rate of the publisher. It sends greetings until `expectAll` has received one. */
export function startKilledPublisher(
  endpoint: string,
  options: object,
  finish: (typeof finishes)[number],
): RunningProgram {
  return startProgram(`
    const publisher = new zmq.Publisher({ linger: 0, sendHighWaterMark: 0, ...${JSON.stringify(options)} });
    publisher.connect(${JSON.stringify(endpoint)});
    let met = false;
    hear().then(() => { met = true; });
    while (!met) {
      await publisher.send("are you there?");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (let id = 0; id < ${count}; id++) await publisher.send([String(id), Buffer.alloc(1300)]);
    await publisher.${finish};
    process.kill(process.pid, "SIGKILL");
  `);
}

/** Receives all messages of the publisher. */
export async function expectAll(subscriber: Subscriber, publisher: RunningProgram): Promise<void> {
  await subscriber.receive();
  publisher.say("go on");
  let expected = 0;
  while (expected < count) {
    const [frame] = await subscriber.receive();
    if (String(frame) !== "are you there?") expect(String(frame)).toBe(String(expected++));
  }
  expect(await publisher.outcome).toMatchObject({ signal: "SIGKILL", stderr: "" });
}
