// The native contract below the facade: every function with arguments of wrong types and with unknown handles.

import { createRequire } from "node:module";
import { expect, test } from "vitest";
import type { Binding } from "../../lib/binding/index.js";

// vitest runs this file in a forked process, where the package has already set its receive area.
const { binding } = createRequire(__filename)("../../dist/library.js") as { binding: Binding };
type Native = Record<keyof Binding, (...parameters: unknown[]) => unknown>;
const native = binding as unknown as Native;

const bytes = new Uint8Array(64);
const noHandle = 4711;
/** Owner of the sockets that must stay open until they are closed. */
const owner = {};
/** `receive` adds this to its count when libzmq had no more messages. */
const emptied = 1 << 16;
const [EINVAL, EFAULT, ENOTSOCK, ENOENT, EBADF] = [-22, -14, -88, -2, -9];

/** For each function: valid arguments, and its result for them when the handle or token is unknown. */
const signatures: Record<keyof Binding, { parameters: unknown[]; unknown?: number }> = {
  instance: { parameters: [] },
  createContext: { parameters: [] },
  defaultContext: { parameters: [] },
  attachContext: { parameters: [noHandle], unknown: EFAULT },
  releaseContext: { parameters: [noHandle], unknown: EFAULT },
  getContextOption: { parameters: [noHandle, 1], unknown: EFAULT },
  setContextOption: { parameters: [noHandle, 1, 1], unknown: EFAULT },
  closeContext: { parameters: [noHandle], unknown: EFAULT },
  onNotice: { parameters: [() => {}] },
  openSocket: { parameters: [noHandle, 8, owner], unknown: EFAULT },
  ownersOf: { parameters: [noHandle] },
  closeSocket: { parameters: [noHandle], unknown: ENOTSOCK },
  bind: { parameters: [noHandle, "inproc://x"], unknown: ENOTSOCK },
  unbind: { parameters: [noHandle, "inproc://x"], unknown: ENOTSOCK },
  connect: { parameters: [noHandle, "inproc://x"], unknown: ENOTSOCK },
  disconnect: { parameters: [noHandle, "inproc://x"], unknown: ENOTSOCK },
  join: { parameters: [noHandle, bytes], unknown: ENOTSOCK },
  leave: { parameters: [noHandle, bytes], unknown: ENOTSOCK },
  connectPeer: { parameters: [noHandle, "inproc://x"], unknown: ENOTSOCK },
  disconnectPeer: { parameters: [noHandle, 1], unknown: ENOTSOCK },
  monitor: { parameters: [noHandle, "inproc://x", 1], unknown: ENOTSOCK },
  reportPipes: { parameters: [noHandle], unknown: ENOTSOCK },
  getOption: { parameters: [noHandle, 16, bytes], unknown: ENOTSOCK },
  setOption: { parameters: [noHandle, 17, bytes], unknown: ENOTSOCK },
  events: { parameters: [noHandle], unknown: ENOTSOCK },
  hold: { parameters: [noHandle, true, true], unknown: ENOTSOCK },
  onReady: { parameters: [() => {}] },
  trySend: { parameters: [noHandle, "frame"], unknown: ENOTSOCK },
  trySendMany: { parameters: [noHandle, "a", ["b", "c"]], unknown: ENOTSOCK },
  tryTransfer: { parameters: [noHandle, [bytes]], unknown: ENOTSOCK },
  heldBytes: { parameters: [noHandle], unknown: ENOTSOCK },
  allocate: { parameters: [1 << 20] },
  ownsMemory: { parameters: [bytes] },
  receive: { parameters: [noHandle, bytes.buffer, 0, 1], unknown: ENOTSOCK },
  setReceiveArea: { parameters: [bytes, []] },
  unsent: { parameters: [noHandle, 0], unknown: ENOTSOCK },
  subscribers: { parameters: [noHandle, true, bytes], unknown: ENOTSOCK },
  watchPeers: { parameters: [noHandle], unknown: ENOTSOCK },
  takePeerChanges: { parameters: [noHandle], unknown: ENOTSOCK },
  listPeers: { parameters: [noHandle, 0], unknown: ENOTSOCK },
  listEndpoints: { parameters: [noHandle], unknown: ENOTSOCK },
  retryEndpoint: { parameters: [noHandle, "tcp://127.0.0.1:9"], unknown: ENOTSOCK },
  keepAlive: { parameters: [false] },
  readStatistics: { parameters: [noHandle, new ArrayBuffer(1024)], unknown: ENOTSOCK },
  startProxy: {
    parameters: [noHandle, noHandle, noHandle, noHandle, "inproc://x", [], []],
    unknown: ENOTSOCK,
  },
  endProxy: { parameters: [noHandle], unknown: EBADF },
  takeMulticastLog: { parameters: [] },
  version: { parameters: [] },
  has: { parameters: ["curve"] },
  describeError: { parameters: [1] },
  curveKeyPair: { parameters: [] },
};
const names = Object.keys(signatures) as (keyof Binding)[];

test("the addon exports exactly these functions", () => {
  expect(Object.keys(native).sort()).toEqual([...names].sort());
});

test.each(names)("%s returns its error value for an unknown handle", (name) => {
  const { parameters, unknown } = signatures[name];
  if (unknown === undefined) return;
  expect(native[name](...parameters)).toBe(unknown);
  for (const handle of [0, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(native[name](handle, ...parameters.slice(1))).toBe(unknown);
  }
});

const wrong: unknown[] = [
  undefined,
  null,
  "text",
  5,
  true,
  Symbol("s"),
  5n,
  {},
  [],
  () => {},
  new Uint16Array(2),
];
const accepts = (right: unknown, value: unknown) =>
  typeof right === typeof value &&
  (typeof right !== "object" ||
    (right === owner && value !== null) ||
    (Array.isArray(right) === Array.isArray(value) && !(right instanceof Uint8Array)));

test.each(names)("%s throws a TypeError for arguments of wrong types", (name) => {
  const { parameters } = signatures[name];
  const context = native.createContext();
  const handle = native.openSocket(context, 8, owner);
  const opened = parameters.map((value) =>
    value === noHandle ? (name === "openSocket" ? context : handle) : value,
  );
  for (const [index, right] of opened.entries()) {
    // The frames that trySend accepts depend on the socket; a separate test below covers them.
    if (name.startsWith("trySend") && index > 0) continue;
    for (const value of wrong) {
      if (accepts(right, value)) continue;
      const call = () => native[name](...opened.slice(0, index), value, ...opened.slice(index + 1));
      expect(call, `${name} with ${String(value)} as argument ${index}`).toThrow(TypeError);
      expect(call).toThrow(/^argument \d must be /);
    }
    expect(() => native[name](...opened.slice(0, index))).toThrow(TypeError);
  }
  expect(native.closeSocket(handle)).toBe(0);
  expect(native.closeSocket(handle)).toBe(ENOTSOCK);
  native.releaseContext(context);
});

function pair() {
  const context = binding.defaultContext();
  const [push, pull] = [binding.openSocket(context, 8, owner), binding.openSocket(context, 7, owner)];
  const endpoint = `inproc://binding-${push}`;
  expect([binding.bind(pull, endpoint), binding.connect(push, endpoint)]).toEqual([0, 0]);
  return { push, pull, endpoint };
}

test("tryTransfer copies the memory of V8, and no memory of native code", () => {
  const { push, pull } = pair();
  const size = 1 << 20;
  const table = new Int32Array(16);
  const largeFrames: (Buffer | undefined)[] = Array.from({ length: 8 }, () => undefined);
  const slab = new Uint8Array(1024);
  binding.setReceiveArea(new Uint8Array(table.buffer), largeFrames);
  /** Sends a frame. Returns how many bytes of it were copied, and what arrived. */
  const exchange = (frame: Uint8Array) => {
    expect(binding.tryTransfer(push, [frame])).toBe(1);
    expect(binding.receive(pull, slab.buffer, 0, 1)).toBe(1);
    // A copy counts as held until its receiver frees it.
    const copied = binding.heldBytes(push);
    return { copied, frame: largeFrames[0]!.subarray() };
  };
  const first = (binding.allocate(size) as Buffer).fill(5);
  expect([binding.ownsMemory(first), binding.ownsMemory(first.subarray(1))]).toEqual([true, false]);
  let { copied, frame } = exchange(first);
  expect([copied, first.length]).toEqual([0, 0]);
  for (let hop = 0; hop < 5; hop++) {
    const sent = frame;
    ({ copied, frame } = exchange(sent));
    expect([copied, sent.length]).toEqual([0, 0]);
  }
  expect(frame.every((byte) => byte === 5)).toBe(true);
  const foreign = Buffer.alloc(size, 6);
  expect(binding.ownsMemory(foreign)).toBe(false);
  expect(exchange(foreign).copied).toBe(size);
  expect(foreign.length).toBe(0);
  expect([binding.closeSocket(push), binding.closeSocket(pull)]).toEqual([0, 0]);
});

test("allocate returns EINVAL for lengths outside of its range", () => {
  for (const size of [0, 1, 65_535, 2 ** 53, Number.NaN]) expect(binding.allocate(size)).toBe(EINVAL);
  expect(() => binding.allocate(-1)).toThrow("argument 0 must be a length");
});

test("trySend and receive throw a TypeError for an invalid frame and send none of the frames before it", () => {
  const { push, pull } = pair();
  const table = new Int32Array(16);
  const slab = new Uint8Array(1024);
  binding.setReceiveArea(new Uint8Array(table.buffer), []);
  for (const value of [
    undefined,
    null,
    5,
    true,
    {},
    5n,
    Symbol("s"),
    new Uint16Array(1),
    new DataView(slab.buffer),
  ]) {
    expect(() => native.trySend(push, value)).toThrow("A frame must be a string or a Uint8Array");
    expect(() => native.trySend(push, ["fine", value])).toThrow("A frame must be a string or a Uint8Array");
  }
  expect(binding.receive(pull, slab.buffer, 0, 10)).toBe(0);
  for (const value of [undefined, null, 5, [], {}]) {
    expect(() => native.trySend(push, "fine", value)).toThrow("A frame must be a string or a Uint8Array");
  }
  expect(binding.receive(pull, slab.buffer, 0, 10)).toBe(0);
  expect(binding.trySend(push, "ab", "cd", new Uint8Array(1))).toBe(1);
  expect(binding.receive(pull, slab.buffer, 0, 3)).toBe(emptied + 3);
  expect(binding.trySend(push, ["abc", slab.subarray(0, 2)])).toBe(1);
  expect(binding.trySendMany(push, ["y", "z"], "w")).toBe(2);
  expect(binding.receive(pull, slab.buffer, 0, 3)).toBe(5);
  // length << 2 | more; the frames of messages "abc" + 2 bytes, "y" + "z", "w"
  expect([...table.slice(0, 5)]).toEqual([(3 << 2) | 1, 2 << 2, (1 << 2) | 1, 1 << 2, 1 << 2]);
  expect(Buffer.from(slab.buffer, 0, 3).toString()).toBe("abc");
  binding.closeSocket(push);
  binding.closeSocket(pull);
});

test("receive never writes beyond the slab or the table, whatever the offset", () => {
  const { push, pull } = pair();
  const table = new Int32Array(4);
  // Growing the array exposes the memory behind the slab.
  const slab = Reflect.construct(ArrayBuffer, [128, { maxByteLength: 256 }]);
  binding.setReceiveArea(new Uint8Array(table.buffer), new Array(64).fill(undefined));
  for (let i = 0; i < 50; i++) binding.trySend(push, "x".repeat(i));
  for (const offset of [128, 129, 2 ** 30, -1]) expect(binding.receive(pull, slab, offset, 100)).toBe(0);
  let frames = 0;
  for (;;) {
    const count = binding.receive(pull, slab, 100, 100);
    if (count === 0) break;
    expect(count % emptied).toBeLessThanOrEqual(4);
    frames += count % emptied;
  }
  expect(frames).toBe(50);
  slab.resize(256);
  expect(new Uint8Array(slab, 128).every((byte) => byte === 0)).toBe(true);
  binding.closeSocket(push);
  binding.closeSocket(pull);
});

test("a handle of a closed socket never refers to a new socket in its slot", () => {
  const context = binding.defaultContext();
  const first = binding.openSocket(context, 8, owner);
  binding.closeSocket(first);
  const second = binding.openSocket(context, 8, owner);
  expect(second).not.toBe(first);
  expect(binding.trySend(first, "x")).toBe(ENOTSOCK);
  expect(binding.trySend(second, "x")).toBe(0);
  binding.closeSocket(second);
});

test("libzmq's errors are returned as -errno", () => {
  const { push, pull, endpoint } = pair();
  expect(binding.disconnect(push, "inproc://other")).toBe(ENOENT);
  expect(binding.unbind(pull, `${endpoint}x`)).toBe(ENOENT);
  expect(binding.getOption(push, 4711, bytes)).toBe(EINVAL);
  expect(binding.setOption(push, 17, bytes.subarray(0, 3))).toBe(EINVAL);
  expect(binding.openSocket(binding.defaultContext(), 99, owner)).toBe(EINVAL);
  expect(binding.describeError(156384763)).toBe("Operation cannot be accomplished in current state");
  binding.closeSocket(push);
  binding.closeSocket(pull);
});
