// Several sockets in one thread: a loop for each. Whoever needs one place for all messages merges the loops.

import { Publisher, Pull, Push, Subscriber } from "zmq-native";
import { bind } from "../common/bind.mjs";

using tasks = new Pull();
using weather = new Subscriber();
weather.subscribe("10001");

using ventilator = new Push();
using station = new Publisher();
ventilator.connect(await bind(tasks));
weather.connect(await bind(station));
await station.waitForSubscribers(1);
await ventilator.send("task 1");
await station.send("10001 18 degrees");
await ventilator.send("task 2");

// A loop for each. They take turns by themselves, and neither waits for the other.
async function handle(socket: Pull | Subscriber, name: string, count: number) {
  const handled = [];
  for await (const [text] of socket) if (handled.push(String(text)) === count) break;
  return `${name}: ${handled.join(", ")}`;
}
for (const line of await Promise.all([handle(tasks, "tasks", 2), handle(weather, "weather", 1)]))
  console.log(line);

// Waiting for whichever comes first, without taking from the other: the loser's wait is ended by a signal.
await ventilator.send("task 4");
const decided = new AbortController();
const { signal } = decided;
const both = [tasks, weather].map((socket) => socket.receive({ signal }));
console.log(`first of two: ${await Promise.race(both)}`);
decided.abort();
await Promise.allSettled(both);
