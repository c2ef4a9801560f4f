// Delivery is for the peers to acknowledge: what was not acknowledged in time is sent again, and taken only once.

import { Dealer, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

using receiver = new Router();
using sender = new Dealer();
sender.connect(await bind(receiver));

/** Takes each message once, and loses every third acknowledgement, as a bad network would. */
async function take() {
  const seen = new Set<string>();
  let count = 0;
  for await (const [id, number, text] of receiver) {
    if (!seen.has(`${number}`)) console.log(`receiver: ${text}`);
    seen.add(`${number}`);
    if (++count % 3 !== 0) await receiver.send([id, number]);
  }
}

/** Sends until it is acknowledged; answers how often that took. */
async function deliver(number: number, text: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    await sender.send([`${number}`, text]);
    const acknowledged = await sender.receive({ timeout: 50 }).catch(() => undefined);
    if (Number(acknowledged?.[0]) === number) return attempt;
  }
}

const taking = take();
let attempts = 0;
for (let number = 1; number <= 6; number++) attempts += await deliver(number, `message ${number}`);
console.log(`sender: 6 messages acknowledged, in ${attempts} attempts`);
receiver.close();
await taking;
