// Sockets as streams of Node and of the web: a file goes through gzip, a socket, gunzip, with back pressure throughout.

import { createHash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Pull, Push } from "zmq-native";
import { bind } from "../common/bind.mjs";

/** A stream that writes into a socket; an empty message is its end. */
function toSocket(push: Push): Writable {
  return new Writable({
    // `send` resolves when there was room: that is all that a stream needs to know.
    write: (chunk, _encoding, done) => void push.send(chunk).then(() => done(), done),
    final: (done) => void push.send("").then(() => done(), done),
  });
}

async function* fromSocket(pull: Pull) {
  for await (const [chunk] of pull) {
    if (chunk.length === 0) return;
    yield chunk;
  }
}

using pull = new Pull();
using push = new Push();
push.connect(await bind(pull));

const content = Buffer.from("all work and no play makes jack a dull boy\n".repeat(100_000));
const hash = createHash("sha1");
await Promise.all([
  pipeline(Readable.from([content]), createGzip(), toSocket(push)),
  pipeline(Readable.from(fromSocket(pull)), createGunzip(), hash),
]);
const same = hash.digest("hex") === createHash("sha1").update(content).digest("hex");
console.log(`stream of Node: ${content.length} bytes, ${same ? "the same" : "DIFFERENT"} at the other end`);

const web = new WritableStream<string>({ write: (chunk) => push.send(chunk), close: () => push.send("") });
const sending = ReadableStream.from(["streams", "of", "the", "web"]).pipeTo(web);
const words: string[] = [];
await ReadableStream.from(fromSocket(pull)).pipeTo(
  new WritableStream({ write: (word) => void words.push(`${word}`) }),
);
await sending;
console.log(words.join(" "));
