// Subscribes to the raw transactions and blocks of a node. The node is a publisher of the same library that sends the
// frames of Bitcoin Core: topic, payload, and a counter of 32 bits.

const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const { check, done, load } = require("./check.cjs");
const { BitcoindClient } = load("@node-lightning/bitcoind");
const zmq = load("zeromq");

async function main() {
  const node = zmq.socket("xpub");
  node.bindSync("tcp://127.0.0.1:*");
  const endpoint = node.getsockopt(zmq.ZMQ_LAST_ENDPOINT).replace(/\0$/, "");

  const client = new BitcoindClient({ zmqpubrawtx: endpoint, zmqpubrawblock: endpoint });
  const subscribed = [];
  const both = new Promise((resolve) =>
    node.on("message", (subscription) => {
      if (subscribed.push(subscription.toString("latin1")) === 2) resolve();
    }),
  );
  client.subscribeRawTx();
  client.subscribeRawBlock();
  await both;
  check("subscriptions", subscribed.sort(), ["\x01rawblock", "\x01rawtx"]);

  for (let i = 0; i < 100; i++) {
    const [transaction, block] = [randomBytes(250), randomBytes(200_000)];
    const counter = Buffer.alloc(4);
    counter.writeUInt32LE(i);
    const events = Promise.all([once(client, "rawtx"), once(client, "rawblock")]);
    node.send(["rawtx", transaction, counter]);
    node.send(["rawblock", block, counter]);
    node.send(["hashtx", randomBytes(32), counter]);
    const [[tx], [raw]] = await events;
    check("transaction", tx.equals(transaction), true);
    check("block", raw.equals(block), true);
  }
  for (const socket of [client.rawTxSock, client.rawBlockSock, node]) socket.close();
}

main().then(done);
