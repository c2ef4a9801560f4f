// What a leak checker watches: sockets, contexts, messages of all sizes, waits, proxies, observers, workers, all of them
// brought to an end. Ends by returning, so that what is still allocated then has been leaked.

const { isMainThread, Worker } = require("node:worker_threads");
const zmq = require("../..");

process.removeAllListeners("warning");
process.on("warning", () => {});
const draft = zmq.capability.draft ? require("../../dist/draft.js") : undefined;

const sizes = [0, 1, 33, 200, 5_000, 20_000, 100_000, 600_000];
const rounds = isMainThread ? 20 : 2;

async function join(bound, connected, endpoint) {
  await bound.bind(endpoint);
  connected.connect(bound.lastEndpoint);
}

async function pairLife(endpoint, options = [{}, {}]) {
  const context = new zmq.Context();
  const bound = new zmq.Dealer({ context, linger: 0, ...options[0] });
  const connected = new zmq.Dealer({ context, linger: 0, ...options[1] });
  await join(bound, connected, endpoint);
  for (const size of sizes) {
    await connected.send(["frame", Buffer.alloc(size), "x".repeat(size)]);
    await bound.receive();
  }
  await connected.sendMany(sizes.map((size) => Buffer.alloc(size)));
  for (let received = 0; received < sizes.length; ) received += (await bound.receiveMany()).length;
  await connected.send("properties");
  await bound.receiveWithMetadata();
  await bound.receive({ timeout: 1 }).catch(() => {});
  const aborted = new AbortController();
  const waits = [bound.receive({ signal: aborted.signal }).catch(() => {})];
  aborted.abort();
  await Promise.all(waits);
  waits.push(bound.receive().catch(() => {}));
  await connected.send("left behind");
  await connected.send("and this");
  bound.close();
  connected.close();
  await Promise.all(waits);
}

async function publish() {
  const publisher = new zmq.Publisher({ linger: 0 });
  const subscriber = new zmq.Subscriber();
  subscriber.subscribe("a", "b");
  await join(publisher, subscriber, "tcp://127.0.0.1:*");
  await publisher.waitForSubscribers(1);
  await publisher.send(["a", Buffer.alloc(100)]);
  await subscriber.receive();
  const waiting = publisher.waitForSubscribers(5).catch(() => {});
  publisher.close();
  subscriber.close();
  await waiting;
}

async function observe() {
  const push = new zmq.Push({ linger: 0, reconnectInterval: 1 });
  const pull = new zmq.Pull();
  const { events } = push;
  await join(pull, push, "tcp://127.0.0.1:*");
  while ((await events.receive()).type !== "handshake") {}
  events.requestPipeStats();
  await events.receive();
  pull.close();
  while ((await events.receive()).type !== "disconnect") {}
  await push.close({ linger: 0 });
}

async function pass() {
  const [front, back, capture] = [new zmq.Pull(), new zmq.Push({ linger: 0 }), new zmq.Push({ linger: 0 })];
  const [from, to] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
  await join(front, from, "tcp://127.0.0.1:*");
  await join(back, to, "tcp://127.0.0.1:*");
  capture.connect("tcp://127.0.0.1:9");
  const proxy = new zmq.Proxy(front, back, { capture });
  const running = proxy.run();
  for (const size of sizes) {
    await from.send(["a", Buffer.alloc(size)]);
    await to.receive();
  }
  await proxy.statistics();
  proxy.terminate();
  await running;
  for (const socket of [from, to, capture]) socket.close();
}

async function drafts() {
  const options = { linger: 0 };
  const [server, client] = [new draft.Server(options), new draft.Client(options)];
  await join(server, client, "tcp://127.0.0.1:*");
  for (const size of sizes) {
    await client.send(Buffer.alloc(size));
    const [message, tag] = await server.receive();
    await server.send(message, tag);
    await client.receive();
  }
  const [radio, dish] = [new draft.Radio(options), new draft.Dish(options)];
  dish.join("a", "b");
  dish.leave("b");
  await join(radio, dish, "inproc://radio");
  for (const size of sizes) await radio.send(Buffer.alloc(size), { group: "a" });
  await dish.receive({ timeout: 100 }).catch(() => {});
  for (const socket of [server, client, radio, dish]) socket.close();
}

/** A name that nobody has is looked up once: where no server answers, that takes its time. */
const missing = isMainThread ? ["tcp://nosuchhost.invalid:1"] : [];

async function fail() {
  try {
    new zmq.Pull({ linger: "wrong" });
  } catch {}
  const push = new zmq.Push({ linger: 0 });
  for (const endpoint of [...missing.splice(0), "tcp://127.0.0.1", "ipc:///no/such/place", "nonsense://a"]) {
    await push.bind(endpoint).catch(() => {});
  }
  // Looked up on a thread of libzmq's, and given up.
  push.connect("tcp://localhost:9");
  push.connect("inproc://nobody");
  const waiting = push.send("never", { timeout: 1 }).catch(() => {});
  await waiting;
  push.close();
}

async function main() {
  const { publicKey, secretKey } = zmq.curveKeyPair();
  const curve = [
    { curveServer: true, curveSecretKey: secretKey },
    { curveServerKey: publicKey, curvePublicKey: publicKey, curveSecretKey: secretKey },
  ];
  for (let i = 0; i < rounds; i++) {
    for (const endpoint of ["tcp://127.0.0.1:*", "inproc://leaks", "ipc://*"]) await pairLife(endpoint);
    if (draft) await pairLife("ws://127.0.0.1:*");
    await pairLife("tcp://127.0.0.1:*", curve);
    await publish();
    await observe();
    await pass();
    if (draft) await drafts();
    await fail();
  }
  if (!isMainThread) return;
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(__filename);
    if (i > 2) setTimeout(() => worker.terminate(), 40 * i);
    await new Promise((resolve) => worker.once("exit", resolve));
  }
}
main();
