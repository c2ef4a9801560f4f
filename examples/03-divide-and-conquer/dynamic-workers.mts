// Ventilator and sink stay, workers come and go. A task that went with a worker is sent again.

import { Pull, Push, type ZmqError } from "zmq-native";
import { bind } from "../common/bind.mjs";

using ventilator = new Push();
using sink = new Pull();
const tasksAt = await bind(ventilator);
const resultsAt = await bind(sink);

/** Works until it is told to leave. */
function hire(name: string): Disposable {
  const upstream = new Pull();
  const downstream = new Push();
  upstream.connect(tasksAt);
  downstream.connect(resultsAt);
  const working = async () => {
    for await (const [task] of upstream) await downstream.send([task, name]);
    downstream.close();
  };
  working();
  return upstream;
}

/** Sends tasks one after the other, each until there is a result; answers who did them. */
async function distribute(count: number): Promise<string> {
  const done = new Map<string, number>();
  for (let task = 0; task < count; ) {
    await ventilator.send(`${task}`);
    try {
      const [, worker] = await sink.receive({ timeout: 100 });
      done.set(`${worker}`, (done.get(`${worker}`) ?? 0) + 1);
      task++;
    } catch (error) {
      if ((error as ZmqError).code !== "EAGAIN") throw error;
    }
  }
  return [...done.keys()].sort().join(" and ");
}

const anna = hire("Anna");
console.log(`Anna is there: 20 tasks done by ${await distribute(20)}`);
const bert = hire("Bert");
while ((await distribute(2)) !== "Anna and Bert");
console.log(`Bert has come: 20 tasks done by ${await distribute(20)}`);
anna[Symbol.dispose]();
while ((await distribute(2)) !== "Bert");
console.log(`Anna has left: 20 tasks done by ${await distribute(20)}`);
bert[Symbol.dispose]();
