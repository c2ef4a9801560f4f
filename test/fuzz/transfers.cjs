// Ways to detach the memory of a received frame.

const { MessageChannel, receiveMessageOnPort } = require("node:worker_threads");

const ways = {
  port(frame) {
    const { port1, port2 } = new MessageChannel();
    try {
      port1.postMessage(frame, [frame.buffer]);
      return receiveMessageOnPort(port2).message;
    } finally {
      port1.close();
    }
  },
  clone: (frame) => structuredClone(frame, { transfer: [frame.buffer] }),
  async stream(frame) {
    const stream = new ReadableStream({ type: "bytes", start: (controller) => controller.enqueue(frame) });
    return (await stream.getReader().read()).value;
  },
  buffer(frame) {
    const { byteOffset, length } = frame;
    const moved = frame.buffer.transfer?.();
    return moved && new Uint8Array(moved, byteOffset, length);
  },
};

/** Watches all memory that was detached together with a frame. */
function watch(machine, bytes) {
  if (bytes === undefined) return;
  const all = new Uint8Array(bytes.buffer);
  machine.transferred.push({ bytes: all, copy: Buffer.from(all) });
}

/** Detaches the memory of a frame, unless that throws. */
function takeAway(machine, frame, how) {
  if (frame === undefined || frame.length === 0) return;
  const keep = (result) => watch(machine, result);
  machine.transfers++;
  try {
    const result = ways[how](frame);
    if (result instanceof Promise) {
      // It may throw.
      result.then(keep, () => {});
    } else keep(result);
  } catch (error) {
    // It throws.
    if (error?.name !== "DataCloneError" && !(error instanceof TypeError)) throw error;
  }
}

module.exports = { takeAway };
