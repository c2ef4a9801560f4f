// libzmq in Python (python3-zmq) as a peer, in both directions.

import { describe, expect, test } from "vitest";
import { curveKeyPair, Dealer, Pull, Push, Reply, Request, Router, Subscriber, XPublisher } from "zmq-native";
import { pythonMissing, startPython } from "../helpers/peers.js";
import { freshEndpoint } from "../helpers/transports.js";

const missing = pythonMissing();
if (missing) console.warn(`SKIPPED: ${missing}`);

describe.skipIf(missing).each(["tcp", "ipc"] as const)(
  `with Python over %s${missing ? ` (${missing})` : ""}`,
  (transport) => {
    test("Push sends frames to its PULL: empty ones, NULs, all sizes", async () => {
      using push = new Push();
      await push.bind(freshEndpoint(transport));
      const peer = startPython(
        `
socket = context.socket(zmq.PULL)
socket.connect(sys.argv[1])
for _ in range(1000):
    frames = socket.recv_multipart()
    print(len(frames), sum(map(len, frames)), frames[0][:3])
`,
        push.lastEndpoint as string,
      );
      const messages = Array.from({ length: 1000 }, (_, i) => ["a\0b", "", Buffer.alloc(i * i)]);
      await push.sendMany(messages);
      const lines = (await peer.output).trim().split("\n");
      expect(lines).toEqual(messages.map((_, i) => `3 ${3 + i * i} b'a\\x00b'`));
    });

    test("Pull receives from its PUSH", async () => {
      using pull = new Pull();
      await pull.bind(freshEndpoint(transport));
      const peer = startPython(
        `
socket = context.socket(zmq.PUSH)
socket.connect(sys.argv[1])
for i in range(1000):
    socket.send_multipart([str(i).encode(), b"", b"x" * (i * i)])
socket.close()
context.term()
`,
        pull.lastEndpoint as string,
      );
      let next = 0;
      for await (const [number, empty, body] of pull) {
        expect([String(number), empty!.length, body!.length]).toEqual([`${next}`, 0, next * next]);
        if (++next === 1000) break;
      }
      await peer.output;
    });

    test("Request asks its REP, and Reply answers its REQ", async () => {
      using reply = new Reply();
      using request = new Request();
      await reply.bind(freshEndpoint(transport));
      await request.bind(freshEndpoint(transport));
      const peer = startPython(
        `
req = context.socket(zmq.REQ)
req.connect(sys.argv[1])
rep = context.socket(zmq.REP)
rep.connect(sys.argv[2])
for i in range(50):
    req.send_string("question %d" % i)
    assert req.recv_string() == "answer %d" % i
    rep.send(rep.recv()[::-1])
context.destroy()
`,
        reply.lastEndpoint as string,
        request.lastEndpoint as string,
      );
      for (let i = 0; i < 50; i++) {
        expect(String(await reply.receive())).toBe(`question ${i}`);
        await reply.send(`answer ${i}`);
        await request.send(`abc${i}`);
        expect(String(await request.receive())).toBe([...`abc${i}`].reverse().join(""));
      }
      await peer.output;
    });

    test("Router talks with its DEALER, and Dealer with its ROUTER", async () => {
      using router = new Router();
      using dealer = new Dealer({ routingId: "ours" });
      await router.bind(freshEndpoint(transport));
      await dealer.bind(freshEndpoint(transport));
      const peer = startPython(
        `
dealer = context.socket(zmq.DEALER)
dealer.setsockopt(zmq.ROUTING_ID, b"theirs")
dealer.connect(sys.argv[1])
dealer.send_multipart([b"to the router", b"two"])
assert dealer.recv_multipart() == [b"back"]
router = context.socket(zmq.ROUTER)
router.connect(sys.argv[2])
id, text = router.recv_multipart()
router.send_multipart([id, id + b" said " + text])
context.destroy()
`,
        router.lastEndpoint as string,
        dealer.lastEndpoint as string,
      );
      expect((await router.receive()).map(String)).toEqual(["theirs", "to the router", "two"]);
      await router.send(["theirs", "back"]);
      await dealer.send("hello");
      expect(String(await dealer.receive())).toBe("ours said hello");
      await peer.output;
    });

    test("XPublisher sends to its SUB, and Subscriber receives from its XPUB", async () => {
      using publisher = new XPublisher();
      using subscriber = new Subscriber();
      await publisher.bind(freshEndpoint(transport));
      await subscriber.bind(freshEndpoint(transport));
      subscriber.subscribe("news");
      const peer = startPython(
        `
sub = context.socket(zmq.SUB)
sub.subscribe(b"a")
sub.connect(sys.argv[1])
print(sub.recv(), sub.recv())
xpub = context.socket(zmq.XPUB)
xpub.connect(sys.argv[2])
print(xpub.recv())
for text in (b"other", b"news 1", b"nothing", b"news 2"):
    xpub.send(text)
context.destroy()
`,
        publisher.lastEndpoint as string,
        subscriber.lastEndpoint as string,
      );
      expect(String(await publisher.receive())).toBe("\x01a");
      for (const text of ["b", "alpha", "beta", "atom"]) await publisher.send(text);
      expect(String(await subscriber.receive())).toBe("news 1");
      expect(String(await subscriber.receive())).toBe("news 2");
      expect((await peer.output).trim().split("\n")).toEqual(["b'alpha' b'atom'", "b'\\x01news'"]);
    });

    test("its CURVE client connects to our server", async () => {
      const server = curveKeyPair();
      using pull = new Pull({ curveServer: true, curveSecretKey: server.secretKey });
      await pull.bind(freshEndpoint(transport));
      const peer = startPython(
        `
socket = context.socket(zmq.PUSH)
socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
socket.curve_serverkey = sys.argv[2].encode()
socket.connect(sys.argv[1])
socket.send(b"sealed")
socket.close()
context.term()
`,
        pull.lastEndpoint as string,
        server.publicKey,
      );
      expect(String(await pull.receive())).toBe("sealed");
      await peer.output;
    });
  },
);
