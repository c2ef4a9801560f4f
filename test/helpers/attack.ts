// Raw peers in a multicast group: whatever they send, the group's subscriber and publisher must deliver afterwards.

import { expect } from "vitest";
import { startProgram } from "./program.js";

// They exchange messages before the test sends its packets, and again afterwards.
const program = `
  const [endpoint, receiveTimeout] = await hear();
  const subscriber = new zmq.Subscriber({ receiveTimeout, linger: 0 });
  const publisher = new zmq.Publisher({ linger: 0 });
  subscriber.subscribe();
  await subscriber.bind(endpoint);
  publisher.connect(endpoint);
  const exchange = async (text) => {
    const beat = setInterval(() => publisher.send([text, "2nd frame"]), 10);
    for await (const frames of subscriber) {
      if (frames[0].toString() !== text) continue;
      if (frames.length !== 2 || frames[1].toString() !== "2nd frame") throw new Error(frames.join());
      break;
    }
    clearInterval(beat);
  };
  await exchange("before");
  say("ready");
  await hear();
  await exchange("after");
  say("done");
  publisher.close();
  subscriber.close();
`;

/**
 * Attacks the users of the endpoint. Fails if the program exits early, prints anything, or receives nothing for
 * `patience` milliseconds.
 */
export async function survive(endpoint: string, attack: () => Promise<void>, patience = 5000): Promise<void> {
  await using running = startProgram(program);
  running.say([endpoint, patience]);
  await running.hear();
  await attack();
  running.say("go on");
  await running.hear();
  expect(await running.outcome).toMatchObject({ code: 0, signal: null, stdout: "", stderr: "" });
}
