// `websockets` in Python (python3-websockets) as a peer. It ends a connection whose pongs differ from its pings, which libzmq
// sends without vendor patch libzmq/ws/control-frames.

import { describe, expect, test } from "vitest";
import { Pull } from "zmq-native";
import { pythonWebSocketsMissing, startPython } from "../helpers/peers.js";
import { patience } from "../helpers/program.js";

const missing = pythonWebSocketsMissing();
if (missing) console.warn(`SKIPPED: ${missing}`);

// The latency changes with each pong that equals a ping. Sending fails once the connection has ended. A server of this
// library refuses our request: the slash in ZWS2.0/NULL is not allowed in the name of a subprotocol.
const client = `
import asyncio, websockets
async def main():
    keepalive = dict(ping_interval=0.02, ping_timeout=5)
    async with websockets.connect(sys.argv[1], subprotocols=["ZWS2.0"], **keepalive) as ws:
        await ws.send(b"\\0")
        seen = {ws.latency}
        while len(seen) < 20:
            await ws.send(b"\\0beat")
            await asyncio.sleep(0.01)
            seen.add(ws.latency)
        for payload in (b"", b"x", bytes(range(125))):
            await asyncio.wait_for(await ws.ping(payload), 10)
        await ws.send(b"\\0end")
        await ws.close()
        print(ws.close_code)
asyncio.run(main())
`;

describe.skipIf(missing)(`with websockets in Python${missing ? ` (${missing})` : ""}`, () => {
  test("its client gets the pongs that it expects", async () => {
    using pull = new Pull({ receiveTimeout: patience });
    await pull.bind("ws://127.0.0.1:*");
    const peer = startPython(client, pull.lastEndpoint as string);
    const receiveAll = async () => {
      for await (const [text] of pull) {
        if (String(text) === "end") return;
        expect(String(text)).toBe("beat");
      }
    };
    await Promise.race([receiveAll(), peer.output]);
    expect(await peer.output).toBe("1000\n");
  });
});
