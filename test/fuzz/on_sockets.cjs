// Operations of the fuzzer's programs on one socket. Each performs one action, and `entry` is the socket that it names.

const { close, longestLinger } = require("./machine.cjs");
const { toValue } = require("./values.cjs");

function waiting(machine, { timeout, signal, max }) {
  const options = {};
  if (timeout !== undefined) options.timeout = toValue(timeout);
  if (max !== undefined) options.max = toValue(max);
  if (signal !== undefined) options.signal = machine.signal(signal);
  return Object.keys(options).length === 0 ? undefined : options;
}

/** Returns the option `transfer` of a send, if the operation sets it. */
const transferring = ({ transfer }) => (transfer === undefined ? {} : { transfer });

/** The group or routing id of a draft socket's message, taken from the socket's last message where needed. */
function tagOf(entry, { group, routingId }) {
  if (!["Server", "Peer", "Radio"].includes(entry.type)) return undefined;
  if (group !== undefined) return { group: toValue(group) };
  const id = Array.isArray(entry.last) ? entry.last[1]?.routingId : undefined;
  return routingId === undefined ? undefined : { routingId: id ?? routingId };
}

async function loop(machine, entry, iterator, kind, count) {
  for (let i = 0; i < count; i++) {
    const { transfers } = machine;
    const { value, done } = await iterator.next();
    if (done) return;
    const message = value.message ?? value;
    for (const one of kind === "batches" ? message : [message]) machine.received(entry, one, transfers);
  }
  await iterator.return?.();
}

/** Records topics that a Subscriber may receive from then on. No topics mean all. */
function want(entry, topics) {
  if (entry.type !== "Subscriber") return;
  for (const topic of topics.length > 0 ? topics : [""]) entry.topics.add(Buffer.from(String(topic)));
  entry.wanted = (frame) => [...entry.topics].some((topic) => frame.subarray(0, topic.length).equals(topic));
}

/**
 * Subscribes an XSubscriber to everything. Over inproc, the subscription also reaches a peer that is not a publisher.
 */
function subscribeToAll(machine, entry) {
  const subscription = Buffer.from([1]);
  machine.ledger.literal(entry, [subscription]);
  entry.socket.trySend(subscription);
}

/** Withdraws a message that the library has rejected, by throwing, rejecting or returning false. */
function unlessRefused(machine, receipt, send) {
  try {
    const result = send();
    if (result === false) machine.ledger.refuse(receipt);
    return result;
  } catch (error) {
    machine.ledger.refuse(receipt);
    throw error;
  }
}

/** No count of a socket may be negative, and the sum of all drops must be right. */
function count(machine, { dropped, ...counts }) {
  const { total, ...reasons } = dropped;
  const all = [...Object.values(counts), ...Object.values(reasons)];
  const sum = Object.values(reasons).reduce((added, number) => added + number, 0);
  if (sum !== total || !all.every((number) => Number.isInteger(number) && number >= 0))
    machine.fault("statistics", `impossible counts: ${JSON.stringify({ ...counts, dropped })}`);
}

module.exports = {
  bind(machine, entry, { endpoint, sync }) {
    const { socket } = entry;
    const name = machine.endpoint(endpoint);
    if (!machine.allows(name)) return;
    machine.link(entry, "bound", name);
    if (sync) {
      socket.bindSync(name);
      machine.know(entry);
    } else machine.track(`bind ${name}`, socket.bind(name), () => machine.know(entry));
  },
  unbind(machine, { socket }, { endpoint, sync }) {
    const name = machine.endpoint(endpoint);
    if (sync) socket.unbindSync(name);
    else machine.track(`unbind ${name}`, socket.unbind(name));
  },
  connect(machine, entry, { endpoint, routingId }) {
    const { socket } = entry;
    const name = machine.endpoint(endpoint);
    if (!machine.allows(name)) return;
    machine.link(entry, "connected", name);
    if (routingId === undefined) {
      socket.connect(name);
      return;
    }
    const id = toValue(routingId);
    entry.assigned.add(Buffer.from(id).toString("latin1"));
    socket.connect(name, { routingId: id });
  },
  connectPeer(machine, entry, { endpoint }) {
    const name = machine.endpoint(endpoint);
    if (!machine.allows(name)) return;
    machine.link(entry, "connected", name);
    entry.socket.connectPeer?.(name);
  },
  disconnectPeer(_machine, entry, { routingId }) {
    entry.socket.disconnectPeer?.(routingId);
  },
  disconnect(machine, { socket }, { endpoint }) {
    socket.disconnect(machine.endpoint(endpoint));
  },
  set(machine, entry, { name, value }) {
    const { socket } = entry;
    machine.noteOption(entry, name, toValue(value));
    const before = name === "linger" ? socket.linger : undefined;
    socket[name] = toValue(value);
    if (before !== undefined && (socket.linger < 0 || socket.linger > longestLinger))
      socket.linger = longestLinger;
  },
  get(_, { socket }, { name }) {
    return void socket[name];
  },
  send(machine, entry, operation) {
    const options = {
      ...waiting(machine, operation),
      ...tagOf(entry, operation),
      ...transferring(operation),
    };
    const given = Object.keys(options).length > 0 ? [options] : [];
    const { message, receipt } = machine.compose(entry, operation);
    const promise = unlessRefused(machine, receipt, () => entry.socket.send(message, ...given));
    machine.track(`send on ${entry.type}`, promise, undefined, () => machine.ledger.refuse(receipt));
  },
  trySend(machine, entry, operation) {
    const options = { ...tagOf(entry, operation), ...transferring(operation) };
    const given = Object.keys(options).length > 0 ? [options] : [];
    const { message, receipt } = machine.compose(entry, operation);
    unlessRefused(machine, receipt, () => entry.socket.trySend(message, ...given));
  },
  sendMany(machine, entry, operation) {
    const tag = tagOf(entry, operation);
    const all = Array.from({ length: operation.count }, () => machine.compose(entry, operation));
    const messages = all.map(({ message }) => (tag ? [message, tag] : message));
    const refuse = ({ sent }) => {
      if (typeof sent !== "number") return;
      for (const { receipt } of all.slice(sent)) machine.ledger.refuse(receipt);
    };
    machine.track(
      `sendMany on ${entry.type}`,
      entry.socket.sendMany(messages, waiting(machine, operation)),
      undefined,
      refuse,
    );
  },
  flood(machine, entry, operation) {
    const tag = tagOf(entry, operation);
    for (let i = 0; i < operation.count; i++) {
      const { message, receipt } = machine.compose(entry, operation);
      if (!unlessRefused(machine, receipt, () => entry.socket.trySend(message, ...(tag ? [tag] : []))))
        return;
    }
  },
  /** Sends to the peer of the last message. */
  reply(machine, entry, operation) {
    const { last, socket, type } = entry;
    if (!Array.isArray(last)) return;
    const tagged = typeof last[1] === "object" && last[1] !== null && !Buffer.isBuffer(last[1]);
    machine.context.echoes = true;
    machine.ledger.literal(entry, tagged ? [last[0]] : last);
    const options = { ...(tagged ? last[1] : {}), ...transferring(operation) };
    machine.track(`reply on ${type}`, socket.send(tagged ? last[0] : last, options));
  },
  receive(machine, entry, operation) {
    const options = waiting(machine, operation);
    const promise = options === undefined ? entry.socket.receive() : entry.socket.receive(options);
    machine.track(`receive on ${entry.type}`, promise, (message, transfers) =>
      machine.received(entry, message, transfers),
    );
  },
  tryReceive(machine, entry) {
    const message = entry.socket.tryReceive();
    if (message !== undefined) machine.received(entry, message);
  },
  receiveMany(machine, entry, operation) {
    const promise = entry.socket.receiveMany(waiting(machine, operation));
    machine.track(`receiveMany on ${entry.type}`, promise, (messages, transfers) => {
      for (const message of messages) machine.received(entry, message, transfers);
    });
  },
  receiveWithMetadata(machine, entry, operation) {
    const options = waiting(machine, operation) ?? {};
    if (operation.properties !== undefined) options.properties = operation.properties.map(toValue);
    const promise = entry.socket.receiveWithMetadata(options);
    machine.track(`receiveWithMetadata on ${entry.type}`, promise, ({ message }, transfers) =>
      machine.received(entry, message, transfers),
    );
  },
  loop(machine, entry, { kind, count }) {
    const iterator = {
      messages: () => entry.socket[Symbol.asyncIterator](),
      batches: () => entry.socket.batches(),
      metadata: () => entry.socket.messagesWithMetadata(),
    }[kind]();
    machine.track(`loop over ${entry.type}`, loop(machine, entry, iterator, kind, count));
  },
  /** Subscribe, unsubscribe, join, leave. */
  topics(machine, entry, { call, topics }) {
    const values = topics.map(toValue);
    // Over inproc, a subscription also reaches a peer that is not a publisher.
    for (const topic of values) machine.ledger.literal(undefined, [Buffer.from(String(topic))]);
    if (call === "subscribe") want(entry, values);
    entry.socket[call]?.(...values);
  },
  waitForSubscribers(machine, { socket }, operation) {
    const { count, topic } = operation;
    const options = {
      ...waiting(machine, operation),
      ...(topic === undefined ? {} : { topic: toValue(topic) }),
    };
    machine.track("waitForSubscribers", socket.waitForSubscribers?.(count, options));
  },
  waitForPeers(machine, { socket }, operation) {
    machine.track("waitForPeers", socket.waitForPeers(operation.count, waiting(machine, operation)));
  },
  peers(machine, { socket }, operation) {
    const { peers } = socket;
    const look = (peer) => [peer.statistics(), peer.routingId, peer.state];
    const options = () => {
      const { signal } = waiting(machine, operation) ?? {};
      return signal === undefined ? undefined : { signal };
    };
    const acts = {
      list: () => [...peers].map(look),
      sum: () => count(machine, socket.statistics()),
      listen: () =>
        peers
          .once("drop", ({ dropped }) => count(machine, { dropped }))
          .once("leave", ({ peer }) => look(peer))
          .once("join", ({ peer }) => look(peer)),
      next: () => machine.track("changes", peers.changes(options()).next()),
      loop: () => peers.changes(options()),
      endpoints: () => socket.endpoints,
    };
    acts[operation.act]();
  },
  flush(machine, { socket }, operation) {
    machine.track("flush", socket.flush(waiting(machine, operation)));
  },
  queues(_, { socket }, { send, receive }) {
    if ("sendQueue" in socket) socket.sendQueue = send ?? null;
    if ("receiveQueue" in socket) socket.receiveQueue = receive ?? null;
  },
  close(machine, { socket }, { linger }) {
    const promise = close(socket, linger === undefined ? undefined : { linger });
    if (linger !== undefined) machine.track("close with options", promise);
  },
  observe(machine, { socket }) {
    machine.observers.push(socket.events);
  },
};
// Not enumerable, since all enumerable properties are operations.
Object.defineProperties(module.exports, { subscribeToAll: { value: subscribeToAll }, want: { value: want } });
