// Argument values for operations of the fuzzer's programs, as fast-check's arbitraries. Weights favor values that let
// other operations succeed. Invalid values are rare.

import fc from "fast-check";

export const which = fc.nat(15);
export const sometimes = (arbitrary) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

export const wild = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -1, max: 5 }) },
  { weight: 3, arbitrary: fc.boolean() },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      -(2 ** 31),
      -2,
      10,
      100,
      255,
      256,
      1000,
      8192,
      65535,
      65536,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32,
      2 ** 53,
      1.5,
      null,
      { nothing: true },
      { big: "1" },
      { big: "18446744073709551616" },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      "a",
      "lo",
      "127.0.0.1:5555",
      "::1",
      "x\0y",
      "allSubs",
      "allSubsUnsubs",
      "hostBased",
      "\ud800",
      "é",
      { text: 255 },
      { text: 256 },
      { text: 70_000 },
      { bytes: 0 },
      { bytes: 32 },
      { bytes: 255 },
      { bytes: 256 },
      "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
      "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
      [],
      {},
      { bytes: 40 },
    ),
  },
);

const timeout = fc.constantFrom(-1, 0, 0, 1, 2, 5, 20, 2 ** 31, 1.5, null, "1");
const goodTimeout = fc.constantFrom(0, 1, 2, 5, 20);
export const wait = {
  timeout: sometimes(fc.oneof({ weight: 5, arbitrary: goodTimeout }, { weight: 1, arbitrary: timeout })),
  signal: sometimes(fc.nat(3)),
};

const frame = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 1, 5, 32, 33, 34, 200, 255, 256, 1024) },
  { weight: 2, arbitrary: fc.constantFrom(4000, 8191, 8192, 8193, 9000, 32_768, 40_000) },
  { weight: 1, arbitrary: fc.constantFrom(600_000, null, true, { nothing: true }, { text: 3000 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("", "a", "ab", "\x01", "\x00", "\x01a", "id", "é", "127.0.0.1:5551"),
  },
);
export const message = fc.oneof(
  { weight: 3, arbitrary: frame },
  { weight: 3, arbitrary: fc.array(frame, { maxLength: 4 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(0, 1, 33, "a"), { minLength: 60, maxLength: 70, size: "max" }),
  },
);
export const transfer = sometimes(fc.constantFrom(true, true, true, false, null, 1));
export const tag = {
  group: sometimes(fc.constantFrom("", "a", "b", { text: 255 }, { text: 256 }, 1)),
  routingId: sometimes(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -1)),
};

// FOLDER is a folder that the run creates and removes. Numbers refer to endpoints that were bound before.
export const bindable = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "tcp://127.0.0.1:*",
      "tcp://127.0.0.1:*",
      "ipc://FOLDER/0",
      "ipc://FOLDER/1",
      "ipc://*",
      "inproc://0",
      "inproc://1",
      "inproc://2",
      "ws://127.0.0.1:*",
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "tcp://127.0.0.1:5551",
      "tcp://[::1]:5552",
      "tcp://lo:5553",
      "ws://127.0.0.1:5554/path",
      "ipc://@zmq-native-fuzz",
      "udp://127.0.0.1:5551",
      "udp://127.0.0.1:5552",
      "udp://239.1.2.3:5553",
      "udp://*:5551",
      "tcp://localhost:5551",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "epgm://127.0.0.1;239.192.1.1:5555",
      "norm://127.0.0.1:5556",
      "pgm://127.0.0.1;239.192.1.1:5557",
      "tipc://{5560,0,0}",
      "vmci://*:5555",
      "",
      "tcp://",
      "inproc://",
      { text: 300 },
      null,
    ),
  },
);
export const connectable = fc.oneof({ weight: 4, arbitrary: fc.nat(15) }, { weight: 2, arbitrary: bindable });
