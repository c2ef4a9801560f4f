// Connects to a node that starts later, subscribes to transactions, and receives them. Its own tests connect first and
// observe afterwards, and miss the event `connect` by chance.

const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const { check, done, freePorts, load } = require("./check.cjs");
const ZMQClient = load("@dashevo/dashd-zmq");
const { XPublisher } = load("zeromq");

async function main() {
  const [port] = await freePorts(1);
  const client = new ZMQClient({ protocol: "tcp", host: "127.0.0.1", port: `${port}` });
  const retry = once(client, "connect:retry");
  const connected = client.connect();
  await retry;
  const node = new XPublisher();
  await node.bind(`tcp://127.0.0.1:${port}`);
  await connected;
  check("is connected", client.isConnected, true);

  client.subscribe("rawtx");
  const [subscription] = await node.receive();
  check("subscription", subscription.toString(), "\x01rawtx");
  for (let i = 0; i < 100; i++) {
    const transaction = randomBytes(300);
    const event = once(client, "rawtx");
    await node.send(["hashtx", randomBytes(32)]);
    await node.send(["rawtx", transaction]);
    check("transaction", await event, [transaction.toString("hex")]);
  }

  const ended = once(client, "disconnect");
  node.close();
  await ended;
}

main().then(done);
