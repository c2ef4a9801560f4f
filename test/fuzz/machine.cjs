// The objects and pending promises of one fuzzer program, and the checks of its results.

const { readdirSync } = require("node:fs");
const { isMainThread } = require("node:worker_threads");
const zmq = require("../..");
const { Ledger, linked, place } = require("./ledger.cjs");
const { toValue } = require("./values.cjs");

/** Every promise must have settled this many milliseconds after the end of a program. */
const patience = 10_000;
/** Longest linger in milliseconds. Messages that no socket receives would delay the end of the context. */
const longestLinger = 20;
/** An operation must finish within this many milliseconds if its socket reported that it can. */
const shortPatience = 2000;
/** In an own network namespace, other endpoints than wildcards may be bound, and only our own sockets are reachable. */
const isolated = process.env.ZMQ_NATIVE_FUZZ_ISOLATED === "1";
const folder = process.env.ZMQ_NATIVE_FUZZ_FOLDER ?? ".";

/** V8's messages for errors within the library, as opposed to the library's own errors. */
const stumble =
  /^Cannot (?:read properties|set properties|destructure|convert|mix|access)|is not (?:a function|iterable|a constructor|defined)|^Invalid (?:array|typed array) length|^Maximum call stack/;
/** The bytes that a Stream or Datagram sends are not a message to other types, and may even look like ZMTP 1. */
const rawTypes = ["Stream", "Datagram"];

const inprocNames = ["inproc://0", "inproc://1", "inproc://2"];

const at = (list, index) => (list.length === 0 ? undefined : list[index % list.length]);

/** Thrown by an operation that fails on purpose. The library must pass it on. */
class Intended extends Error {}

const isBytes = (frame) => Buffer.isBuffer(frame);

/** Whether the memory of any of these frames has been detached. An empty frame may have no memory of its own. */
const detached = (frames) =>
  frames.some(({ buffer }) => buffer.byteLength === 0 && quietly(() => new Uint8Array(buffer)) === undefined);

/** The objects and pending operations of one program. */
class Machine {
  sockets = [];
  contexts = [];
  observers = [];
  proxies = [];
  controllers = [];
  workers = [];
  servers = [];
  scenes = [];
  endpoints = ["inproc://0"];
  faults = [];
  /** Performs an operation nested in another one. */
  perform = () => {};
  ledger;
  /** Relaxes the ledger's rules: messages that were forwarded, captured, sent again, or sent by other threads. */
  context = { proxied: false, echoes: false, workers: false, datagrams: false };
  /** Bytes that left the library by a transfer, with a copy: nothing may write to them. */
  transferred = [];
  /** How often the program has tried to detach memory. */
  transfers = 0;
  /** Observers with listeners, which must receive the end event. */
  listened = new Set();
  /** Whether the program has closed a context. */
  closedContexts = false;
  /** Sockets that send bytes rather than messages. */
  rawEntries = [];
  /** The socket of an operation while the operation begins. */
  current = undefined;
  #unsettled = new Set();
  #dropped = [];
  #files = false;

  constructor({ index = 0, program = [], thread = 0, previous } = {}) {
    this.index = index;
    this.program = program;
    this.ledger = new Ledger(index, program, thread, (kind, text) => this.fault(kind, text));
    this.ledger.previous = previous;
    this.context.workers = thread > 0;
  }

  /** Records a promise. It must settle by the end, and may only reject with an error that a user can understand. */
  track(label, promise, use, refused) {
    if (!(promise instanceof Promise)) return;
    const { transfers } = this;
    const entry = { label, socket: this.current?.socket };
    this.#unsettled.add(entry);
    promise.then(
      (value) => {
        this.#unsettled.delete(entry);
        use?.(value, transfers);
      },
      (error) => {
        this.#unsettled.delete(entry);
        refused?.(error);
        this.judge(label, error);
      },
    );
  }

  judge(label, error) {
    if (error?.name === "AbortError" || error instanceof Intended) return;
    const ofLibrary = typeof error?.code === "string" && typeof error.errno === "number";
    const made = ofLibrary
      ? error.code !== "EUNKNOWN" && error.message !== ""
      : error instanceof Error && !stumble.test(error.message);
    if (!made) this.fault("error", `${label}: ${error?.stack ?? String(error)}`);
    // The library rejects with EBADF for a closed socket. libzmq returns this error for a socket that was freed while
    // in use.
    if (error?.code === "ENOTSOCK" && /^(?:send|receive|batches|messages)/.test(label))
      this.fault("freed", `a socket that was closed was used\n${label}: ${error.stack}`);
    // The thread that created a worker's context may have closed it.
    if (error?.code === "ETERM" && !this.closedContexts && !this.context.workers)
      this.fault("terminated", `ETERM, though no context was closed\n${label}: ${error.stack}`);
  }

  fault(kind, text) {
    this.faults.push({ kind, text });
  }

  /** Whether frames have lost their memory. A fault, unless the program detached memory after `transfers` times. */
  lost(entry, frames, transfers) {
    if (!detached(frames)) return false;
    // Small frames share memory, so a transfer of one also empties the others that were returned before.
    if (this.transfers === transfers)
      this.fault(
        "lost",
        `${entry.type} received frames without memory, though none was taken away meanwhile`,
      );
    return true;
  }

  /**
   * Checks a received message and keeps it: its bytes must not change. `transfers`: the number of transfers when the
   * receive began.
   */
  received(entry, message, transfers = this.transfers) {
    const frames = (Array.isArray(message) ? message : [message]).filter(isBytes);
    entry.last = message;
    entry.copy = undefined;
    if (this.lost(entry, frames, transfers)) return;
    if (entry.number !== undefined) {
      const why = this.ledger.check(entry, frames, this.context);
      if (why && !this.#hearsRaw(entry))
        this.fault("ledger", `${entry.type} received ${why}\nreceiver ${entry.key}, ${placesOf(entry)}`);
    }
    entry.copy = frames.map((frame) => Buffer.from(frame.subarray(0, 4096)));
  }

  /** Whether bytes that are not messages may reach a socket. */
  #hearsRaw(entry) {
    if (this.rawEntries.length === 0) return false;
    return entry.raw || this.context.proxied || this.rawEntries.some((other) => linked(entry, other));
  }

  /** The next message of an operation. */
  compose(entry, operation) {
    try {
      return this.ledger.compose(entry, operation);
    } catch (error) {
      this.fault("fuzzer", error.stack);
      throw error;
    }
  }

  #checkKept(entry) {
    const frames = (Array.isArray(entry.last) ? entry.last : [entry.last]).filter(isBytes);
    // Detaching a message's memory detaches its bytes.
    const changed = entry.copy?.some(
      (copy, i) => frames[i]?.buffer.byteLength > 0 && copy.compare(frames[i].subarray(0, 4096)) !== 0,
    );
    if (changed) this.fault("bytes", `a message that a ${entry.type} received has changed since`);
  }

  add(type, socket, options = {}) {
    const entry = { type, socket };
    this.ledger.enter(entry);
    if (rawTypes.includes(type)) this.#setRaw(entry);
    for (const [name, value] of Object.entries(options)) this.noteOption(entry, name, value);
    this.sockets.push(entry);
    return entry;
  }

  #setRaw(entry) {
    entry.raw = true;
    this.rawEntries.push(entry);
  }

  /** Options that change which messages a peer may receive. */
  noteOption(entry, name, value) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value ?? ""));
    if (name === "routingId") entry.identities.add(bytes.toString("latin1"));
    if (name === "invertMatching") this.context.inverted = true;
    if (/raw|notify/i.test(name)) this.#setRaw(entry);
    if (/Message$/.test(name)) this.ledger.literal(undefined, [bytes]);
  }

  /** Records the endpoints to which a socket is bound or connected. */
  link(entry, how, endpoint) {
    if (entry?.[how] === undefined) return;
    entry[how].add(place(endpoint));
    entry.places.push({ how, endpoint });
    if (how === "connected") entry.connections++;
    if (/^(?:udp|e?pgm|norm)/.test(endpoint)) this.context.datagrams = true;
    if (/^ipc/.test(endpoint)) this.#files = true;
  }

  entryOf(socket) {
    return this.sockets.find((entry) => entry.socket === socket);
  }

  drop(index) {
    const [{ socket }] = this.sockets.splice(index % this.sockets.length, 1);
    // A pending operation keeps its otherwise unreferenced socket open, and then nothing could end it.
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

  /** Whether an endpoint may be used outside of an own network namespace: it can harm no other program. */
  allows(endpoint) {
    return (
      isolated ||
      /^(?:inproc|ipc|tcp:\/\/127\.0\.0\.1:\*|ws:\/\/127\.0\.0\.1:\*)/.test(endpoint) ||
      this.endpoints.includes(endpoint)
    );
  }

  know(entry) {
    const { socket } = entry;
    const endpoint = socket.closed ? null : socket.lastEndpoint;
    if (typeof endpoint !== "string" || endpoint === "") return;
    this.link(entry, "bound", endpoint);
    this.endpoints.push(endpoint);
  }

  /** A socket that was closed before its inproc endpoint was bound remains until it is bound. */
  #meet() {
    for (const name of inprocNames) {
      const pair = quietly(() => new zmq.Pair({ linger: 0 }));
      quietly(() => pair?.bindSync(name));
      pair?.close();
    }
  }

  /** Operations that are pending although their sockets report that they are possible. */
  #stalled() {
    const busy = new Set(this.proxies.flatMap((proxy) => [proxy.frontEnd, proxy.backEnd]));
    const ready = { receive: "readable", send: "writable" };
    return [...this.#unsettled].filter(({ label, socket }) => {
      const property = ready[/^(receive|send) on/.exec(label)?.[1]];
      return property && socket && !busy.has(socket) && quietly(() => socket[property]);
    });
  }

  async #checkStalls() {
    const deadline = performance.now() + shortPatience;
    let stalled = this.#stalled();
    while (stalled.length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      stalled = this.#stalled().filter((entry) => stalled.includes(entry));
    }
    for (const { label } of stalled) this.fault("stalled", `${label} waits, though it could be done`);
  }

  /** The files of ipc endpoints are removed with their sockets. */
  async #checkFiles() {
    if (!this.#files || this.workers.length > 0) return;
    const left = () =>
      readdirSync(folder, { withFileTypes: true, recursive: true }).filter((file) => file.isSocket());
    const deadline = performance.now() + shortPatience;
    while (left().length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    for (const file of left()) this.fault("file", `${file.name} of an ipc endpoint is left`);
  }

  async end() {
    // Reads to the end, unless an operation in them never ends.
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([Promise.all(this.scenes), late]);
    clearTimeout(timer);
    await this.#checkStalls();
    for (const server of this.servers) server.destroy();
    for (const proxy of this.proxies) quietly(() => proxy.terminate());
    const sockets = [
      ...this.sockets.map(({ socket }) => socket),
      ...this.#dropped.flatMap((reference) => reference.deref() ?? []),
    ];
    for (const socket of sockets) close(socket);
    for (const worker of this.workers) {
      this.track("worker", Promise.resolve(worker.terminate()));
    }
    this.closedContexts = true;
    for (const context of this.contexts) {
      this.track(
        "context.close",
        quietly(() => context.close({ linger: 0 })),
      );
    }
    this.#meet();
    const deadline = performance.now() + patience;
    const unheard = () => [...this.listened].filter((observer) => !observer.closed);
    while ((this.#unsettled.size > 0 || unheard().length > 0) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const label of new Set([...this.#unsettled].map((entry) => entry.label)))
      this.fault("unsettled", label);
    for (const _ of unheard()) this.fault("unheard", "an observer has not heard of its socket's end");
    for (const entry of this.sockets) this.#checkKept(entry);
    for (const { bytes, copy } of this.transferred) {
      if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).equals(copy))
        this.fault("bytes", "memory that was transferred has changed since");
    }
    for (const observer of this.observers) quietly(() => observer.close());
    if (isMainThread) process.chdir(folder);
    if (this.faults.length === 0) await this.#checkFiles();
    return this.#unsettled.size;
  }
}

const placesOf = ({ places }) =>
  places.map(({ how, endpoint }) => `${how} ${endpoint}`).join(", ") || "without endpoints";

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

module.exports = { at, close, folder, Intended, longestLinger, Machine, quietly };
