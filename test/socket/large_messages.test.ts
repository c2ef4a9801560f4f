// Messages that are larger than libzmq's batches: their bodies leave by gather writes, arrive by larger reads, and lie in
// memory that is used again.

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { curveKeyPair, Pull, Push, Stream } from "zmq-native";
import { runProgram, sanitizer } from "../helpers/program.js";
import { freshEndpoint } from "../helpers/transports.js";
import { frame, hello } from "../helpers/zmtp.js";

// Around each size at which libzmq, the patches in vendor/patches/libzmq/speed or the addon treat a frame differently.
const sizes = [
  ...[0, 1, 33, 34, 255, 256, 1024, 1025, 2047, 2048, 2049, 8192, 8193, 16_384],
  ...[32_758, 32_759, 32_768, 32_769, 65_495, 65_496, 65_536, 100_000, 262_143, 262_144, 262_145],
  ...[524_287, 524_288, 1_048_576, 3_000_000],
];

/** Bytes that differ from those of other frames and at other offsets. */
function contentOf(size: number, seed: number): Buffer {
  const content = Buffer.allocUnsafe(size);
  let value = (seed * 2_654_435_761) >>> 0;
  for (let at = 0; at < size; at++) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0;
    content[at] = value >>> 24;
  }
  return content;
}

/** Small and large frames in an order that no pattern of the code has; some messages have several. */
function messages(): Buffer[][] {
  const made: Buffer[][] = [];
  let seed = 1;
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < sizes.length; index++) {
      const sizeAt = (offset: number) => sizes[(index * 7 + offset * 11 + round) % sizes.length] as number;
      const count = (index + round) % 4 === 0 ? 3 : 1;
      made.push(Array.from({ length: count }, (_, number) => contentOf(sizeAt(number), seed++)));
    }
  }
  return made;
}

const all = messages();
const server = curveKeyPair();
const client = curveKeyPair();
const curve = {
  bound: { curveServer: true, curveSecretKey: server.secretKey },
  connected: {
    curveServerKey: server.publicKey,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
  },
};
/** The system takes few bytes at once, so that most writes end in the middle of a frame. */
const fewBytes = 4608;

/** libzmq copies frames into batches of one byte, ZMQ_OUT_BATCH_SIZE, and reads up to 8, ZMQ_IN_BATCH_SIZE. */
class BytewisePush extends Push {
  constructor() {
    super({ sendHighWaterMark: 0 });
    this.setInt32Option(102, 1);
  }
}
class BytewisePull extends Pull {
  constructor() {
    super();
    this.setInt32Option(101, 1);
  }
}

const plainPush = (options = {}) => new Push({ sendHighWaterMark: 0, ...options });

async function receiveAll(pull: Pull): Promise<void> {
  for (const [index, expected] of all.entries()) {
    const received = await pull.receive();
    expect(received.length).toBe(expected.length);
    for (const [number, content] of expected.entries()) {
      // Not toEqual, which takes seconds for megabytes.
      if (!content.equals(received[number] as Buffer)) {
        throw new Error(`frame ${number} of message ${index}, of ${content.length} bytes, differs`);
      }
    }
  }
}

describe("frames of every size, in one stream, arrive as they were sent", () => {
  test.each([
    ["tcp", () => freshEndpoint("tcp"), () => new Pull(), () => plainPush()],
    [
      "tcp with small buffers",
      () => freshEndpoint("tcp"),
      () => new Pull({ receiveBufferSize: fewBytes }),
      () => plainPush({ sendBufferSize: fewBytes }),
    ],
    [
      "tcp with small batches",
      () => freshEndpoint("tcp"),
      () => new BytewisePull(),
      () => new BytewisePush(),
    ],
    [
      "tcp with CURVE",
      () => freshEndpoint("tcp"),
      () => new Pull(curve.bound),
      () => plainPush(curve.connected),
    ],
    ["ipc", () => freshEndpoint("ipc"), () => new Pull(), () => plainPush()],
    ["inproc", () => freshEndpoint("inproc"), () => new Pull(), () => plainPush()],
    ["ws, masked", () => "ws://127.0.0.1:*", () => new Pull(), () => plainPush()],
  ])("%s", { timeout: 60_000 }, async (_, endpoint, makePull, makePush) => {
    using pull = makePull();
    using push = makePush();
    await pull.bind(endpoint());
    push.connect(pull.lastEndpoint as string);
    const sent = push.sendMany(all);
    await receiveAll(pull);
    await sent;
  });

  test("ws, from server to client, whose frames have no mask", { timeout: 60_000 }, async () => {
    using push = new Push({ sendHighWaterMark: 0 });
    using pull = new Pull();
    await push.bind("ws://127.0.0.1:*");
    pull.connect(push.lastEndpoint as string);
    const sent = push.sendMany(all);
    await receiveAll(pull);
    await sent;
  });

  // Reads end at other places than frames do, and grow while they are full.
  test.each([7, 1000, 40_000, 1_000_000])(
    "from a peer that writes %i bytes at once",
    { timeout: 60_000 },
    async (step) => {
      using pull = new Pull();
      await pull.bind(freshEndpoint("tcp"));
      const stream = Buffer.concat(
        all.flatMap((frames) =>
          frames.map((content, number) => frame(content, { flags: number + 1 < frames.length ? 1 : 0 })),
        ),
      );
      const part = step === 7 ? stream.subarray(0, 200_000) : stream;
      const { port } = new URL(pull.lastEndpoint as string);
      const peer = connect(Number(port), "127.0.0.1").setNoDelay(true);
      await once(peer, "connect");
      peer.write(hello("PUSH"));
      // A message before the READY of the other side is a protocol error.
      for (let answer = ""; !answer.includes("READY"); ) answer += String((await once(peer, "data"))[0]);
      const written = (async () => {
        for (let at = 0; at < part.length; at += step) {
          if (!peer.write(part.subarray(at, at + step))) await once(peer, "drain");
        }
      })();
      if (step === 7) {
        let left = part.length;
        for (const expected of all) {
          left -= expected.reduce((sum, { length }) => sum + length + (length < 256 ? 2 : 9), 0);
          if (left < 0) break;
          expect(Buffer.concat(expected).equals(Buffer.concat(await pull.receive()))).toBe(true);
        }
      } else {
        await receiveAll(pull);
      }
      await written;
      peer.destroy();
    },
  );
});

test("the messages of a Stream do not grow with the reads of other sockets", {
  timeout: 60_000,
}, async () => {
  using stream = new Stream();
  await stream.bind(freshEndpoint("tcp"));
  const { port } = new URL(stream.lastEndpoint as string);
  const peer = connect(Number(port), "127.0.0.1");
  const content = contentOf(3_000_000, 1);
  peer.end(content);
  const parts: Buffer[] = [];
  for (let length = 0; length < content.length; ) {
    const part = (await stream.receive())[1] as Buffer;
    expect(part.length).toBeLessThanOrEqual(32 * 1024);
    parts.push(part);
    length += part.length;
  }
  expect(Buffer.concat(parts).equals(content)).toBe(true);
});

const reason = sanitizer && `${sanitizer} keeps memory of its own`;
if (reason) console.warn(`SKIP memory of large messages: ${reason}`);

describe.skipIf(reason)("memory of large messages", () => {
  test("is used again by the messages that follow", { timeout: 60_000 }, async () => {
    const { stdout, ...outcome } = await runProgram(`
      const pull = new zmq.Pull(), push = new zmq.Push();
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      const message = Buffer.alloc(1 << 20, 1);
      const exchange = async (count) => {
        const start = process.resourceUsage().minorPageFault;
        for (let i = 0; i < count; i++) {
          await push.send(message);
          await pull.receive();
        }
        return (process.resourceUsage().minorPageFault - start) / count;
      };
      await exchange(300);
      console.log(await exchange(300));
      process.exit();
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
    // The system maps 256 pages for a message of 1 MiB, at each end, if none of them is there already.
    expect(Number(stdout)).toBeLessThan(40);
  });

  test("goes back to the system when there are no such messages any more", { timeout: 60_000 }, async () => {
    const { stdout, ...outcome } = await runProgram(
      `
      const pull = new zmq.Pull(), push = new zmq.Push();
      await pull.bind("tcp://127.0.0.1:*");
      push.connect(pull.lastEndpoint);
      const megabytes = () => Math.round(process.memoryUsage().rss / 2 ** 20);
      const exchange = async (size, count) => {
        const message = Buffer.alloc(size, 1);
        for (let i = 0; i < count; i++) {
          await push.send(message);
          await pull.receive();
        }
      };
      await exchange(1024, 1000);
      gc();
      const base = megabytes();
      await exchange(2 ** 20, 500);
      gc();
      const end = Date.now() + 30_000;
      while (megabytes() > base + 24 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(megabytes() - base);
      process.exit();
    `,
      { flags: ["--expose-gc"] },
    );
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(Number(stdout)).toBeLessThanOrEqual(24);
  });
});
