// A station publishes the weather of a thousand places; a subscriber takes that of one of them, by prefix.
// Run both at once, or `publisher [ENDPOINT]` and `subscriber ENDPOINT [PLACE]` in two terminals.

import { Publisher, Subscriber } from "zmq-native";

async function publish(publisher: Publisher) {
  for (let count = 0; !publisher.closed; count++) {
    const place = 10_000 + (count % 1_000);
    const temperature = Math.round(15 + 10 * Math.random());
    await publisher.send(`${place} ${temperature}`);
  }
}

async function subscribe(endpoint: string, place = "10007"): Promise<string> {
  using subscriber = new Subscriber();
  subscriber.connect(endpoint);
  // The space belongs to it: "1000" would match 10000 to 10009.
  subscriber.subscribe(`${place} `);

  let updates = 0;
  let sum = 0;
  for await (const [update] of subscriber) {
    sum += Number(String(update).split(" ")[1]);
    if (++updates === 20) break;
  }
  return `place ${place}: ~${(sum / updates).toFixed(1)} degrees, the mean of ${updates} updates`;
}

const [part = "both", endpoint = "tcp://127.0.0.1:*", place] = process.argv.slice(2);

if (part === "subscriber") {
  console.log(await subscribe(endpoint, place));
} else {
  using publisher = new Publisher();
  await publisher.bind(endpoint);
  const publishing = publish(publisher);
  if (part === "publisher") {
    console.log(`publisher: listening at ${publisher.lastEndpoint}`);
  } else {
    const at = publisher.lastEndpoint as string;
    const lines = await Promise.all([subscribe(at, "10007"), subscribe(at, "10042")]);
    console.log(lines.join("\n"));
    publisher.close();
  }
  await publishing;
}
