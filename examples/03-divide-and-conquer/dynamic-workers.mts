// Workers join and leave while tasks are sent. A task without a result is sent again.

import { Pull, Push, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

const ventilator = new Push({ linger: 0 });
const sink = new Pull();
await ventilator.bind("tcp://127.0.0.1:*");
await sink.bind("tcp://127.0.0.1:*");

/** Starts a worker; returns a function that stops it. */
function startWorker(name: string) {
  const upstream = new Pull();
  const downstream = new Push();
  upstream.connect(ventilator.lastEndpoint!);
  downstream.connect(sink.lastEndpoint!);
  const work = async () => {
    for await (const [task] of upstream) await downstream.send([task, name]);
    downstream.close();
  };
  work();
  return () => upstream.close();
}

/** Sends tasks one by one, each until its result is received; returns the names of the workers. */
async function distribute(tasks: number) {
  const workers = new Set<string>();
  for (let task = 0; task < tasks; ) {
    await ventilator.send(`${task}`);
    const result = await sink.receive({ timeout: 100 }).catch(onTimeout);
    if (!result) continue;
    workers.add(String(result[1]));
    task++;
  }
  return [...workers].sort().join(" and ");
}

const stopAnna = startWorker("Anna");
console.log(`Anna has joined: 20 tasks done by ${await distribute(20)}`);
const stopBert = startWorker("Bert");
while ((await distribute(2)) !== "Anna and Bert");
console.log(`Bert has joined: 20 tasks done by ${await distribute(20)}`);
stopAnna();
while ((await distribute(2)) !== "Bert");
console.log(`Anna has left: 20 tasks done by ${await distribute(20)}`);
stopBert();
ventilator.close();
sink.close();
