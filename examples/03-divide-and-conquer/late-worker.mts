// Tasks sent before the second worker has connected all go to the first one.

import { Pull, Push, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

async function count(worker: Pull) {
  let tasks = 0;
  while (await worker.receive({ timeout: 500 }).catch(onTimeout)) tasks++;
  return tasks;
}

/** Sends 10 tasks as soon as `present` of the two workers have connected. */
async function distribute(title: string, present: number) {
  const ventilator = new Push();
  const { events } = ventilator;
  await ventilator.bind("tcp://127.0.0.1:*");
  const workers = [new Pull(), new Pull()];

  for (const worker of workers.slice(0, present)) worker.connect(ventilator.lastEndpoint!);
  let connected = 0;
  for await (const { type } of events) {
    if (type === "handshake" && ++connected === present) break;
  }
  for (let task = 0; task < 10; task++) await ventilator.send(`task ${task}`);
  for (const worker of workers.slice(present)) worker.connect(ventilator.lastEndpoint!);

  console.log(`${title}: ${(await Promise.all(workers.map(count))).join(" and ")} tasks`);
  for (const socket of [ventilator, ...workers]) socket.close();
}

await distribute("sent when one worker has connected", 1);
await distribute("sent when both have connected", 2);
