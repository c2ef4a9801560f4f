// Asks on a REQ socket and measures round trips, or answers on a REP socket.

import { finish, options, percentile, tell, zmq } from "./peer.mjs";

const { role, count, size } = options;
/** The options of a context of its own, if there are any. */
const more = options.context && { context: new zmq.Context(options.context) };

if (role === "answer") {
  const reply = new zmq.Reply(more);
  await reply.bind("tcp://127.0.0.1:*");
  await tell({ endpoint: reply.lastEndpoint });
  for await (const message of reply) await reply.send(message);
} else {
  const request = new zmq.Request(more);
  request.connect(options.endpoint);
  const message = Buffer.alloc(size);
  const warmup = Math.floor(count / 5);
  const times = new Float64Array(count);
  for (let i = -warmup; i < count; i++) {
    const start = process.hrtime.bigint();
    await request.send(message);
    await request.receive();
    if (i >= 0) times[i] = Number(process.hrtime.bigint() - start) / 2000;
  }
  const mean = times.reduce((sum, time) => sum + time) / count;
  await finish({
    mean,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    p999: percentile(times, 0.999),
  });
}
