// The receiver acknowledges each message. The sender repeats messages that were not acknowledged in time.

import { Dealer, Router, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

const receiver = new Router();
const sender = new Dealer();
await receiver.bind("tcp://127.0.0.1:*");
sender.connect(receiver.lastEndpoint!);

/** Processes each message once, and loses every third acknowledgement. */
async function receive() {
  const processed = new Set<string>();
  let count = 0;
  for await (const [id, number, text] of receiver) {
    if (!processed.has(`${number}`)) console.log(`receiver: ${text}`);
    processed.add(`${number}`);
    if (++count % 3 !== 0) await receiver.send([id, number]);
  }
}
const receiving = receive();

let attempts = 0;
for (let number = 1; number <= 6; number++) {
  for (let acknowledged = 0; acknowledged !== number; attempts++) {
    await sender.send([`${number}`, `message ${number}`]);
    const [frame] = (await sender.receive({ timeout: 200 }).catch(onTimeout)) ?? [];
    acknowledged = Number(frame);
  }
}
console.log(`sender: 6 messages acknowledged after ~${attempts} attempts`);
sender.close();
receiver.close();
await receiving;
