// libzmq's own C tools, built from the vendored source, as peers.

import { describe, expect, test } from "vitest";
import { Pull, Push, Reply, Request } from "zmq-native";
import { startListening, startTool, toolsMissing } from "../helpers/peers.js";

const missing = toolsMissing();
if (missing) console.warn(`SKIPPED: ${missing}`);

describe.skipIf(missing)(`with C${missing ? ` (${missing})` : ""}`, () => {
  test.each([1, 64, 1024, 65_536])("remote_thr sends %i bytes to a loop", async (size) => {
    using pull = new Pull();
    await pull.bind("tcp://127.0.0.1:*");
    const count = size > 10_000 ? 2000 : 50_000;
    const peer = startTool("remote_thr", pull.lastEndpoint as string, size, count);
    let received = 0;
    for await (const [frame, ...more] of pull) {
      if (frame!.length !== size || more.length > 0)
        throw new Error(`${frame!.length} bytes, ${more.length} more frames`);
      if (++received === count) break;
    }
    await peer.output;
    expect(pull.readable).toBe(false);
  });

  test.each([1, 64, 1024, 65_536])("local_thr receives %i bytes through sendMany", async (size) => {
    const count = size > 10_000 ? 2000 : 50_000;
    const peer = await startListening("local_thr", size, count);
    using push = new Push();
    push.connect(peer.endpoint);
    await push.sendMany(Array.from({ length: count }, () => Buffer.alloc(size)));
    expect(await peer.output).toContain(`message count: ${count}`);
  });

  test("remote_lat sends requests and Reply answers", async () => {
    using reply = new Reply();
    await reply.bind("tcp://127.0.0.1:*");
    const peer = startTool("remote_lat", reply.lastEndpoint as string, 100, 500);
    for (let i = 0; i < 500; i++) await reply.send((await reply.receive())[0]!);
    expect(await peer.output).toContain("roundtrip count: 500");
  });

  test("Request sends requests and local_lat answers", async () => {
    const peer = await startListening("local_lat", 100, 500);
    using request = new Request();
    request.connect(peer.endpoint);
    for (let i = 0; i < 500; i++) {
      await request.send(Buffer.alloc(100, i));
      expect((await request.receive())[0]).toEqual(Buffer.alloc(100, i));
    }
    await peer.output;
  });
});
