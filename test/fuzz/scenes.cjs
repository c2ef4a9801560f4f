// Operations of the fuzzer's programs that need their own sockets in a certain state, which random operations seldom
// reach. The numbers of the operation decide the rest.

const zmq = require("../..");
const { copyOf } = require("./classes.cjs");
const { subscribeToAll, want } = require("./on_sockets.cjs");
const { takeAway } = require("./transfers.cjs");

const turn = () => new Promise(setImmediate);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let names = 0;
const freshName = () => `inproc://scene-${process.pid}-${names++}`;

function open(machine, type, options = {}) {
  return machine.add(type, new (copyOf(0).classes[type])({ linger: 0, ...options }));
}

function join(machine, bound, connected, endpoint = freshName()) {
  bound.socket.bindSync(endpoint);
  machine.know(bound);
  const { lastEndpoint } = bound.socket;
  machine.link(connected, "connected", lastEndpoint);
  connected.socket.connect(lastEndpoint);
  return lastEndpoint;
}

/** Sends a message of the operation, and withdraws it if the queue is full. */
function sendOne(machine, entry, operation) {
  const { message, receipt } = machine.compose(entry, operation);
  let sent = false;
  try {
    sent = entry.socket.trySend(message);
  } catch (error) {
    machine.judge(`send on ${entry.type}`, error);
  }
  if (!sent) machine.ledger.refuse(receipt);
}

function take(machine, entry) {
  try {
    const message = entry.socket.tryReceive();
    if (message !== undefined) machine.received(entry, message);
  } catch (error) {
    machine.judge(`receive on ${entry.type}`, error);
  }
}

/** A loop receives the first messages, and a proxy forwards the rest: all arrive, in order. */
async function loopedProxy(machine, count, taken, how) {
  const [front, back] = [freshName(), freshName()];
  // Other operations may close the contexts that they know.
  const context = new zmq.Context();
  const [source, push] = [new zmq.Push({ context }), new zmq.Push({ context })];
  const [pull, sink] = [new zmq.Pull({ context }), new zmq.Pull({ context })];
  const arrived = [];
  const arrive = (message, transfers) => {
    const lost = machine.lost({ type: "Pull" }, message, transfers);
    arrived.push(lost ? String(arrived.length) : String(message[0]));
  };
  try {
    pull.bindSync(front);
    source.connect(front);
    sink.bindSync(back);
    push.connect(back);
    for (let i = 0; i < count; i++) source.trySend(String(i));
    const loop = pull[Symbol.asyncIterator]();
    while (arrived.length < taken) {
      const { transfers } = machine;
      const { value } = await loop.next();
      arrive(value, transfers);
      if (how !== undefined) takeAway(machine, value[0], how);
    }
    await loop.return();
    const proxy = new zmq.Proxy(pull, push);
    const running = proxy.run();
    while (arrived.length < count) {
      const { transfers } = machine;
      arrive(await sink.receive({ timeout: 2000 }), transfers);
    }
    proxy.terminate();
    await running;
  } catch (error) {
    const rest = `${arrived.length} of ${count}, ${taken} of them by the loop`;
    machine.fault("proxy", `messages behind a loop are lost\n${rest}: ${error?.stack ?? error}`);
  } finally {
    for (const socket of [source, pull, push, sink]) socket.close();
    machine.track("context.close", context.close());
  }
  if (arrived.some((text, i) => text !== String(i)))
    machine.fault("proxy", `messages in another order\n${arrived}`);
}

/** One socket with two peers, which loses the first of them while messages of both are unread. */
async function crossroads(machine, operation) {
  const { looks, leave, count } = operation;
  const [type, peer] = operation.types;
  const receiver = open(machine, type);
  const sources = [open(machine, peer), open(machine, peer)];
  const endpoints = sources.map((source) =>
    join(machine, source, receiver, operation.tcp ? "tcp://127.0.0.1:*" : undefined),
  );
  if (type === "Subscriber") {
    want(receiver, []);
    receiver.socket.subscribe();
  }
  if (type === "XSubscriber") subscribeToAll(machine, receiver);
  // Subscriptions and connections take a moment.
  await pause(operation.tcp ? 5 : 1);
  for (const source of sources) take(machine, source);
  for (let round = 0; round < count; round++) {
    for (const source of sources) sendOne(machine, source, operation);
    await turn();
    if (round % 2 === 1) take(machine, receiver);
    for (let i = 0; i < looks; i++) void receiver.socket.readable;
    // The library itself reads events that no operation waits for.
    if (operation.tcp) await pause(1);
  }
  if (leave === "disconnect") receiver.socket.disconnect(endpoints[0]);
  if (leave === "unbind") sources[0].socket.unbindSync(endpoints[0]);
  if (leave === "close") sources[0].socket.close();
  await turn();
  sendOne(machine, sources[1], operation);
  await turn();
  for (let i = 0; i <= 2 * count; i++) take(machine, receiver);
}

/** Throws where the type does not receive, or not at this moment. */
async function unlessRefused(machine, promise) {
  try {
    await promise;
  } catch (error) {
    machine.judge("scene", error);
  }
}

/** A receiver whose wake-up was consumed by another call before the message arrives. */
async function stats(machine, operation) {
  const pull = open(machine, "Pull");
  const push = open(machine, "Push");
  join(machine, pull, push);
  if (operation.observed) machine.observers.push(pull.socket.events);
  for (let i = 0; i < operation.looks; i++) {
    if (operation.observed) pull.socket.events.requestPipeStats();
    take(machine, pull);
  }
  for (let i = 0; i < operation.turns; i++) await turn();
  sendOne(machine, push, operation);
  for (let i = 0; i < operation.turns; i++) await turn();
  if (pull.socket.closed) return;
  machine.current = pull;
  try {
    machine.track("receive on Pull", pull.socket.receive(), (message, transfers) =>
      machine.received(pull, message, transfers),
    );
  } finally {
    machine.current = undefined;
  }
}

/** A conflating socket to which one of our peers sends messages. */
async function conflated(machine, operation) {
  const [type, peer] = operation.types;
  const receiver = open(machine, type, { conflate: true });
  const source = open(machine, peer, operation.both ? { conflate: true } : {});
  join(machine, receiver, source, operation.tcp ? "tcp://127.0.0.1:*" : undefined);
  if (type === "Subscriber") {
    want(receiver, []);
    receiver.socket.subscribe();
  }
  await pause(operation.tcp ? 5 : 1);
  for (let i = 0; i < operation.count; i++) {
    sendOne(machine, source, operation);
    if (i % 2 === 0) await turn();
    take(machine, receiver);
  }
}

const scene = (name, play) => (machine, operation) => {
  const scene = unlessRefused(machine, play(machine, operation));
  machine.scenes.push(scene);
  machine.track(name, scene);
};

module.exports = {
  loopedProxy: scene("loop and proxy", (machine, { count, take: taken, how }) =>
    loopedProxy(machine, count, Math.min(taken, count), how),
  ),
  crossroads: scene("crossroads", crossroads),
  statsPair: scene("stats", stats),
  conflated: scene("conflated", conflated),
};
