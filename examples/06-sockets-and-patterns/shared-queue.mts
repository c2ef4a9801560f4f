// A broker in two sockets: clients know one address, workers another, and either may come and go.

import { Dealer, Proxy, Reply, Request, Router } from "zmq-native";
import { bind } from "../common/bind.mjs";

// Router keeps in mind who asked, Dealer hands the questions out in turn.
const broker = new Proxy(new Router(), new Dealer());
const clientsAt = await bind(broker.frontEnd);
const workersAt = await bind(broker.backEnd);
const running = broker.run();

const answered = [0, 0, 0];
const workers = answered.map((_, index) => {
  const worker = new Reply();
  worker.connect(workersAt);
  (async () => {
    for await (const [question] of worker) {
      answered[index]++;
      await worker.send(`${question}! `.repeat(2).trim());
    }
  })();
  return worker;
});

async function client(name: string) {
  using request = new Request();
  request.connect(clientsAt);
  let answer = "";
  for (let question = 0; question < 10; question++) {
    await request.send(name);
    answer = String(await request.receive());
  }
  return `${name}: 10 answers, the last is "${answer}"`;
}
for (const line of await Promise.all(["Anna", "Bert", "Cleo"].map(client))) console.log(line);

const { frontEnd } = await broker.statistics();
console.log(
  `the broker took ${frontEnd.received.messages} questions, and gave ${frontEnd.sent.messages} answers`,
);
console.log(`by 3 workers: ~${answered.join(", ~")}`);
broker.terminate();
await running;
for (const worker of workers) worker.close();
