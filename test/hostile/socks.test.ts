// SOCKS proxies that send malformed answers. Vendor patch libzmq/peers/socks-replies.

import { expect, test } from "vitest";
import { expectSurvival } from "../helpers/victim.js";
import { greeting, join, type RawPeer, RawServer } from "../helpers/zmtp.js";

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const body = `
  say("begun");
  const socksProxy = "127.0.0.1:" + (await hear());
  const socket = new zmq.Push({ linger: 0, socksProxy, reconnectInterval: 1 });
  socket.connect("tcp://127.0.0.1:5555");
`;

const noAuthentication = "\x05\0";

test.each<[string, string | Buffer, string | Buffer]>([
  ["another version", "\x04\0", ""],
  ["a method that was not offered", "\x05\x02", ""],
  ["no method that would do", "\x05\xff", ""],
  ["an address of no known kind", noAuthentication, "\x05\0\0\x02xxxxxxxxxx"],
  ["a failure", noAuthentication, "\x05\x01\0\x01\0\0\0\0\0\0"],
  ["a failure by a number that there is not", noAuthentication, "\x05\xff\0\x01\0\0\0\0\0\0"],
  // libzmq read the length as a negative number and then read data of any size into a buffer of 262 bytes. Only the
  // address sanitizer detects this reliably.
  [
    "a name of 255 bytes, and a megabyte after it",
    noAuthentication,
    join("\x05\0\0\x03\xff", Buffer.alloc(1_000_000, "x")),
  ],
  ["a name of no bytes", noAuthentication, "\x05\0\0\x03\0\0\0"],
])("a proxy that answers with %s does not abort the process", async (_, choice, response) => {
  using server = await RawServer.listen();
  await expectSurvival(body, async (_, victim) => {
    victim.say(server.port);
    for (let i = 0; i < 5; i++) {
      // A client that was connected and then received garbage does not reconnect.
      const next = await Promise.race([server.accept(), wait(500)]);
      if (!next) break;
      using proxy = next as RawPeer;
      await proxy.hearBytes(3);
      proxy.say(choice);
      if (response.length > 0) {
        await proxy.hearBytes(3 + 10);
        proxy.say(response);
      }
      await wait(20);
      proxy.reset();
    }
  });
});

// libzmq read the rest of a response with the full length again and wrote past the buffer.
test.each<[string, string | Buffer]>([
  ["an IPv4 address", "\x05\0\0\x01\x7f\0\0\x01\x15\xb3"],
  ["an IPv6 address", join("\x05\0\0\x04", Buffer.alloc(18))],
  ["a name", join("\x05\0\0\x03\xc8", Buffer.alloc(202))],
])("a proxy that answers with %s byte by byte is accepted", async (_, response) => {
  using server = await RawServer.listen();
  await expectSurvival(body, async (_, victim) => {
    victim.say(server.port);
    using proxy = await server.accept();
    await proxy.hearBytes(3);
    for (const byte of noAuthentication) {
      proxy.say(byte);
      await wait(5);
    }
    await proxy.hearBytes(3 + 10);
    const asked = proxy.heard.length;
    for (let i = 0; i < response.length; i += 7) {
      proxy.say(Buffer.from(response as string, "latin1").subarray(i, i + 7));
      await wait(5);
    }
    // The connection now leads to the peer.
    proxy.say(greeting());
    expect(await proxy.hearBytes(asked + 64)).toBe(true);
    expect(proxy.heard.subarray(asked).includes("NULL")).toBe(true);
  });
});
