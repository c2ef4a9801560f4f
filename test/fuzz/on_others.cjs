// Operations of the fuzzer's programs on contexts, observers, proxies, workers and time, and operations that open
// sockets.

const { isMainThread, Worker } = require("node:worker_threads");
const { copyOf } = require("./classes.cjs");
const { at } = require("./machine.cjs");
const { subscribeToAll, want } = require("./on_sockets.cjs");
const { toValue } = require("./values.cjs");

const interpreter = require.resolve("./interpreter.cjs");

/** Thousands of threads would only test the machine. */
const bearable = ([name, value]) => name !== "ioThreads" || !(value > 16);

module.exports = {
  open(machine, { type, options, context, copy }) {
    const values = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, toValue(value)]));
    const own = context === undefined ? undefined : at(machine.contexts, context);
    const Class = copyOf(copy).classes[type];
    if (Class === undefined) return;
    machine.add(type, new Class({ linger: 0, ...values, ...(own && { context: own }) }), values);
  },
  /** Two connected sockets of compatible types. */
  pair(machine, { types, endpoint, context, copies, conflate }) {
    const own = context === undefined ? undefined : at(machine.contexts, context);
    const name = machine.endpoint(endpoint);
    if (!machine.allows(name)) return;
    const [bound, connected] = types.map((type, i) => {
      const { zmq, classes } = copyOf(copies?.[i]);
      const options = { linger: 0, ...(own && { context: own }), ...(conflate === i && { conflate: true }) };
      const socket = new classes[type](options);
      const entry = machine.add(type, socket);
      if (socket instanceof zmq.Subscriber) {
        socket.subscribe();
        want(entry, []);
      }
      if (socket instanceof zmq.XSubscriber) subscribeToAll(machine, entry);
      if (type === "Dish") socket.join("a");
      return entry;
    });
    bound.socket.bindSync(name);
    machine.know(bound);
    machine.link(connected, "connected", bound.socket.lastEndpoint);
    connected.socket.connect(bound.socket.lastEndpoint);
  },
  context(machine, { options, copy }) {
    const values = Object.entries(options).filter(bearable);
    machine.contexts.push(
      new (copyOf(copy).zmq.Context)(
        Object.fromEntries(values.map(([name, value]) => [name, toValue(value)])),
      ),
    );
  },
  setContext(machine, { context, name, value }) {
    const own = at(machine.contexts, context);
    if (own && bearable([name, value])) own[name] = toValue(value);
  },
  closeContext(machine, { context, linger }) {
    const own = at(machine.contexts, context);
    if (own === undefined) return;
    machine.closedContexts = true;
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
  proxy(machine, { front, back, capture, copy }) {
    const pick = (index) => at(machine.sockets, index)?.socket;
    if (machine.sockets.length === 0) return;
    machine.context.proxied = true;
    const options = capture === undefined ? {} : { capture: pick(capture) };
    const proxy = new (copyOf(copy).zmq.Proxy)(pick(front), pick(back), options);
    machine.proxies.push(proxy);
    machine.track("proxy.run", proxy.run());
  },
  steer(machine, { proxy, call }) {
    const own = at(machine.proxies, proxy);
    if (own === undefined) return;
    if (call === "statistics") machine.track("proxy.statistics", own.statistics());
    else own[call]();
  },
  worker(machine, { program, context, number }) {
    if (!isMainThread) return;
    machine.context.workers = true;
    const token = at(machine.contexts, context ?? 0)?.token;
    const data = {
      index: machine.index,
      whole: machine.program,
      thread: 1 + number,
      program,
      token: context === undefined ? undefined : token,
      endpoints: machine.endpoints,
    };
    const worker = new Worker(interpreter, { workerData: data });
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
