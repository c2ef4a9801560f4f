// A subscriber receives the temperatures of one place and prints the mean of 20 updates.

import { Subscriber } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5556", place = "10007"] = process.argv.slice(2);

const subscriber = new Subscriber();
subscriber.connect(endpoint);
// The space ends the place: "1000" would also match 10000 to 10009.
subscriber.subscribe(`${place} `);

let sum = 0;
for (let updates = 0; updates < 20; updates++) {
  const [update] = await subscriber.receive();
  sum += Number(String(update).split(" ")[1]);
}
console.log(`place ${place}: ~${(sum / 20).toFixed(1)} degrees, the mean of 20 updates`);
subscriber.close();
