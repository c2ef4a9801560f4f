// The user id that a ZAP handler returns for a connection does not count as a message in its queue.

import { afterEach, beforeEach, expect, test } from "vitest";
import { Context, Pull, Push, Reply, Request } from "zmq-native";
import { whenFree } from "../helpers/transports.js";

let context: Context;
let handler: Reply;

beforeEach(async () => {
  context = new Context();
  handler = new Reply({ context, linger: 0 });
  await handler.bind("inproc://zeromq.zap.01");
  (async () => {
    for await (const [version, id] of handler) {
      await handler.send([version!, id!, "200", "OK", "the user id", ""]);
    }
  })().catch(() => {});
});

afterEach(async () => {
  handler.close();
  await context.close();
});

const client = { linger: 0, plainUsername: "user", plainPassword: "word", sendTimeout: 5000 };
const server = { linger: 0, plainServer: true, receiveTimeout: 5000 };

test("a socket with receiveHighWaterMark 1 receives all messages of each peer", async () => {
  using pull = new Pull({ ...server, context, receiveHighWaterMark: 1 });
  await pull.bind("tcp://127.0.0.1:*");
  for (let round = 0; round < 3; round++) {
    using push = new Push({ ...client, context, linger: 5000 });
    push.connect(pull.lastEndpoint as string);
    for (let i = 0; i < 5; i++) {
      await push.send(`${round} ${i}`);
      expect(String(await pull.receive())).toBe(`${round} ${i}`);
    }
  }
});

test("a socket that reconnects has as much room in its queue as before", async () => {
  using pull = new Pull({ ...server, context, receiveHighWaterMark: 2, reconnectInterval: 10 });
  let endpoint = "tcp://127.0.0.1:*";
  for (let round = 0; round < 6; round++) {
    using push = new Push({ ...client, context });
    await whenFree(() => push.bind(endpoint));
    if (round === 0) {
      endpoint = push.lastEndpoint as string;
      pull.connect(endpoint);
    }
    await push.send(`${round}`);
    expect(String(await pull.receive())).toBe(`${round}`);
  }
});

test("a Request as PLAIN server receives its replies", async () => {
  using request = new Request({ ...server, context, sendTimeout: 5000 });
  await request.bind("tcp://127.0.0.1:*");
  using reply = new Reply({ ...client, context, receiveTimeout: 5000 });
  reply.connect(request.lastEndpoint as string);
  for (let i = 0; i < 3; i++) {
    await request.send(`question ${i}`);
    const [question] = await reply.receive();
    await reply.send(`answer to ${question}`);
    expect(String(await request.receive())).toBe(`answer to question ${i}`);
  }
});
