// One end of a multicast stream. A publisher waits where its rate holds it back, and is ended from outside; a subscriber
// counts what comes whole and in order. Messages have their number in front, and a byte made of it at the end.

import { setTimeout as sleep } from "node:timers/promises";
import { finish, options, zmq } from "./peer.mjs";

const { role, endpoint, rate, recoveryInterval, size, count } = options;
const multicast = { rate, recoveryInterval };
const fillOf = (number) => number % 251;

async function publish() {
  const socket = new zmq.XPublisher({ multicast, noDrop: true });
  socket.connect(endpoint);
  // Whether somebody has joined the group, nothing tells.
  for (let i = 0; i < 50; i++) {
    await socket.send("");
    await sleep(10);
  }
  // Sent messages are copied, so the same Buffers are used again.
  const batch = Array.from({ length: Math.max(1, Math.min(100, Math.floor(1e6 / size))) }, () =>
    Buffer.alloc(size),
  );
  for (let number = 0; number < count; number += batch.length) {
    for (const [index, message] of batch.entries()) {
      message.fill(fillOf(number + index));
      message.writeUInt32LE(number + index);
    }
    await socket.sendMany(count - number < batch.length ? batch.slice(0, count - number) : batch);
  }
  for (;;) {
    await socket.send("end");
    await sleep(50);
  }
}

async function subscribe() {
  const socket = new zmq.Subscriber({
    ...{ multicast, receiveBufferSize: 4_000_000, receiveHighWaterMark: 0, receiveTimeout: 5000 },
  });
  socket.subscribe();
  socket.connect(endpoint);
  let [received, faults, last, first, latest] = [0, 0, -1, 0, 0];
  /** Whether this was the end. */
  const took = ([frame]) => {
    if (frame.length === 0) return false;
    if (frame.length === 3 && frame.toString() === "end") return true;
    const number = frame.length === size ? frame.readUInt32LE() : -1;
    if (number <= last || frame[size - 1] !== fillOf(number)) {
      faults++;
      return false;
    }
    last = number;
    received++;
    return false;
  };
  try {
    for await (const messages of socket.batches()) {
      const before = received;
      const ended = messages.some(took);
      if (received > before) latest = performance.now();
      if (before === 0) first = latest;
      if (ended) break;
    }
  } catch (error) {
    // Nothing comes any more: what there was counts.
    if (error.code !== "EAGAIN") throw error;
  }
  await finish({ received, faults, seconds: (latest - first) / 1000 });
}

await (role === "publish" ? publish() : subscribe());
