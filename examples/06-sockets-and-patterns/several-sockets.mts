// Two sockets in one thread: a loop for each, or the first message of either.

import { Publisher, Pull, Push, Subscriber } from "zmq-native";

const tasks = new Pull();
const weather = new Subscriber();
weather.subscribe("10001");
const ventilator = new Push();
const station = new Publisher();
await ventilator.bind("tcp://127.0.0.1:*");
await station.bind("tcp://127.0.0.1:*");
tasks.connect(ventilator.lastEndpoint!);
weather.connect(station.lastEndpoint!);
await station.waitForSubscribers(1);
await ventilator.send("task 1");
await station.send("10001 18 degrees");
await ventilator.send("task 2");

// A loop for each socket. They run concurrently.
async function receive(socket: Pull | Subscriber, count: number) {
  const texts: string[] = [];
  for await (const [text] of socket) if (texts.push(String(text)) === count) break;
  return texts.join(", ");
}
const [taskTexts, weatherTexts] = await Promise.all([receive(tasks, 2), receive(weather, 1)]);
console.log(`tasks: ${taskTexts}`);
console.log(`weather: ${weatherTexts}`);

// The first message of either socket. The signal cancels the other receive, which would take the next message.
await ventilator.send("task 3");
const received = new AbortController();
const pending = [tasks, weather].map((socket) => socket.receive({ signal: received.signal }));
console.log(`first: ${await Promise.race(pending)}`);
received.abort();
await Promise.allSettled(pending);

for (const socket of [tasks, weather, ventilator, station]) socket.close();
