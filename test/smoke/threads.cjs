// Worker threads: each loads the addon, communicates over inproc, and ends at any moment.

const assert = require("node:assert/strict");
const { join } = require("node:path");
const { Worker } = require("node:worker_threads");

module.exports = ({ zmq, folder }) => {
  const start = (task, endpoint) =>
    new Worker(join(__dirname, "worker.cjs"), { workerData: { folder, task, endpoint } });
  const said = (worker) =>
    new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  return {
    "inproc between threads": async () => {
      const pair = new zmq.Pair({ linger: 0 });
      await pair.bind("inproc://threads");
      const worker = start("echo", pair.lastEndpoint);
      for (let i = 0; i < 200; i++) {
        await pair.send(`${i}`);
        assert.equal(String(await pair.receive()), `re: ${i}`);
      }
      await worker.terminate();
      pair.close();
    },
    "threads that end by themselves": async () => {
      for (let i = 0; i < 3; i++) {
        const worker = start("return");
        const ended = new Promise((resolve) => worker.once("exit", resolve));
        assert.equal(await said(worker), "done");
        await ended;
      }
    },
    "threads that are ended while they wait": async () => {
      for (let i = 0; i < 5; i++) {
        const worker = start("wait");
        assert.equal(await said(worker), "waiting");
        await worker.terminate();
      }
    },
  };
};
