// Operations of the fuzzer's programs that use the boundary between the library and its user's code in unusual ways.
// User code runs while arguments are read, memory is detached, several copies of the library exist, and threads end at
// any moment.

const { mkdirSync } = require("node:fs");
const { connect: connectTo } = require("node:net");
const { join } = require("node:path");
const { isMainThread, Worker } = require("node:worker_threads");
const zmq = require("../..");
const { copyOf, loadCopy } = require("./classes.cjs");
const { at, folder, Intended } = require("./machine.cjs");
const others = require("./on_others.cjs");
const { want } = require("./on_sockets.cjs");
const scenes = require("./scenes.cjs");
const { takeAway } = require("./transfers.cjs");
const { trap } = require("./traps.cjs");
const { odd, toValue } = require("./values.cjs");

const interpreter = require.resolve("./interpreter.cjs");

/**
 * Performs an operation's inner one when called, on the same socket or the one that it names. It runs once, but only
 * after a number of calls, since a value may be read in TypeScript first and in C++ later.
 */
function effectOf(machine, operation, entry) {
  let calls = 0;
  return () => {
    if (calls++ !== (operation.after ?? 0)) return;
    machine.perform(operation.inner, operation.same ? entry : undefined);
  };
}

/** A call on a socket with valid arguments, and how its result is handled. */
const calls = {
  send: ({ message }) => [message, { timeout: 5, signal: undefined }],
  trySend: ({ message }) => [message],
  sendMany: ({ message }) => [[message], { timeout: 5, signal: undefined }],
  receive: () => [{ timeout: 5, signal: undefined }],
  receiveMany: () => [{ timeout: 5, max: 10, signal: undefined }],
  receiveWithMetadata: () => [{ timeout: 5, properties: ["Socket-Type", "User-Id"], signal: undefined }],
  batches: () => [{ timeout: 5, max: 3 }],
  messagesWithMetadata: () => [{ timeout: 5, properties: ["Socket-Type"] }],
  connect: ({ endpoint }) => [endpoint, { routingId: "id" }],
  disconnect: ({ endpoint }) => [endpoint],
  reconnect: ({ endpoint }) => [endpoint],
  bindSync: ({ endpoint }) => [endpoint],
  unbindSync: ({ endpoint }) => [endpoint],
  bind: ({ endpoint }) => [endpoint],
  unbind: ({ endpoint }) => [endpoint],
  subscribe: () => ["a", "b"],
  unsubscribe: () => ["a"],
  join: () => ["a"],
  leave: () => ["a"],
  close: () => [{ linger: 0 }],
  waitForPeers: () => [1, { timeout: 5, signal: undefined }],
  waitForSubscribers: () => [1, { timeout: 5, topic: "a" }],
  flush: () => [{ timeout: 5 }],
};

/** Follows the result of a call: a promise, an iterator, a message. */
function follow(machine, entry, call, result, receipt) {
  const label = `${call} on ${entry.type}`;
  if (result === false) machine.ledger.refuse(receipt);
  const use = (value, transfers) => {
    if (call === "receive") machine.received(entry, value, transfers);
    if (call === "receiveMany") for (const message of value) machine.received(entry, message, transfers);
    if (call === "receiveWithMetadata") machine.received(entry, value.message, transfers);
    if (call === "batches")
      for (const message of value.value ?? []) machine.received(entry, message, transfers);
    if (call === "messagesWithMetadata" && !value.done)
      machine.received(entry, value.value.message, transfers);
    if (call === "bind") machine.know(entry);
  };
  const promise = typeof result?.next === "function" ? result.next() : result;
  machine.track(label, promise, use, () => call === "send" && machine.ledger.refuse(receipt));
}

/** Calls a socket's method with arguments, and withdraws the message if the call throws. */
function call(machine, entry, name, args, receipt) {
  if (typeof entry.socket[name] !== "function") return;
  try {
    follow(machine, entry, name, entry.socket[name](...args), receipt);
  } catch (error) {
    machine.ledger.refuse(receipt);
    throw error;
  }
}

function prepare(machine, entry, operation) {
  const endpoint = machine.endpoint(operation.endpoint ?? 0);
  const { message, receipt } = operation.message === undefined ? {} : machine.compose(entry, operation);
  if (/^(?:bind|connect)/.test(operation.call)) {
    if (!machine.allows(endpoint)) return undefined;
    machine.link(entry, operation.call === "connect" ? "connected" : "bound", endpoint);
    if (operation.call === "connect") entry.assigned.add("id");
  }
  // The library may reject the topics, and code of the program runs in between.
  if (operation.call === "subscribe") want(entry, []);
  return { args: calls[operation.call]({ message, endpoint }), receipt };
}

/** Names of unusual values that no option accepts. */
const never = {
  timeout: new Set(["NaN", "bigint", "symbol", "object", "bare", "function", "array", "date"]),
  signal: new Set([
    "controller",
    "bigint",
    "symbol",
    "object",
    "bare",
    "function",
    "array",
    "date",
    "string",
    "target",
  ]),
};

/** The first bytes of a peer that speaks ZMTP 3 without security. */
function hello(type) {
  const greeting = Buffer.alloc(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3]);
  greeting.write("NULL", 12);
  const body = Buffer.concat([
    Buffer.from("\x05READY\x0bSocket-Type", "latin1"),
    Buffer.from([0, 0, 0, type.length]),
    Buffer.from(type),
  ]);
  return Buffer.concat([greeting, Buffer.from([4, body.length]), body]);
}

function wire(frame, more) {
  const head = frame.length < 256 ? Buffer.from([more, frame.length]) : Buffer.alloc(9, more | 2);
  if (frame.length >= 256) head.writeBigUInt64BE(BigInt(frame.length), 1);
  return Buffer.concat([head, frame]);
}

const rawPeers = { PUSH: "Push", PUB: "Publisher", DEALER: "Dealer", PAIR: "Pair" };

/** Detaches the first frame of each message: the messages that the loop has prefetched must not change. */
async function transferLoop(machine, entry, { count, how }) {
  const iterator = entry.socket[Symbol.asyncIterator]();
  for (let i = 0; i < count; i++) {
    const { transfers } = machine;
    const { value, done } = await iterator.next();
    if (done) return;
    machine.received(entry, value, transfers);
    takeAway(machine, [value].flat().find(Buffer.isBuffer), how);
  }
  await iterator.return();
}

const onSockets = {
  transfer(machine, entry, { how, which }) {
    const frames = (Array.isArray(entry.last) ? entry.last : [entry.last]).filter(Buffer.isBuffer);
    takeAway(machine, at(frames, which), how);
  },
  transferLoop(machine, entry, operation) {
    machine.track(`loop over ${entry.type}`, transferLoop(machine, entry, operation));
  },
  trapped(machine, entry, operation) {
    const prepared = prepare(machine, entry, operation);
    if (prepared === undefined) return;
    const { args, receipt } = prepared;
    const effect = effectOf(machine, operation, entry);
    const position = operation.position % args.length;
    args[position] = trap(args[position], operation.kind, effect, operation.inFrames && position === 0);
    // An object in the place of a message of one frame.
    for (const text of [String({}), String(toValue(operation.message))])
      machine.ledger.literal(entry, [Buffer.from(text)]);
    call(machine, entry, operation.call, args, receipt);
  },
  trappedSet(machine, entry, operation) {
    machine.noteOption(entry, operation.name, toValue(operation.value));
    entry.socket[operation.name] = trap(
      toValue(operation.value),
      operation.kind,
      effectOf(machine, operation, entry),
    );
  },
  nested(machine, entry, operation) {
    const { socket } = entry;
    const effect = effectOf(machine, operation, entry);
    const ways = {
      generator() {
        const first = machine.compose(entry, operation);
        const second = machine.compose(entry, operation);
        const messages = (function* () {
          yield first.message;
          effect();
          yield second.message;
        })();
        machine.track(`sendMany on ${entry.type}`, socket.sendMany(messages, { timeout: 50 }));
      },
      afterwards() {
        const { transfers } = machine;
        machine.track(
          `receive on ${entry.type}`,
          socket.receive().then((message) => {
            machine.received(entry, message, transfers);
            effect();
          }),
        );
      },
      abort() {
        const controller = new AbortController();
        controller.signal.addEventListener("abort", effect);
        follow(machine, entry, "receive", socket.receive({ signal: controller.signal }));
        setImmediate(() => controller.abort());
      },
      reason() {
        const controller = new AbortController();
        const reason = new Intended("aborted");
        follow(machine, entry, "receive", socket.receive({ signal: controller.signal }));
        controller.abort(reason);
        effect();
      },
    };
    ways[operation.how]();
  },
  invalid(machine, entry, operation) {
    const { option, value } = operation;
    const prepared = prepare(machine, entry, operation);
    if (prepared === undefined || typeof entry.socket[operation.call] !== "function") return;
    const { args, receipt } = prepared;
    args[args.length - 1] = { [option]: odd[value]() };
    const label = `${option}: ${value}\n${operation.call} on ${entry.type}`;
    const must = operation.call !== "close" && never[option]?.has(value);
    let settled = false;
    let result;
    try {
      result = entry.socket[operation.call](...args);
      if (typeof result?.next === "function") result = result.next();
    } catch (error) {
      machine.ledger.refuse(receipt);
      machine.judge(label, error);
      return;
    }
    follow(machine, entry, operation.call, result, receipt);
    if (!must || !(result instanceof Promise)) return;
    result.then(
      () => machine.fault("accepted", label),
      () => {
        settled = true;
      },
    );
    setImmediate(() => setImmediate(() => settled || machine.fault("accepted", `${label} waits`)));
  },
  leave(machine, { socket, places = [] }, { how, which }) {
    const fitting = places.filter((one) => how === "all" || one.how === how);
    for (const { how: side, endpoint } of how === "all" ? fitting : [at(fitting, which)].filter(Boolean)) {
      try {
        if (side === "bound") socket.unbindSync(endpoint);
        else socket.disconnect(endpoint);
      } catch (error) {
        machine.judge("leave", error);
      }
    }
  },
  look(_, { socket }, { what }) {
    void socket[what];
  },
  /** Everything that processes incoming data as a side effect, followed by a wait. */
  stats(machine, entry, { looks }) {
    const { socket } = entry;
    const observer = socket.events;
    machine.observers.push(observer);
    observer.requestPipeStats();
    for (let i = 0; i < looks; i++) {
      const message = socket.tryReceive?.();
      if (message !== undefined) machine.received(entry, message);
    }
    call(machine, entry, "receive", []);
  },
  listen(machine, entry, operation) {
    const observer = entry.socket.events;
    const effect = effectOf(machine, operation, entry);
    machine.observers.push(observer);
    machine.listened.add(observer);
    observer.on(operation.event, () => {
      effect();
      if (operation.throws) throw new Intended("a listener's");
    });
  },
  bindRelative(machine, entry, { name }) {
    if (!isMainThread) return;
    const endpoint = `ipc://${name}`;
    machine.link(entry, "bound", endpoint);
    entry.socket.bindSync(endpoint);
  },
};

/** Constructors and functions whose arguments run code. */
const functions = {
  Socket: [
    () => [{ linger: 0, sendHighWaterMark: 10 }],
    (machine, [options]) => machine.add("Push", new zmq.Push(options)),
  ],
  Context: [
    () => [{ ioThreads: 1 }],
    (machine, [options]) => machine.contexts.push(new zmq.Context(options)),
  ],
  attach: [
    (machine) => [at(machine.contexts, 0)?.token ?? 1],
    (machine, [token]) => machine.contexts.push(zmq.Context.attach(token)),
  ],
  Proxy: [
    (machine) => [
      at(machine.sockets, 0)?.socket,
      at(machine.sockets, 1)?.socket,
      { capture: at(machine.sockets, 2)?.socket },
    ],
    (machine, args) => {
      machine.context.proxied = true;
      const proxy = new zmq.Proxy(...args);
      machine.proxies.push(proxy);
      machine.track("proxy.run", proxy.run());
    },
  ],
  closeContext: [
    () => [{ linger: 0 }],
    (machine, [options]) => {
      machine.closedContexts = true;
      machine.track("context.close", at(machine.contexts, 0)?.close(options));
    },
  ],
};

const boundary = {
  trappedCall(machine, operation) {
    const [make, use] = functions[operation.call];
    const args = make(machine);
    const effect = effectOf(machine, { ...operation, same: false });
    const position = operation.position % args.length;
    // A proxy of a socket is not a socket.
    if (args[position] === undefined) return;
    args[position] = trap(
      args[position],
      args[position] instanceof zmq.Socket ? "proxy" : operation.kind,
      effect,
    );
    use(machine, args);
  },
  reload() {
    loadCopy();
  },
  attach(machine, { context, keep, copy }) {
    const token = at(machine.contexts, context)?.token ?? zmq.context.token;
    const attached = copyOf(copy).zmq.Context.attach(token);
    if (keep) machine.contexts.push(attached);
  },
  chdir(_, { to }) {
    if (!isMainThread) return;
    const place = to === 0 ? folder : join(folder, `d${to}`);
    mkdirSync(place, { recursive: true });
    process.chdir(place);
  },
  /** A thread that is terminated while it loads or uses the package. */
  cutShort(machine, { program, microseconds, number }) {
    if (!isMainThread) return;
    machine.context.workers = true;
    const { index, program: whole, endpoints } = machine;
    const workerData = { index, whole, thread: 1 + number, program, endpoints };
    const worker =
      program.length === 0
        ? new Worker(`require(${JSON.stringify(require.resolve("../.."))})`, { eval: true })
        : new Worker(interpreter, { workerData });
    worker.on("error", (error) => machine.fault("worker", error.stack));
    worker.on("message", (fault) => machine.fault(fault.kind, `in a worker: ${fault.text}`));
    worker.once("online", () => {
      const end = performance.now() + microseconds / 1000;
      while (performance.now() < end);
      worker.terminate();
    });
    machine.workers.push(worker);
    machine.scenes.push(new Promise((resolve) => worker.once("exit", resolve)));
  },
  /** A peer that sends a message of several frames, or a part of one, regardless of the socket's type. */
  rawPeer(machine, operation) {
    const endpoints = machine.endpoints.filter((name) => /^tcp:\/\/127\.0\.0\.1:\d+$/.test(name));
    const endpoint = at(endpoints, operation.endpoint);
    if (endpoint === undefined) return;
    const entry = { type: rawPeers[operation.type] };
    machine.ledger.enter(entry);
    machine.link(entry, "connected", endpoint);
    const peer = connectTo(Number(/\d+$/.exec(endpoint)[0]), "127.0.0.1");
    machine.servers.push(peer);
    peer.on("error", () => {});
    // libzmq does not close a silent connection.
    peer.unref();
    peer.write(hello(operation.type));
    for (let i = 0; i < operation.count; i++) {
      const { message, receipt } = machine.compose(entry, operation);
      const frames = (Array.isArray(message) ? message : [message]).map((frame) => Buffer.from(frame ?? ""));
      const cut = operation.cut && i === operation.count - 1;
      // An incomplete message must not arrive.
      if (cut) machine.ledger.refuse(receipt);
      peer.write(Buffer.concat(frames.map((frame, n) => wire(frame, n < frames.length - 1 || cut ? 1 : 0))));
    }
    if (operation.cut) peer.end();
  },
  openIn: others.open,
  pairIn: others.pair,
  contextIn: others.context,
  proxyIn: others.proxy,
  ...scenes,
};

module.exports = { onSockets, others: boundary };
