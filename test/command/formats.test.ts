// The formats of input and output: which values they accept, refuse and preserve.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Pull, Push } from "zmq-native";
import { harmless } from "../../command/harmless.js";
import { fitting } from "../../command/width.js";
import { execute } from "../helpers/execute.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

/** Prints a message by `zmq pull --output FORMAT`. */
async function printed(format: string, message: (string | Buffer)[]): Promise<string> {
  const push = new Push();
  onTestFinished(() => push.close());
  await push.bind("tcp://127.0.0.1:*");
  const command = startZmq(["pull", "--connect", push.lastEndpoint!, "--count", "1", "--output", format]);
  await push.send(message);
  return textOf((await command).stdout);
}

/** Sends the input by `zmq push --input FORMAT`, and returns the frames of the message that arrives. */
async function sent(format: string, input: string): Promise<Buffer[]> {
  const pull = new Pull({ receiveTimeout: 20_000 });
  onTestFinished(() => pull.close());
  await pull.bind("tcp://127.0.0.1:*");
  const [frames, ended] = await Promise.all([
    pull.receive(),
    zmq(["push", "--connect", pull.lastEndpoint!, "--input", format], input),
  ]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return frames;
}

describe("input that cannot be sent unchanged is refused", () => {
  test.each<[format: string, input: string | Uint8Array, message: string]>([
    ["json", '"a"\n[{"base64":"A"}]', '"A" is not base64'],
    ["json", '"a"\n[{"base64":"QQ="}]', '"QQ=" is not base64'],
    ["json", '"a"\n[{"base64":"QR=="}]', '"QR==" is not base64'],
    ["json", '"a"\n[{"base64":"QQ==QQ=="}]', '"QQ==QQ==" is not base64'],
    [
      "json",
      '"a"\n{"a":1}',
      '{"a":1} is not a frame; to send lines of JSON unchanged, leave out --input json',
    ],
    ["json", '"a"\n["\\ud800"]', '"\\ud800" has a lone surrogate'],
    ["json", '"a"\n{"frames":["a"],"group":"\\udfff"}', '"\\udfff" has a lone surrogate'],
    ["json", Buffer.from('"a"\n"\xff"', "latin1"), "not UTF-8"],
    ["msgpack", '"a"\n{"a\\ud800":1}', '"a\\ud800" has a lone surrogate'],
    ["cbor", '"a"\n["\\ud800"]', '"\\ud800" has a lone surrogate'],
    ["msgpack", '"a"\n[18446744073709551616]', '"18446744073709551616" is beyond 64 bits'],
    ["msgpack", '"a"\n{"a":-9223372036854775809}', '"-9223372036854775809" is beyond 64 bits'],
    ["cbor", '"a"\n18446744073709551616', '"18446744073709551616" is beyond 64 bits'],
    ["msgpack", '"a"\n1e400', '"1e400" is beyond the range of numbers'],
    ["cbor", '"a"\n[-1e400]', '"-1e400" is beyond the range of numbers'],
    ["msgpack", '"a"\n[1,-1e-400]', '"-1e-400" is beyond the range of numbers'],
    ["cbor", `"a"\n0.${"0".repeat(400)}1`, "is beyond the range of numbers"],
    ["msgpack", '"a"\n{"a":-0}', '"-0" would lose its sign'],
    ["cbor", '"a"\n-0.0', '"-0.0" would lose its sign'],
  ])("%s %s", async (format, input, message) => {
    const push = ["push", "--connect", endpoint(), "--input", format, "--linger", "0"];
    const { status, stderr } = await zmq(push, input);
    expect(stderr).toMatch(/^zmq: input line 2( |: )/);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });

  test.each([
    ['{"at":-1,"frames":["a"]}', 2, "the time `at` must be from 0"],
    ['{"at":1e300,"frames":["a"]}', 2, "the time `at` must be from 0"],
    ['{"at":0,"frames":["a"]}\n{"at":2,"frames":[]}', 3, "at least one frame"],
    [
      '{"at":2,"frames":["a"]}\n{"at":1.5,"frames":["b"]}',
      3,
      "must be from 2, that of the line before, got 1.5",
    ],
    ['{"at":0,"frames":[{"base64":"A"}]}', 2, '"A" is not base64'],
    ['{"at":0,"frames":["\\ud800"]}', 2, "lone surrogate"],
    ['{"at":0,"frames":["a"]', 2, "not JSON; the recording is incomplete"],
    ["", 2, "not JSON; the recording is incomplete"],
  ])("a recording with %s", async (lines, number, message) => {
    const file = join(folder(), "recording");
    writeFileSync(file, `{"format":"zmq-recording","version":1}\n${lines}\n`);
    const replay = ["replay", file, "--type", "push", "--connect", endpoint(), "--linger", "0"];
    const { status, stderr } = await zmq(replay);
    expect(stderr).toContain(`, line ${number}: `);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});

/** Replays a recording of one message with one frame, and resolves with its text. */
async function replayed(recording: string): Promise<string> {
  const file = join(folder(), "recording");
  writeFileSync(file, recording);
  const pull = new Pull({ receiveTimeout: 20_000 });
  onTestFinished(() => pull.close());
  await pull.bind("tcp://127.0.0.1:*");
  const replay = ["replay", file, "--type", "push", "--connect", pull.lastEndpoint!];
  const [frames, ended] = await Promise.all([pull.receive(), zmq(replay)]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  return String(frames);
}

test.each(["\n", "\r\n"])(
  "a recording has texts with U+2028 and U+2029, and lines that end with %j",
  async (end) => {
    const lines = ['{"format":"zmq-recording","version":1}', '{"at":0,"frames":["a\u2028b\u2029c"]}'];
    expect(await replayed(lines.join(end))).toBe("a\u2028b\u2029c");
  },
);

test("a recording that is not UTF-8 is refused", async () => {
  const file = join(folder(), "recording");
  const lines = '{"format":"zmq-recording","version":1}\n{"at":0,"frames":["\xff"]}\n';
  writeFileSync(file, lines, "latin1");
  const { status, stderr } = await zmq(["replay", file, "--type", "push", "--connect", endpoint()]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: `zmq: ${file}, line 2: not UTF-8\n` });
});

test.each([
  ["json", "a"],
  ["msgpack", "\xa1a"],
  ["cbor", "aa"],
])("a byte order mark in front of --input %s is skipped", async (format, expected) => {
  const [frame] = await sent(format, '\ufeff"a"\n');
  expect(frame!.toString("latin1")).toBe(expected);
});

test("a byte order mark in front of a recording is skipped", async () => {
  const recording = '\ufeff{"format":"zmq-recording","version":1}\n{"at":0,"frames":["a"]}\n';
  expect(await replayed(recording)).toBe("a");
});

test("base64 without padding and of the URL-safe alphabet is accepted", async () => {
  const frames = await sent("json", '[{"base64":"_-8"},{"base64":"/+8="},{"base64":""}]');
  expect(frames.map((frame) => frame.toString("hex"))).toEqual(["ffef", "ffef", ""]);
});

describe("integers of 64 bits keep their value", () => {
  test.each([
    ["msgpack", "[18446744073709551615,-9223372036854775808]", "92cfffffffffffffffffd38000000000000000"],
    ["cbor", "[18446744073709551615,-9223372036854775808]", "821bffffffffffffffff3b7fffffffffffffff"],
    ["msgpack", "[4294967295,-2147483648]", "92ceffffffffd280000000"],
    [
      "msgpack",
      '{"\\\\\\"1e5,9007199254740993":9007199254740993}',
      "81b65c223165352c39303037313939323534373430393933cf0020000000000001",
    ],
    ["cbor", "9007199254740993", "1b0020000000000001"],
  ])("%s %s", async (format, json, hex) => {
    const [frame] = await sent(format, json);
    expect(frame!.toString("hex")).toBe(hex);
    expect(await printed(format, [frame!])).toBe(`${json}\n`);
  });
});

describe("decoded messages are JSON, and lose nothing", () => {
  test.each<[format: string, hex: string, json: string]>([
    ["cbor", "f7", '{"simple":23}'],
    ["cbor", "f8ff", '{"simple":255}'],
    ["cbor", "a201020a6161", '{"map":[[1,2],[10,"a"]]}'],
    ["cbor", "a2616101616102", '{"map":[["a",1],["a",2]]}'],
    ["cbor", "a1695f5f70726f746f5f5f01", '{"__proto__":1}'],
    ["cbor", "c11a514b67b0", '{"tag":1,"value":1363896240}'],
    ["cbor", "c249010000000000000000", "18446744073709551616"],
    ["cbor", "c349010000000000000000", "-18446744073709551617"],
    ["cbor", "3bffffffffffffffff", "-18446744073709551616"],
    ["cbor", "83f97c00f97e00f9fc00", '[{"float":"Infinity"},{"float":"NaN"},{"float":"-Infinity"}]'],
    ["cbor", "84f93c00f90001fa47c35000fbc010666666666666", "[1,5.960464477539063e-8,100000,-4.1]"],
    ["cbor", "9f01820203bf6161f5ffff", '[1,[2,3],{"a":true}]'],
    ["cbor", "5f42010243030405ff", '{"base64":"AQIDBAU="}'],
    ["cbor", "7f657374726561646d696e67ff", '"streaming"'],
    ["cbor", "7f60ff", '""'],
    ["cbor", "5f4041ffff", '{"base64":"/w=="}'],
    ["cbor", "82e0f3", '[{"simple":0},{"simple":19}]'],
    ["cbor", "a1f7f6", '{"map":[[{"simple":23},null]]}'],
    ["cbor", "c26161", '{"tag":2,"value":"a"}'],
    ["cbor", "dbffffffffffffffff80", '{"tag":18446744073709551615,"value":[]}'],
    ["cbor", "bfa0a1f4f5ff", '{"map":[[{},{"map":[[false,true]]}]]}'],
    ["cbor", "82f98000f97e01", '[-0,{"float":"NaN"}]'],
    // Not one value of CBOR: shown as bytes.
    ["cbor", "0102", '"\\u0001\\u0002"'],
    ["cbor", "61ff", '"a\\xff"'],
    ["cbor", "bf6161ff", '"\\xbfaa\\xff"'],
    ["cbor", "81c1ff", '"\\x81\\xc1\\xff"'],
    ["cbor", "82f8", '"\\x82\\xf8"'],
    ["cbor", "f8", '"\\xf8"'],
    ["cbor", "5f6161ff", '"_aa\\xff"'],
    ["cbor", "9b00ffffffffffffff", '"\\x9b\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff"'],
    ["msgpack", "8201a161a13102", '{"map":[[1,"a"],["1",2]]}'],
    ["msgpack", "81a95f5f70726f746f5f5f01", '{"__proto__":1}'],
    ["msgpack", "81c0c2", '{"map":[[null,false]]}'],
    ["msgpack", "92cb7ff8000000000000ca7f800000", '[{"float":"NaN"},{"float":"Infinity"}]'],
    ["msgpack", "d6ff514b67b0", '{"timestamp":"2013-03-21T20:04:00.000000000Z"}'],
    ["msgpack", "d7ff00000004514b67b0", '{"timestamp":"2013-03-21T20:04:00.000000001Z"}'],
    ["msgpack", "d405ff", '{"ext":5,"data":{"base64":"/w=="}}'],
    ["msgpack", "98ffd0ffd1ffffd2ffffffffccffcdffffceffffffff7f", "[-1,-1,-1,-1,255,65535,4294967295,127]"],
    ["msgpack", "95d90161da000162db0000000163c40100dc000103", '["a","b","c",{"base64":"AA=="},[3]]'],
    ["msgpack", "92de0001a16101df00000001a16102", '[{"a":1},{"a":2}]'],
    // Arrays that claim to have 33 million elements: the decoder of @msgpack/msgpack would allocate all of them.
    ["msgpack", "dd01ffffff".repeat(20), `"${"\\xdd\\x01\\xff\\xff\\xff".repeat(20)}"`],
    ["msgpack", "a1ff", '"\\xa1\\xff"'],
    ["msgpack", "0102", '"\\u0001\\u0002"'],
  ])("%s %s", async (format, hex, json) => {
    expect(await printed(format, [Buffer.from(hex, "hex")])).toBe(`${json}\n`);
  });
});

test("a separator may have an escaped backslash before x", async () => {
  expect((await zmq(["pull", "--separator", "\\\\xZZ"])).stderr).toContain("give at least one endpoint");
});

test.skipIf(process.platform === "win32").each([
  ["push --linger 0", "--file reads files"],
  // Does not wait for a subscriber.
  ["pub", "--file reads files"],
  ["replay -", "zmq replay FILE reads a file"],
])("a folder as standard input of %s is wrong usage", async (command, remedy) => {
  const line = `'${process.execPath}' '${program}' ${command} --connect ${endpoint()} < '${folder()}'`;
  expect(await execute("sh", ["-c", line])).toMatchObject({
    status: 2,
    stderr: `zmq: standard input is a folder; ${remedy}\n`,
  });
});

test("text on a terminal cannot change the direction of text", () => {
  expect(harmless("a\u202eb\u2066c\u2028\td\n")).toBe("a\\u{202e}b\\u{2066}c\\u{2028}\td\n");
  expect(harmless("\u{1f469}\u200d\u{1f52c}")).toBe("\u{1f469}\u200d\u{1f52c}");
});

test.each([
  ["a\u{1f469}\u{200d}\u{1f52c}b", 2, "a"],
  ["a\u{1f469}\u{200d}\u{1f52c}b", 3, "a\u{1f469}\u{200d}\u{1f52c}"],
  ["\u{1f600}\u{1f600}", 3, "\u{1f600}"],
  ["\u65e5\u672c", 3, "\u65e5"],
  ["e\u0301e\u0301", 1, "e\u0301"],
  ["a\\x1bc", 4, "a"],
  ["a\\x1bc", 5, "a\\x1b"],
  ["\\u{202e}", 7, ""],
  ["\\u{202e}", 8, "\\u{202e}"],
  ["\\u001f", 5, ""],
  ["\\n", 1, ""],
  ["abc", 0, ""],
  ["\u043f\u0440\u0438 \u043c\u0438\u0440", 2, "\u043f\u0440"],
  ["\u2500\u2500\u2500\u2500\n", 2, "\u2500\u2500"],
  ["\u{20bb7}\u{20bb7}", 3, "\u{20bb7}"],
])("%j is cut for a terminal of %i columns", (text, columns, expected) => {
  expect(fitting(text, columns)).toBe(expected);
});

test.each([
  ["a".repeat(4 << 20), 80, "a".repeat(80)],
  // Characters of any length are not split either.
  [`ab${`e${"\u0301".repeat(1000)}`}`, 3, "ab"],
  ["abc".repeat(1000), -1, ""],
])("only the start of a long text is looked at, for %#", (text, columns, expected) => {
  const segment = vi.spyOn(Intl.Segmenter.prototype, "segment");
  onTestFinished(() => segment.mockRestore());
  expect(fitting(text, columns)).toBe(expected);
  const lengths = segment.mock.calls.map(([looked]) => looked.length);
  expect(Math.max(...lengths)).toBeLessThan(2000);
});
