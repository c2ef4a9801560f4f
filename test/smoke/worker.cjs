// The code of the threads of threads.cjs.

const { parentPort, workerData } = require("node:worker_threads");
const zmq = require(`${workerData.folder}/dist/index.js`);

const tasks = {
  async echo() {
    const pair = new zmq.Pair({ linger: 0 });
    pair.connect(workerData.endpoint);
    for await (const [frame] of pair) await pair.send(`re: ${frame}`);
  },
  async return() {
    const [pull, push] = [new zmq.Pull(), new zmq.Push()];
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint);
    await push.send("done");
    parentPort.postMessage(String(await pull.receive()));
  },
  async wait() {
    const pull = new zmq.Pull();
    await pull.bind("tcp://127.0.0.1:*");
    pull.receive();
    parentPort.postMessage("waiting");
  },
};
tasks[workerData.task]();
