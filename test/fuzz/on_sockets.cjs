// Operations of the fuzzer's programs on one socket. Each does one thing; `entry` is the socket that it names.

const { close, longestLinger } = require("./machine.cjs");
const { toMessage, toValue } = require("./values.cjs");

function waiting(machine, { timeout, signal, max }) {
  const options = {};
  if (timeout !== undefined) options.timeout = toValue(timeout);
  if (max !== undefined) options.max = toValue(max);
  if (signal !== undefined) options.signal = machine.signal(signal);
  return Object.keys(options).length === 0 ? undefined : options;
}

/** What a draft socket's message goes with, by the socket's last message where it has a say. */
function tagOf(entry, { group, routingId }) {
  if (!["Server", "Peer", "Radio"].includes(entry.type)) return undefined;
  if (group !== undefined) return { group: toValue(group) };
  const id = Array.isArray(entry.last) ? entry.last[1]?.routingId : undefined;
  return routingId === undefined ? undefined : { routingId: id ?? routingId };
}

async function loop(machine, entry, iterator, count) {
  for (let i = 0; i < count; i++) {
    const { value, done } = await iterator.next();
    if (done) return;
    const message = value.message ?? value;
    machine.received(entry, Array.isArray(message[0]) ? message[0] : message);
  }
  await iterator.return?.();
}

module.exports = {
  bind(machine, { socket }, { endpoint, sync }) {
    const name = machine.endpoint(endpoint);
    if (!machine.allows(name)) return;
    if (sync) {
      socket.bindSync(name);
      machine.know(socket);
    } else machine.track(`bind ${name}`, socket.bind(name), () => machine.know(socket));
  },
  unbind(machine, { socket }, { endpoint, sync }) {
    const name = machine.endpoint(endpoint);
    if (sync) socket.unbindSync(name);
    else machine.track(`unbind ${name}`, socket.unbind(name));
  },
  connect(machine, { socket }, { endpoint, routingId }) {
    const name = machine.endpoint(endpoint);
    if (!machine.allows(name)) return;
    if (routingId === undefined) socket.connect(name);
    else socket.connect(name, { routingId: toValue(routingId) });
  },
  connectPeer(machine, { socket }, { endpoint }) {
    const name = machine.endpoint(endpoint);
    if (machine.allows(name)) socket.connectPeer?.(name);
  },
  disconnect(machine, { socket }, { endpoint }) {
    socket.disconnect(machine.endpoint(endpoint));
  },
  set(_, { socket }, { name, value }) {
    const before = name === "linger" ? socket.linger : undefined;
    socket[name] = toValue(value);
    if (before !== undefined && (socket.linger < 0 || socket.linger > longestLinger))
      socket.linger = longestLinger;
  },
  get(_, { socket }, { name }) {
    return void socket[name];
  },
  send(machine, entry, operation) {
    const options = { ...waiting(machine, operation), ...tagOf(entry, operation) };
    const given = Object.keys(options).length > 0 ? [options] : [];
    machine.track(`send on ${entry.type}`, entry.socket.send(toMessage(operation.message), ...given));
  },
  trySend(_, entry, operation) {
    const tag = tagOf(entry, operation);
    entry.socket.trySend(toMessage(operation.message), ...(tag ? [tag] : []));
  },
  sendMany(machine, entry, operation) {
    const tag = tagOf(entry, operation);
    const message = toMessage(operation.message);
    const messages = Array.from({ length: operation.count }, () => (tag ? [message, tag] : message));
    machine.track(`sendMany on ${entry.type}`, entry.socket.sendMany(messages, waiting(machine, operation)));
  },
  flood(_, entry, operation) {
    const tag = tagOf(entry, operation);
    for (let i = 0; i < operation.count; i++) {
      if (!entry.socket.trySend(toMessage(operation.message), ...(tag ? [tag] : []))) return;
    }
  },
  /** Back to where the last message came from. */
  reply(machine, entry) {
    const { last, socket, type } = entry;
    if (!Array.isArray(last)) return;
    const tagged = typeof last[1] === "object" && last[1] !== null && !Buffer.isBuffer(last[1]);
    machine.track(`reply on ${type}`, tagged ? socket.send(last[0], last[1]) : socket.send(last));
  },
  receive(machine, entry, operation) {
    const options = waiting(machine, operation);
    const promise = options === undefined ? entry.socket.receive() : entry.socket.receive(options);
    machine.track(`receive on ${entry.type}`, promise, (message) => machine.received(entry, message));
  },
  tryReceive(machine, entry) {
    const message = entry.socket.tryReceive();
    if (message !== undefined) machine.received(entry, message);
  },
  receiveMany(machine, entry, operation) {
    const promise = entry.socket.receiveMany(waiting(machine, operation));
    machine.track(`receiveMany on ${entry.type}`, promise, (messages) =>
      machine.received(entry, messages.at(-1)),
    );
  },
  receiveWithMetadata(machine, entry, operation) {
    const options = waiting(machine, operation) ?? {};
    if (operation.properties !== undefined) options.properties = operation.properties.map(toValue);
    const promise = entry.socket.receiveWithMetadata(options);
    machine.track(`receiveWithMetadata on ${entry.type}`, promise, ({ message }) =>
      machine.received(entry, message),
    );
  },
  loop(machine, entry, { kind, count }) {
    const iterator = {
      messages: () => entry.socket[Symbol.asyncIterator](),
      batches: () => entry.socket.batches(),
      metadata: () => entry.socket.messagesWithMetadata(),
    }[kind]();
    machine.track(`loop over ${entry.type}`, loop(machine, entry, iterator, count));
  },
  /** Subscribe, unsubscribe, join, leave. */
  topics(_, { socket }, { call, topics }) {
    socket[call]?.(...topics.map(toValue));
  },
  waitForSubscribers(machine, { socket }, operation) {
    const { count, topic } = operation;
    const options = {
      ...waiting(machine, operation),
      ...(topic === undefined ? {} : { topic: toValue(topic) }),
    };
    machine.track("waitForSubscribers", socket.waitForSubscribers?.(count, options));
  },
  close(machine, { socket }, { linger }) {
    const promise = close(socket, linger === undefined ? undefined : { linger });
    if (linger !== undefined) machine.track("close with options", promise);
  },
  observe(machine, { socket }) {
    machine.observers.push(socket.events);
  },
};
