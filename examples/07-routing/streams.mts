// Sockets as Node.js streams and as web streams, with back-pressure: a file passes gzip, a socket and gunzip.

import { createHash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream, WritableStream } from "node:stream/web";
import { createGunzip, createGzip } from "node:zlib";
import { Pull, Push } from "zmq-native";

/** A stream that sends each chunk as a message. An empty message is the end. */
function writableOf(push: Push) {
  return new Writable({
    // The stream waits while `send` waits for room in the queue.
    write: (chunk, _encoding, done) => void push.send(chunk).then(() => done(), done),
    final: (done) => void push.send("").then(() => done(), done),
  });
}

async function* chunksOf(pull: Pull) {
  for await (const [chunk] of pull) {
    if (chunk.length === 0) return;
    yield chunk;
  }
}

const pull = new Pull();
const push = new Push();
await pull.bind("tcp://127.0.0.1:*");
push.connect(pull.lastEndpoint!);

const content = Buffer.from("all work and no play makes jack a dull boy\n".repeat(100_000));
const hash = createHash("sha1");
await Promise.all([
  pipeline(Readable.from([content]), createGzip(), writableOf(push)),
  pipeline(Readable.from(chunksOf(pull)), createGunzip(), hash),
]);
const same = hash.digest("hex") === createHash("sha1").update(content).digest("hex");
console.log(`Node.js streams: ${content.length} bytes, ${same ? "identical" : "DIFFERENT"}`);

const writable = new WritableStream<string>({
  write: (chunk) => push.send(chunk),
  close: () => push.send(""),
});
const sending = ReadableStream.from(["three", "short", "chunks"]).pipeTo(writable);
const words: string[] = [];
for await (const chunk of ReadableStream.from(chunksOf(pull))) words.push(String(chunk));
await sending;
console.log(`web streams: ${words.join(" ")}`);
push.close();
pull.close();
