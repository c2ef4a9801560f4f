// A client: names a service, and asks again when there is no answer in time.

import { Request } from "zmq-native";
import * as protocol from "./protocol.mjs";

/** Asks a service; the frames of its answer, or undefined when there was none at all. */
export async function ask(
  endpoint: string,
  service: string,
  question: (string | Buffer)[],
  { attempts = 3, timeout = 500 } = {},
): Promise<Buffer[] | undefined> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    using request = new Request({ linger: 0 });
    request.connect(endpoint);
    await request.send([protocol.client, service, ...question]);
    const frames = await request.receive({ timeout }).catch(() => undefined);
    // The header and the service come before the answer.
    if (frames) return frames.slice(2);
  }
  return undefined;
}
