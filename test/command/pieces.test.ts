// Messages of any size: their texts are made in pieces, and mean what the message was.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Pull, Push } from "zmq-native";
import { fromJson } from "../../command/parcel.js";
import {
  encodedPieces,
  framePieces,
  gathered,
  jsonPieces,
  quotedPieces,
  textPieces,
} from "../../command/pieces.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

const joined = (pieces: Iterable<string>) => Array.from(gathered(pieces)).join("");

/** Characters of one to four bytes, and those that JSON escapes. Around 48 KiB, where pieces begin, they are at any offset. */
const alphabet = 'aé€😀"\\\n\0\x7f\u0085\u2028\u{e0001}\ufeff';

/** Frames of text and of bytes, of sizes around those of pieces. */
const frames = [0, 1, 2, 3, 49_151, 49_152, 49_153, 98_303, 98_305, 150_001].flatMap((size) => {
  const text = Buffer.from(alphabet.repeat(Math.ceil(size / 10)));
  const bytes = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 255));
  return [0, 1, 2, 3].flatMap((start) => [
    Buffer.from(text.toString().slice(start, start + size)),
    text.subarray(start, start + size),
    bytes,
  ]);
});

test("JSON of a message reads as the message", () => {
  for (const frame of frames) {
    const line = joined(framePieces([frame, Buffer.of(255), frame]));
    const { frames: read } = fromJson(JSON.parse(line));
    expect(read.map((bytes) => frame.equals(bytes))).toEqual([true, frame.equals(Buffer.of(255)), true]);
  }
  expect(joined(framePieces([]))).toBe("[]");
  expect(joined(jsonPieces({ frames: [Buffer.from("a")], routingId: 7 }))).toBe(
    '{"frames":["a"],"routingId":7}',
  );
  expect(joined(jsonPieces({ frames: [Buffer.from("a")], group: "g" }))).toBe('{"frames":["a"],"group":"g"}');
});

test("hex, base64 and text are those of the whole frame", () => {
  for (const frame of frames) {
    expect(joined(encodedPieces(frame, "hex")) === frame.toString("hex")).toBe(true);
    expect(joined(encodedPieces(frame, "base64")) === frame.toString("base64")).toBe(true);
    expect(joined(textPieces(frame)) === frame.toString()).toBe(true);
  }
});

test("quoted frames are strings of JavaScript", () => {
  const evaluate = (text: string) => new Function(`return ${text}`)() as string;
  for (const frame of frames) {
    const text = joined(quotedPieces(frame));
    const read = evaluate(text);
    const isText = Buffer.from(frame.toString()).equals(frame);
    expect(Buffer.from(read, isText ? "utf8" : "latin1").equals(frame)).toBe(true);
  }
});

test("quotes 90 MB of NULs, which is longer than a text can be", () => {
  let length = 0;
  for (const piece of gathered(quotedPieces(Buffer.alloc(90_000_000)))) length += piece.length;
  expect(length).toBe(540_000_002);
});

/** A socket to which a command connects. */
async function bound(): Promise<{ push: Push; at: string }> {
  const push = new Push({ linger: 0 });
  onTestFinished(() => push.close());
  await push.bind(endpoint());
  return { push, at: push.lastEndpoint! };
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** NULs with some text: more bytes than messages with text have in JSON. */
const large = Buffer.alloc(70_000_000);
large.write("begin");
large.write("end", large.length - 3);

test("a large message is recorded and replayed", async () => {
  const file = join(folder(), "recording");
  const { push, at } = await bound();
  const recording = startZmq(["record", file, "--type", "pull", "--connect", at, "--count", "1"]);
  await push.send(large);
  expect((await recording).exitCode).toBe(0);
  expect(statSync(file).size).toBeLessThan(100_000_000);
  const pull = new Pull();
  onTestFinished(() => pull.close());
  await pull.bind(endpoint());
  const [[frame], ended] = await Promise.all([
    pull.receive(),
    zmq(["replay", file, "--type", "push", "--connect", pull.lastEndpoint!, "--no-wait"]),
  ]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(digest(frame!)).toBe(digest(large));
});

test("--output raw writes more than 64 MiB unchanged to a file", async () => {
  const { push, at } = await bound();
  const file = join(folder(), "bytes");
  const descriptor = openSync(file, "w");
  const child = spawn(
    process.execPath,
    [program, "pull", "--connect", at, "--count", "1", "--output", "raw"],
    { stdio: ["ignore", descriptor, "inherit"] },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close");
  await push.send(large);
  expect(await ended).toEqual([0, null]);
  closeSync(descriptor);
  expect(digest(readFileSync(file))).toBe(digest(large));
});

test("a receiver goes on after a large message, and prints the frames that it does not decode", async () => {
  const { push, at } = await bound();
  const child = startZmq(["pull", "--connect", at, "--count", "2", "--output", "cbor"]);
  await push.send(Buffer.alloc(5 << 20, "a"));
  await push.send(Buffer.of(0x18, 42));
  const { stdout, stderr, exitCode } = await child;
  expect(exitCode).toBe(0);
  const text = Buffer.from(stdout as Uint8Array).toString();
  expect(text.length).toBe((5 << 20) + 2 + 1 + 3);
  expect(text.endsWith("\n42\n")).toBe(true);
  expect(Buffer.from(stderr as Uint8Array).toString()).toBe(
    "zmq: a frame of 5242880 bytes is printed as by --output quoted: --output cbor decodes up to 4194304 bytes. --output raw prints all bytes\n",
  );
});
