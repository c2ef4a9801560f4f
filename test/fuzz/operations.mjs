// Generates the fuzzer's programs: fast-check's arbitraries for each operation that test/fuzz/interpreter.cjs can play.
// To test another call, add it here and to the file that performs it (docs/testing.md).

import { createRequire } from "node:module";
import fc from "fast-check";
import { bindable, connectable, message, sometimes, tag, transfer, wait, which, wild } from "./wild.mjs";

const require = createRequire(import.meta.url);
const { odd } = require("./values.cjs");
const zmq = require("../../dist/index.js");
process.removeAllListeners("warning");
const draft = zmq.capability.draft ? require("../../dist/draft.js") : {};

const classes = Object.entries({ ...zmq, ...draft }).filter(
  ([, value]) => typeof value === "function" && value.prototype instanceof zmq.Socket,
);

/** Names of a class's properties, including inherited ones, that have a getter or a setter. */
function properties(Class, accessor) {
  const names = [];
  for (let place = Class.prototype; place !== Object.prototype; place = Object.getPrototypeOf(place)) {
    const descriptors = Object.entries(Object.getOwnPropertyDescriptors(place));
    names.push(...descriptors.filter(([, one]) => one[accessor]).map(([name]) => name));
  }
  return names;
}
const union = (accessor) => [...new Set(classes.flatMap(([, Class]) => properties(Class, accessor)))].sort();
// Multicast to a whole network would reach other machines, so `interface` names one.
const writable = union("set").filter((name) => name !== "interface");
const readable = union("get").filter((name) => name !== "events");
const contextOptions = properties(zmq.Context, "set").sort();

const types = classes.map(([name]) => name);
/** Bound and connected. */
const pairs = `
  Push-Pull Pull-Push Publisher-Subscriber Subscriber-Publisher XPublisher-Subscriber Publisher-XSubscriber
  XPublisher-XSubscriber Request-Reply Request-Router Dealer-Router Router-Dealer Dealer-Reply
  Dealer-Dealer Router-Router Pair-Pair Stream-Stream Stream-Push Dealer-Stream
  Server-Client Client-Server Radio-Dish Dish-Radio Gather-Scatter Peer-Peer
  Channel-Channel Datagram-Radio
`
  .trim()
  .split(/\s+/)
  .map((pair) => pair.split("-"))
  .filter((pair) => pair.every((type) => types.includes(type)));
const forgotten = types.filter((type) => !pairs.flat().includes(type));
if (forgotten.length > 0)
  throw new Error(`test/fuzz/operations.mjs has no pair with ${forgotten.join(", ")}.`);

const options = (names, value) => fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });

/** Operations with weights, for programs and for workers' programs. */
const table = {
  pair: [14, { types: fc.constantFrom(...pairs), endpoint: bindable, context: sometimes(fc.nat(2)) }],
  open: [
    6,
    { type: fc.constantFrom(...types), options: options(writable, wild), context: sometimes(fc.nat(2)) },
  ],
  bind: [5, { socket: which, endpoint: bindable, sync: fc.boolean() }],
  connect: [
    6,
    {
      socket: which,
      endpoint: connectable,
      routingId: sometimes(fc.constantFrom("id", "", { bytes: 5 }, { bytes: 256 })),
    },
  ],
  connectPeer: [1, { socket: which, endpoint: connectable }],
  disconnectPeer: [1, { socket: which, routingId: fc.integer({ min: 1, max: 2 ** 32 - 1 }) }],
  unbind: [2, { socket: which, endpoint: connectable, sync: fc.boolean() }],
  disconnect: [2, { socket: which, endpoint: connectable }],
  reconnect: [2, { socket: which, endpoint: connectable }],
  set: [6, { socket: which, name: fc.constantFrom(...writable), value: wild }],
  get: [2, { socket: which, name: fc.constantFrom(...readable) }],
  send: [16, { socket: which, message, ...wait, ...tag, transfer }],
  trySend: [6, { socket: which, message, ...tag, transfer }],
  sendMany: [3, { socket: which, message, count: fc.nat(300), ...wait, ...tag }],
  flood: [
    2,
    {
      socket: which,
      message: fc.constantFrom(24, 200, [1, 33, "a"]),
      count: fc.constantFrom(100, 1100, 2500),
      ...tag,
    },
  ],
  reply: [6, { socket: which, transfer }],
  receive: [14, { socket: which, ...wait }],
  tryReceive: [5, { socket: which }],
  receiveMany: [4, { socket: which, ...wait, max: sometimes(fc.constantFrom(0, 1, 2, 1000, 2 ** 31, "1")) }],
  receiveWithMetadata: [
    1,
    {
      socket: which,
      ...wait,
      properties: sometimes(
        fc.array(fc.constantFrom("", "Socket-Type", "X-a", "__fd", { text: 300 }), { maxLength: 3 }),
      ),
    },
  ],
  loop: [3, { socket: which, kind: fc.constantFrom("messages", "batches", "metadata"), count: fc.nat(5) }],
  topics: [
    3,
    {
      socket: which,
      call: fc.constantFrom("subscribe", "unsubscribe", "join", "leave"),
      topics: fc.array(
        fc.constantFrom("", "a", "ab", "\x00", { bytes: 300 }, { text: 255 }, { text: 256 }, 1),
        { maxLength: 3 },
      ),
    },
  ],
  waitForSubscribers: [
    1,
    {
      socket: which,
      count: fc.constantFrom(0, 1, 2, 1.5),
      ...wait,
      topic: sometimes(fc.constantFrom("", "a", { bytes: 300 })),
    },
  ],
  waitForPeers: [1, { socket: which, count: fc.constantFrom(0, 1, 2, 1.5), ...wait }],
  peers: [
    3,
    {
      socket: which,
      act: fc.constantFrom("list", "sum", "listen", "next", "loop", "endpoints"),
      signal: wait.signal,
    },
  ],
  flush: [2, { socket: which, ...wait }],
  queues: [
    3,
    {
      socket: which,
      send: sometimes(
        fc.record(
          {
            max: fc.constantFrom(1, 2, 10, 1000, 0),
            overflow: fc.constantFrom("reject", "dropOldest", "dropNewest", "latestByTopic", ""),
            ttl: fc.constantFrom(1, 20, 0),
          },
          { requiredKeys: [] },
        ),
      ),
      receive: sometimes(fc.record({ max: fc.constantFrom(1, 2, 1000, 0) })),
    },
  ],
  close: [5, { socket: which, linger: sometimes(fc.constantFrom(0, 1, 20)) }],
  drop: [2, { socket: which }],
  collect: [1, {}],
  observe: [2, { socket: which }],
  observer: [
    3,
    {
      observer: which,
      call: fc.constantFrom("receive", "receive", "next", "on", "close", "requestPipeStats"),
    },
  ],
  proxy: [2, { front: which, back: which, capture: sometimes(which) }],
  steer: [3, { proxy: which, call: fc.constantFrom("pause", "resume", "statistics", "terminate") }],
  controller: [2, {}],
  abort: [2, { signal: fc.nat(3) }],
  context: [1, { options: options(contextOptions, wild) }],
  setContext: [1, { context: which, name: fc.constantFrom(...contextOptions), value: wild }],
  closeContext: [1, { context: which, linger: sometimes(fc.constantFrom(0, 1)) }],
  dropContext: [1, { context: which }],
  turns: [8, { count: fc.integer({ min: 1, max: 3 }) }],
  pause: [2, { milliseconds: fc.nat(4) }],
};

/** Operations that may be nested in another operation. */
const inner = [
  ["send", 3],
  ["trySend", 3],
  ["sendMany", 1],
  ["receive", 3],
  ["tryReceive", 2],
  ["receiveMany", 1],
  ["close", 5],
  ["bind", 1],
  ["connect", 1],
  ["disconnect", 1],
  ["set", 1],
  ["observe", 1],
  ["proxy", 1],
  ["closeContext", 1],
  ["collect", 1],
];
const kind = fc.constantFrom("getter", "getter", "proxy", "iterator");
/** The ways to detach the memory of a frame. */
const transferring = fc.constantFrom("port", "clone", "stream", "buffer");
/** A receiver and its peers. */
const crossings = `
  Subscriber-Publisher Subscriber-XPublisher XSubscriber-Publisher Router-Dealer Router-Request Reply-Dealer
  Reply-Request Dealer-Dealer Pull-Push
`
  .trim()
  .split(/\s+/)
  .map((pair) => pair.split("-"));

/**
 * Families of operations that can be left out (`npm run fuzz -- --only`, `--without`): as above, with the fields of
 * `inside` for operations with a nested one.
 */
function familiesOf(arbitraryOf) {
  const inside = {
    inner: fc.oneof(...inner.map(([op, weight]) => ({ weight, arbitrary: arbitraryOf(op, table[op][1]) }))),
    same: fc.constantFrom(true, true, false),
    after: fc.constantFrom(0, 0, 1, 2, 3),
  };
  const workers = list(fc.oneof(...weightedOf(table)), 1, 8);
  const copy = fc.nat(2);
  return {
    transfers: {
      transfer: [8, { socket: which, how: transferring, which: fc.nat(3) }],
      transferLoop: [3, { socket: which, how: transferring, count: fc.integer({ min: 2, max: 40 }) }],
    },
    resets: {
      reload: [1, {}],
      openIn: [
        2,
        { type: fc.constantFrom(...types), options: fc.constant({}), context: sometimes(fc.nat(2)), copy },
      ],
      pairIn: [
        5,
        {
          types: fc.constantFrom(...pairs),
          endpoint: bindable,
          context: sometimes(fc.nat(2)),
          copies: fc.tuple(copy, copy),
        },
      ],
      contextIn: [1, { options: fc.constant({}), copy }],
      proxyIn: [1, { front: which, back: which, capture: sometimes(which), copy }],
    },
    getters: {
      trapped: [
        12,
        {
          socket: which,
          call: fc.constantFrom(
            ...[
              "send",
              "send",
              "trySend",
              "sendMany",
              "sendMany",
              "receive",
              "receiveMany",
              "receiveWithMetadata",
            ],
            ...[
              "batches",
              "messagesWithMetadata",
              "connect",
              "disconnect",
              "reconnect",
              "bindSync",
              "unbindSync",
              "bind",
              "unbind",
            ],
            ...[
              "subscribe",
              "unsubscribe",
              "join",
              "leave",
              "close",
              "waitForSubscribers",
              "waitForPeers",
              "flush",
            ],
          ),
          position: fc.constantFrom(0, 0, 1),
          kind,
          inFrames: fc.boolean(),
          message,
          endpoint: connectable,
          ...inside,
        },
      ],
      trappedSet: [2, { socket: which, name: fc.constantFrom(...writable), value: wild, kind, ...inside }],
      trappedCall: [
        2,
        {
          call: fc.constantFrom("Socket", "Context", "attach", "Proxy", "closeContext"),
          position: fc.nat(2),
          kind,
          ...inside,
        },
      ],
    },
    nested: {
      nested: [
        8,
        {
          socket: which,
          how: fc.constantFrom("generator", "generator", "afterwards", "abort", "reason"),
          message,
          ...inside,
        },
      ],
    },
    termination: {
      cutShort: [0.5, { program: fc.oneof(fc.constant([]), workers), microseconds: fc.nat(12_000) }],
    },
    disconnects: {
      crossroads: [
        2,
        {
          types: fc.constantFrom(...crossings),
          message: fc.array(fc.constantFrom(24, 33, 200, ""), { minLength: 1, maxLength: 3, size: "max" }),
          looks: fc.nat(2),
          leave: fc.constantFrom("disconnect", "disconnect", "unbind", "close"),
          count: fc.integer({ min: 1, max: 3 }),
          tcp: fc.boolean(),
        },
      ],
      leave: [6, { socket: which, how: fc.constantFrom("connected", "bound", "all"), which: fc.nat(3) }],
      look: [8, { socket: which, what: fc.constantFrom("readable", "writable", "readable", "events") }],
    },
    conflate: {
      conflated: [
        3,
        {
          types: fc.constantFrom(["Pull", "Push"], ["Subscriber", "Publisher"], ["Dealer", "Dealer"]),
          message,
          count: fc.integer({ min: 1, max: 4 }),
          both: fc.boolean(),
          tcp: fc.boolean(),
        },
      ],
      rawPeer: [
        3,
        {
          type: fc.constantFrom("PUSH", "PUB", "DEALER", "PAIR"),
          endpoint: which,
          message,
          count: fc.integer({ min: 1, max: 5 }),
          cut: fc.boolean(),
        },
      ],
    },
    invalid: {
      invalid: [
        8,
        {
          socket: which,
          call: fc.constantFrom(
            ...["send", "sendMany", "receive", "receiveMany", "receiveWithMetadata", "batches", "close"],
            ...["waitForSubscribers", "waitForPeers", "flush"],
          ),
          option: fc.constantFrom(
            "timeout",
            "timeout",
            "signal",
            "signal",
            "max",
            "properties",
            "linger",
            "topic",
          ),
          value: fc.constantFrom(...Object.keys(odd)),
          message,
        },
      ],
    },
    observers: {
      listen: [
        3,
        {
          socket: which,
          event: fc.constantFrom(
            "connect",
            "accept",
            "disconnect",
            "handshake",
            "bind",
            "close",
            "pipe:stats",
            "end",
          ),
          throws: fc.boolean(),
          ...inside,
        },
      ],
      stats: [3, { socket: which, looks: fc.nat(2) }],
      statsPair: [
        2,
        {
          message: fc.constantFrom(24, [33, 24]),
          observed: fc.boolean(),
          looks: fc.nat(2),
          turns: fc.nat(3),
        },
      ],
    },
    loops: {
      loopedProxy: [
        0.5,
        {
          count: fc.integer({ min: 1, max: 99 }),
          take: fc.integer({ min: 1, max: 40 }),
          how: sometimes(transferring),
        },
      ],
    },
    contexts: { attach: [3, { context: which, keep: fc.boolean(), copy: sometimes(fc.nat(2)) }] },
    folders: {
      chdir: [1, { to: fc.nat(2) }],
      bindRelative: [2, { socket: which, name: fc.constantFrom("r0", "r1") }],
    },
  };
}

const arbitraryOf = (op, fields) => fc.record({ op: fc.constant(op), ...fields }, { noNullPrototype: true });
const weightedOf = (operations) =>
  Object.entries(operations).map(([op, [weight, fields]]) => ({
    weight: Math.round(weight * 10),
    arbitrary: arbitraryOf(op, fields),
  }));
const list = (arbitrary, minLength, maxLength) => fc.array(arbitrary, { minLength, maxLength, size: "max" });

const allFamilies = familiesOf(arbitraryOf);

/** Names of the families of operations that can be left out. */
export const families = Object.keys(allFamilies);

/** An arbitrary of programs, with operations of those families in addition to the usual ones. */
function programWith(names) {
  const more = weightedOf(Object.assign({}, ...names.map((name) => allFamilies[name])));
  const inWorker = fc.oneof(...weightedOf(table), ...more.filter(({ weight }) => weight >= 10));
  const operation = fc.oneof(
    ...weightedOf(table),
    ...more,
    {
      weight: 2,
      arbitrary: arbitraryOf("worker", { program: list(inWorker, 3, 15), context: sometimes(fc.nat(2)) }),
    },
    { weight: 2, arbitrary: arbitraryOf("terminate", { worker: fc.nat(2) }) },
  );
  return list(operation, 1, 60);
}

/** A whole program. */
export const program = programWith(families);

/** Returns `count` programs, the same ones for the same seed and families. */
export function programs(seed, count, names = families) {
  return fc.sample(names === families ? program : programWith(names), { seed, numRuns: count });
}
