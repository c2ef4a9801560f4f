// ZMQ_IN_BATCH_SIZE and ZMQ_OUT_BATCH_SIZE, the sizes of libzmq's buffers per connection. They may be smaller than the
// header of a frame.

import { expect, test } from "vitest";
import { Pull, Push } from "zmq-native";

class BatchPush extends Push {
  constructor(size: number) {
    super({ sendHighWaterMark: 0 });
    this.setInt32Option(102, size);
  }
}

class BatchPull extends Pull {
  constructor(size: number) {
    super({ receiveTimeout: 10_000 });
    this.setInt32Option(101, size);
  }
}

const sizes = [0, 1, 7, 8, 9, 200, 255, 256, 300, 8191, 8192, 8193, 70_000];
const messages = sizes.map((size, index) => [Buffer.alloc(size, index), `${size}`]);

// Batches of 1001 bytes have room for messages that libzmq does not copy.
test.each([1, 2, 7, 8, 9, 15, 16, 17, 1001, 8192])(
  "messages arrive whole with batches of %i bytes",
  async (size) => {
    using pull = new BatchPull(size);
    using push = new BatchPush(size);
    await pull.bind("tcp://127.0.0.1:*");
    push.connect(pull.lastEndpoint as string);
    await push.sendMany(messages);
    for (const [content, text] of messages) {
      const [first, second] = await pull.receive();
      expect(first!.equals(content as Buffer)).toBe(true);
      expect(second!.toString()).toBe(text);
    }
  },
);
