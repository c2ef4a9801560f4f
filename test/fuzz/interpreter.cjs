// Plays programs of the fuzzer (test/fuzz/operations.mjs says what they may hold) against the built package. A program is
// a list of operations, each plain data; an operation that names a socket, context or anything else by a number means
// that one of those there are, so any part of a program is a program.
//
// On standard input, an array of programs. On standard output, a line for each step: `begin N`, `end N OPERATIONS`,
// `fault {…}`. Ends by returning: a handle that is left behind keeps it, which counts as a hang.

const { readFileSync, writeSync } = require("node:fs");
const { isMainThread, parentPort, Worker, workerData } = require("node:worker_threads");
const zmq = require("../..");

process.removeAllListeners("warning");
process.on("warning", () => {});
const draft = zmq.capability.draft ? require("../../dist/draft.js") : {};

const classes = Object.fromEntries(
  Object.entries({ ...zmq, ...draft }).filter(
    ([, value]) => typeof value === "function" && value.prototype instanceof zmq.Socket,
  ),
);

/** Milliseconds after the end of a program in which every promise must have settled. */
const patience = 10_000;
/** Milliseconds of linger at most: what nobody fetches would hold up the end of the context. */
const longestLinger = 20;
/** A network of its own: other endpoints than wildcards may be bound, and nobody is reached but ourselves. */
const isolated = process.env.ZMQ_NATIVE_FUZZ_ISOLATED === "1";
const folder = process.env.ZMQ_NATIVE_FUZZ_FOLDER ?? ".";

/** What V8 says when the library stumbles, as opposed to what the library says. */
const stumble =
  /^Cannot (?:read properties|set properties|destructure|convert|mix|access)|is not (?:a function|iterable|a constructor|defined)|^Invalid (?:array|typed array) length|^Maximum call stack/;
/** Sockets whose messages may be of bytes that no program made; what a Stream sends may even look like ZMTP 1. */
const foreign = new Set(["Dish", "XPublisher"]);
const rawTypes = ["Stream", "Datagram"];
/** Frames of at least this length were filled by `toFrame`. */
const filledFrom = 300;

const inprocNames = ["inproc://0", "inproc://1", "inproc://2"];

const at = (list, index) => (list.length === 0 ? undefined : list[index % list.length]);

/** What JSON cannot say: `{ bytes: n }` is a Buffer, `{ big: "n" }` a bigint, `{ text: n }` a string of that length. */
function toValue(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  if ("bytes" in value) return Buffer.alloc(value.bytes, value.bytes & 0xff);
  if ("big" in value) return BigInt(value.big);
  if ("text" in value) return "x".repeat(value.text);
  if ("nothing" in value) return undefined;
  return value;
}

/** A number of bytes, a string, or a wild value. */
function toFrame(frame) {
  return typeof frame === "number" ? Buffer.alloc(frame, frame & 0xff) : toValue(frame);
}

function toMessage(message) {
  return Array.isArray(message) ? message.map(toFrame) : toFrame(message);
}

/** Whether it is all of one byte, that of its length or an x, as programs make them. */
function filled(frame) {
  const { length } = frame;
  if (length < filledFrom) return true;
  const byte = frame[0] === 0x78 ? 0x78 : length & 0xff;
  return [0, length >> 1, length - 1].every((i) => frame[i] === byte);
}

/** What one program has made, and what it waits for. */
class Machine {
  sockets = [];
  contexts = [];
  observers = [];
  proxies = [];
  controllers = [];
  workers = [];
  endpoints = ["inproc://0"];
  faults = [];
  raw = false;
  #unsettled = new Set();
  #dropped = [];

  /** Notes a promise, which must settle by the end, and with an error, if any, that a user can make sense of. */
  track(label, promise, use) {
    if (!(promise instanceof Promise)) return;
    const entry = { label };
    this.#unsettled.add(entry);
    promise.then(
      (value) => {
        this.#unsettled.delete(entry);
        use?.(value);
      },
      (error) => {
        this.#unsettled.delete(entry);
        this.judge(label, error);
      },
    );
  }

  judge(label, error) {
    if (error?.name === "AbortError") return;
    const made =
      error instanceof zmq.ZmqError
        ? error.code !== "EUNKNOWN" && error.message !== ""
        : error instanceof Error && !stumble.test(error.message);
    if (!made) this.fault("error", `${label}: ${error?.stack ?? error}`);
  }

  fault(kind, text) {
    this.faults.push({ kind, text });
  }

  /** Looks at what was received, and keeps it: the bytes must stay what they are. */
  received(entry, message) {
    const frames = (Array.isArray(message) ? message : [message]).filter(Buffer.isBuffer);
    if (!foreign.has(entry.type) && !this.raw) {
      const wrong = frames.find((frame) => !filled(frame));
      if (wrong) this.fault("bytes", `${entry.type} received ${wrong.length} bytes that nobody sent`);
    }
    entry.last = message;
    entry.copy = frames.map((frame) => Buffer.from(frame.subarray(0, 4096)));
  }

  #checkKept(entry) {
    const frames = (Array.isArray(entry.last) ? entry.last : [entry.last]).filter(Buffer.isBuffer);
    const changed = entry.copy?.some(
      (copy, i) => frames[i] && copy.compare(frames[i].subarray(0, 4096)) !== 0,
    );
    if (changed) this.fault("bytes", `a message that a ${entry.type} received has changed since`);
  }

  add(type, socket) {
    if (rawTypes.includes(type)) this.raw = true;
    this.sockets.push({ type, socket });
  }

  drop(index) {
    const [entry] = this.sockets.splice(index % this.sockets.length, 1);
    if (entry) this.#dropped.push(new WeakRef(entry.socket));
  }

  signal(index) {
    return index === undefined ? undefined : at(this.controllers, index)?.signal;
  }

  endpoint(name) {
    if (typeof name === "number") return at(this.endpoints, name);
    return String(toValue(name)).replace("FOLDER", folder);
  }

  /** Whether it may be used outside of a network of its own: what is not there is not harmed, and nobody else either. */
  allows(endpoint) {
    return (
      isolated ||
      /^(?:inproc|ipc|tcp:\/\/127\.0\.0\.1:\*|ws:\/\/127\.0\.0\.1:\*)/.test(endpoint) ||
      this.endpoints.includes(endpoint)
    );
  }

  know(socket) {
    const endpoint = socket.closed ? null : socket.lastEndpoint;
    if (typeof endpoint === "string" && endpoint !== "") this.endpoints.push(endpoint);
  }

  /** A socket that is closed before anybody bound its inproc endpoint is not gone until somebody does. */
  #meet() {
    for (const name of inprocNames) {
      const pair = quietly(() => new zmq.Pair({ linger: 0 }));
      quietly(() => pair?.bindSync(name));
      pair?.close();
    }
  }

  async end() {
    for (const proxy of this.proxies) quietly(() => proxy.terminate());
    const sockets = [
      ...this.sockets.map(({ socket }) => socket),
      ...this.#dropped.flatMap((reference) => reference.deref() ?? []),
    ];
    for (const socket of sockets) close(socket);
    for (const worker of this.workers) {
      this.track("worker", Promise.resolve(worker.terminate()));
    }
    for (const context of this.contexts) {
      this.track(
        "context.close",
        quietly(() => context.close({ linger: 0 })),
      );
    }
    this.#meet();
    const deadline = performance.now() + patience;
    while (this.#unsettled.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const label of new Set([...this.#unsettled].map((entry) => entry.label)))
      this.fault("unsettled", label);
    for (const entry of this.sockets) this.#checkKept(entry);
    for (const observer of this.observers) quietly(() => observer.close());
  }
}

function quietly(action) {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function close(socket, options) {
  if (socket.closed) return undefined;
  quietly(() => {
    if (socket.linger < 0 || socket.linger > longestLinger) socket.linger = longestLinger;
  });
  return options === undefined ? socket.close() : socket.close(options);
}

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

/** Thousands of threads would only tell how much the machine bears. */
const bearable = ([name, value]) => name !== "ioThreads" || !(value > 16);

/** Each does one thing; `entry` is the socket that it names. */
const onSockets = {
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

const others = {
  open(machine, { type, options, context }) {
    const values = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, toValue(value)]));
    const own = context === undefined ? undefined : at(machine.contexts, context);
    const Class = classes[type];
    if (Class === undefined) return;
    machine.add(type, new Class({ linger: 0, ...values, ...(own && { context: own }) }));
  },
  /** Two sockets that understand each other, joined. */
  pair(machine, { types, endpoint, context }) {
    const own = context === undefined ? undefined : at(machine.contexts, context);
    const name = machine.endpoint(endpoint);
    if (!machine.allows(name) || !types.every((type) => type in classes)) return;
    const [bound, connected] = types.map((type) => {
      const socket = new classes[type]({ linger: 0, ...(own && { context: own }) });
      machine.add(type, socket);
      return socket;
    });
    for (const socket of [bound, connected]) {
      if (socket instanceof zmq.Subscriber) socket.subscribe();
      if (socket instanceof zmq.XSubscriber) socket.trySend("\x01");
      if (draft.Dish && socket instanceof draft.Dish) socket.join("a");
    }
    bound.bindSync(name);
    machine.know(bound);
    connected.connect(bound.lastEndpoint);
  },
  context(machine, { options }) {
    const values = Object.entries(options).filter(bearable);
    machine.contexts.push(
      new zmq.Context(Object.fromEntries(values.map(([name, value]) => [name, toValue(value)]))),
    );
  },
  setContext(machine, { context, name, value }) {
    const own = at(machine.contexts, context);
    if (own && bearable([name, value])) own[name] = toValue(value);
  },
  closeContext(machine, { context, linger }) {
    const own = at(machine.contexts, context);
    if (own === undefined) return;
    machine.track("context.close", own.close(linger === undefined ? { linger: 0 } : { linger }));
  },
  dropContext(machine, { context }) {
    if (machine.contexts.length > 0) machine.contexts.splice(context % machine.contexts.length, 1);
  },
  drop(machine, { socket }) {
    if (machine.sockets.length > 0) machine.drop(socket);
  },
  collect() {
    globalThis.gc?.();
  },
  controller(machine) {
    machine.controllers.push(new AbortController());
  },
  abort(machine, { signal }) {
    at(machine.controllers, signal)?.abort();
  },
  observer(machine, { observer, call }) {
    const own = at(machine.observers, observer);
    if (own === undefined) return;
    const calls = {
      receive: () => machine.track("observer.receive", own.receive()),
      on: () => own.on("connect", () => {}).on("end", () => {}),
      close: () => own.close(),
      requestPipeStats: () => own.requestPipeStats(),
      next: () => machine.track("observer's loop", own[Symbol.asyncIterator]().next()),
    };
    calls[call]();
  },
  proxy(machine, { front, back, capture }) {
    const pick = (index) => at(machine.sockets, index)?.socket;
    if (machine.sockets.length === 0) return;
    const options = capture === undefined ? {} : { capture: pick(capture) };
    const proxy = new zmq.Proxy(pick(front), pick(back), options);
    machine.proxies.push(proxy);
    machine.track("proxy.run", proxy.run());
  },
  steer(machine, { proxy, call }) {
    const own = at(machine.proxies, proxy);
    if (own === undefined) return;
    if (call === "statistics") machine.track("proxy.statistics", own.statistics());
    else own[call]();
  },
  worker(machine, { program, context }) {
    if (!isMainThread) return;
    const token = at(machine.contexts, context ?? 0)?.token;
    const data = { program, token: context === undefined ? undefined : token, endpoints: machine.endpoints };
    const worker = new Worker(__filename, { workerData: data });
    worker.on("error", (error) => machine.fault("worker", error.stack));
    worker.on("message", (fault) => machine.fault(fault.kind, `in a worker: ${fault.text}`));
    machine.workers.push(worker);
  },
  terminate(machine, { worker }) {
    at(machine.workers, worker)?.terminate();
  },
  async turns({ sockets }, { count }) {
    for (let i = 0; i < count; i++) await new Promise(setImmediate);
    return sockets.length;
  },
  pause(_, { milliseconds }) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  },
};

async function perform(machine, operation) {
  try {
    const onSocket = onSockets[operation.op];
    if (onSocket === undefined) {
      await others[operation.op](machine, operation);
      return;
    }
    const entry = at(machine.sockets, operation.socket);
    if (entry !== undefined) onSocket(machine, entry, operation);
  } catch (error) {
    machine.judge(operation.op, error);
  }
}

/** Plays one program and answers its faults. */
async function play(program, machine = new Machine()) {
  for (const operation of program) {
    // Not each, which would give every operation a tick of its own.
    if (["turns", "pause"].includes(operation.op)) await perform(machine, operation);
    else perform(machine, operation);
  }
  return machine;
}

const say = (line) => writeSync(1, `${line}\n`);

async function main() {
  const programs = JSON.parse(readFileSync(0, "utf8"));
  let current = 0;
  const uncaught = (error) => {
    say(
      `fault ${JSON.stringify({ program: current, kind: "uncaught", text: String(error?.stack ?? error) })}`,
    );
    process.exit(1);
  };
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  for (const [index, program] of programs.entries()) {
    current = index;
    say(`begin ${index}`);
    const machine = await play(program);
    await machine.end();
    for (const fault of machine.faults) say(`fault ${JSON.stringify({ program: index, ...fault })}`);
    if (machine.faults.length > 0) process.exit(1);
    say(`end ${index} ${program.length}`);
  }
}

/** In a worker nothing is tidied up: the thread ends, or is ended, with all that it has. */
async function workerMain() {
  const machine = new Machine();
  machine.endpoints = [...workerData.endpoints];
  if (workerData.token !== undefined) {
    quietly(() => machine.contexts.push(zmq.Context.attach(workerData.token)));
  }
  await play(workerData.program, machine);
  for (const fault of machine.faults) parentPort.postMessage(fault);
}

if (isMainThread) main();
else workerMain();
