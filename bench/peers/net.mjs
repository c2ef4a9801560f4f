// The alternative without ZeroMQ: a raw TCP socket with a length prefix, written to message by message, or
// with writes coalesced by hand to 64 KiB.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { finish, options, stopwatch, tell } from "./peer.mjs";

const { role, count, warmup = 0, size, coalesce = false } = options;

async function receive() {
  const total = count + warmup;
  let received = 0;
  let rest = Buffer.alloc(0);
  let watch;
  const server = createServer((socket) => {
    socket.on("data", (data) => {
      let chunk = rest.length > 0 ? Buffer.concat([rest, data]) : data;
      while (chunk.length >= 4) {
        const length = chunk.readUInt32BE(0);
        if (chunk.length < 4 + length) break;
        const message = chunk.subarray(4, 4 + length);
        chunk = chunk.subarray(4 + length);
        if (message.length !== size) throw new Error(`expected ${size} bytes, got ${message.length}`);
        if (received === warmup) watch = stopwatch();
        if (++received === total) {
          const time = watch();
          finish({ rate: count / time.seconds, cpuPerMessage: time.cpuSeconds / count });
        }
      }
      rest = chunk;
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await tell({ endpoint: server.address().port });
}

async function send() {
  const socket = connect(options.endpoint, "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay(true);
  const message = Buffer.alloc(4 + size, 120);
  message.writeUInt32BE(size, 0);
  const most = coalesce ? Math.max(1, Math.floor(65_536 / message.length)) : 1;
  for (let sent = 0; sent < count; ) {
    const number = Math.min(most, count - sent);
    const parts = [];
    // A program that coalesces gets its messages one by one and copies each.
    for (let i = 0; i < number; i++) parts.push(message);
    sent += number;
    if (!socket.write(number === 1 ? message : Buffer.concat(parts))) await once(socket, "drain");
  }
}

await (role === "receive" ? receive() : send());
