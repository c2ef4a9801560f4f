// What a program of the fuzzer has made, and what it waits for; who judges what came out.

const zmq = require("../..");
const { filled, toValue } = require("./values.cjs");

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

const inprocNames = ["inproc://0", "inproc://1", "inproc://2"];

const at = (list, index) => (list.length === 0 ? undefined : list[index % list.length]);

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
  /** The socket that an operation is on, while it begins. */
  current = undefined;
  #unsettled = new Set();
  #dropped = [];

  /** Notes a promise, which must settle by the end, and with an error, if any, that a user can make sense of. */
  track(label, promise, use) {
    if (!(promise instanceof Promise)) return;
    const entry = { label, socket: this.current?.socket };
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
    const [{ socket }] = this.sockets.splice(index % this.sockets.length, 1);
    // What waits for a socket goes on waiting though nobody else knows it, and could not be ended.
    const awaited = [...this.#unsettled].some((entry) => entry.socket === socket);
    this.#dropped.push(awaited ? { deref: () => socket } : new WeakRef(socket));
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

module.exports = { at, close, longestLinger, Machine, quietly };
