// What the fuzzer's programs are made of: fast-check's arbitraries for each operation that test/fuzz/interpreter.cjs can
// play. To have something else tried, add it here and to on_sockets.cjs or on_others.cjs.

import { createRequire } from "node:module";
import fc from "fast-check";
import { bindable, connectable, message, sometimes, tag, wait, which, wild } from "./wild.mjs";

const require = createRequire(import.meta.url);
const zmq = require("../../dist/index.js");
process.removeAllListeners("warning");
const draft = zmq.capability.draft ? require("../../dist/draft.js") : {};

const classes = Object.entries({ ...zmq, ...draft }).filter(
  ([, value]) => typeof value === "function" && value.prototype instanceof zmq.Socket,
);

/** Names of a class's properties, its bases' included, that have a getter, or a setter. */
function properties(Class, accessor) {
  const names = [];
  for (let place = Class.prototype; place !== Object.prototype; place = Object.getPrototypeOf(place)) {
    const descriptors = Object.entries(Object.getOwnPropertyDescriptors(place));
    names.push(...descriptors.filter(([, one]) => one[accessor]).map(([name]) => name));
  }
  return names;
}
const union = (accessor) => [...new Set(classes.flatMap(([, Class]) => properties(Class, accessor)))].sort();
// Multicast to a network's end would be traffic of others; `interface` names one.
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

const options = (names, value) => fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });

/** Operations, with weights, of programs and of the programs of workers alike. */
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
  unbind: [2, { socket: which, endpoint: connectable, sync: fc.boolean() }],
  disconnect: [2, { socket: which, endpoint: connectable }],
  set: [6, { socket: which, name: fc.constantFrom(...writable), value: wild }],
  get: [2, { socket: which, name: fc.constantFrom(...readable) }],
  send: [16, { socket: which, message, ...wait, ...tag }],
  trySend: [6, { socket: which, message, ...tag }],
  sendMany: [3, { socket: which, message, count: fc.nat(300), ...wait, ...tag }],
  flood: [
    2,
    {
      socket: which,
      message: fc.constantFrom(5, 200, [1, 33, "a"]),
      count: fc.constantFrom(100, 1100, 2500),
      ...tag,
    },
  ],
  reply: [6, { socket: which }],
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

const arbitraryOf = (op, fields) => fc.record({ op: fc.constant(op), ...fields }, { noNullPrototype: true });
const weighted = Object.entries(table).map(([op, [weight, fields]]) => ({
  weight: weight * 10,
  arbitrary: arbitraryOf(op, fields),
}));
const simple = fc.oneof(...weighted);
const list = (arbitrary, minLength, maxLength) => fc.array(arbitrary, { minLength, maxLength, size: "max" });

/** One operation in a program. */
const operation = fc.oneof(
  ...weighted,
  {
    weight: 2,
    arbitrary: arbitraryOf("worker", { program: list(simple, 3, 15), context: sometimes(fc.nat(2)) }),
  },
  { weight: 2, arbitrary: arbitraryOf("terminate", { worker: fc.nat(2) }) },
);

/** A whole program. */
export const program = list(operation, 1, 60);

/** `count` programs; the same for the same seed. */
export function programs(seed, count) {
  return fc.sample(program, { seed, numRuns: count });
}
