// libzmq's descriptor behaves as that of stock libzmq.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import type { Binding } from "../../lib/binding/index.js";
import { freshEndpoint } from "../helpers/transports.js";

// Other programs that use a build of the patched sources depend on it (pyzmq, libzmq's own test_poller): the pipe of a
// connection that nobody has read yet brings its first message without a wake-up.
const { binding } = createRequire(__filename)("../../dist/library.js") as { binding: Binding };
const contexts = process.platform === "linux" ? [binding.createContext()] : [];
if (contexts.length === 0)
  console.warn("SKIPPED: only Linux tells whether a descriptor is readable without a read");

describe.skipIf(contexts.length === 0)("libzmq's descriptor is readable", () => {
  const ZMQ_PULL = 7;
  const ZMQ_FD = 14;
  const ZMQ_EVENTS = 15;
  const owner = {};
  /** How many wake-ups the socket's descriptor, an eventfd, holds. */
  const wakeUps = (handle: number) => {
    const value = new Int32Array(1);
    binding.getOption(handle, ZMQ_FD, new Uint8Array(value.buffer));
    const info = readFileSync(`/proc/self/fdinfo/${value[0]}`, "latin1");
    return Number.parseInt(/^eventfd-count:\s*(?<count>\w+)/m.exec(info)!.groups!.count!, 16);
  };
  test.each([
    ["bind", "tcp://127.0.0.1:*"],
    ["connect", "tcp://127.0.0.1:1"],
    ["connect", freshEndpoint("inproc")],
  ] as const)("after %s to %s, until events are read", (call, endpoint) => {
    const handle = binding.openSocket(contexts[0]!, ZMQ_PULL, owner);
    try {
      expect(wakeUps(handle)).toBe(0);
      expect(binding[call](handle, endpoint)).toBe(0);
      expect(wakeUps(handle)).toBeGreaterThan(0);
      binding.getOption(handle, ZMQ_EVENTS, new Uint8Array(4));
      expect(wakeUps(handle)).toBe(0);
    } finally {
      binding.closeSocket(handle);
    }
  });
});
