// wss: WebSocket inside TLS, with our own peers, and with the TLS of Node.js.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket as NetSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createServer as createTlsServer,
  rootCertificates,
  type TLSSocket,
  connect as tlsConnect,
} from "node:tls";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import type * as zmq from "zmq-native";
import { capability, curveKeyPair, type EventType, Pair, Pull, Push, type Socket } from "zmq-native";
import { type Certificate, makeCertificate } from "../helpers/certificates.js";
import { execute } from "../helpers/execute.js";
import { Tls12Client } from "../helpers/tls12.js";
import { whenFree } from "../helpers/transports.js";
import { until } from "../helpers/until.js";
import { accepted, opcodes, webSocketFrame } from "../helpers/zmtp.js";

let feed: Certificate;
beforeAll(() => {
  feed = makeCertificate();
});

const server = (with_: Certificate = feed) => ({ wssCertificate: with_.certificate, wssKey: with_.key });
const client = (with_: Certificate = feed) => ({ wssTrust: with_.certificate });
const portOf = (socket: Socket) => Number(new URL(socket.lastEndpoint as string).port);

/** Resolves with the next event of a type. */
const next = <E extends EventType>(socket: Socket, type: E) =>
  new Promise<zmq.EventOfType<E>>((resolve) => {
    const hear = (event: zmq.EventOfType<E>) => {
      socket.events.off(type, hear);
      resolve(event);
    };
    socket.events.on(type, hear);
  });

/** A Pull that is bound, and a Push that connects to it. */
async function pair(serverOptions: object = {}, clientOptions: object = {}) {
  const pull = new Pull({ ...server(), receiveTimeout: 20_000, linger: 0, ...serverOptions });
  await pull.bind("wss://127.0.0.1:*/feed");
  const push = new Push({ ...client(), linger: 0, ...clientOptions });
  push.connect(pull.lastEndpoint as string);
  return {
    pull,
    push,
    [Symbol.dispose]: () => {
      push.close();
      pull.close();
    },
  };
}

/** The code of the error that ends the handshake of a client. */
async function failureOf(options: object, certificate: Certificate = feed, host = "127.0.0.1") {
  using pull = new Pull(server(certificate));
  await pull.bind("wss://127.0.0.1:*");
  using push = new Push({ linger: 0, ...options });
  const failure = next(push, "handshake:error:protocol");
  push.connect(`wss://${host}:${portOf(pull)}`);
  return (await failure).error.code;
}

/** A TLS connection of Node.js to a socket. */
async function openTls(socket: Socket, options: object = {}): Promise<TLSSocket> {
  const peer = tlsConnect({ port: portOf(socket), host: "127.0.0.1", ca: feed.certificate, ...options });
  await once(peer, "secureConnect");
  return peer;
}

const request =
  "GET /feed HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ZWS2.0\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** A masked binary frame of a client, with the byte for ZMTP's flags. */
function frame(text: string): Buffer {
  const body = Buffer.concat([Buffer.of(0), Buffer.from(text)]);
  return Buffer.concat([Buffer.of(0x82, 0x80 | body.length, 0, 0, 0, 0), body]);
}

describe("wss", () => {
  test("is in this binary", () => {
    expect(capability.wss).toBe(true);
    expect("wssKey" in Push.prototype).toBe(true);
  });

  test("a client sends to a server that it trusts", async () => {
    using ends = await pair();
    expect(ends.pull.lastEndpoint).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/feed$/);
    await ends.push.send("secret");
    expect(String(await ends.pull.receive())).toBe("secret");
  });

  test.each([
    ["no certificate and no key", () => ({})],
    ["no key", () => ({ wssCertificate: feed.certificate })],
    ["no certificate", () => ({ wssKey: feed.key })],
    ["the key of another certificate", () => ({ ...server(), wssKey: makeCertificate().key })],
  ])("bind rejects %s with EINVAL", async (_, options) => {
    using pull = new Pull(options());
    await expect(pull.bind("wss://127.0.0.1:*")).rejects.toMatchObject({
      code: "EINVAL",
      address: "wss://127.0.0.1:*",
      detail: expect.stringContaining("wssCertificate and wssKey"),
    });
  });

  test.each(["wssKey", "wssCertificate", "wssTrust"] as const)(
    "%s rejects a text that is not PEM",
    (name) => {
      using socket = new Push();
      for (const value of [
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      ]) {
        expect(() => Object.assign(socket, { [name]: value })).toThrow(
          expect.objectContaining({ code: "EINVAL", detail: expect.stringContaining(`${name} takes `) }),
        );
      }
      Object.assign(socket, { [name]: null });
    },
  );

  test("an error about wssKey does not show the key", () => {
    using socket = new Push();
    expect(() => {
      socket.wssKey = "very secret";
    }).toThrow(expect.objectContaining({ detail: expect.not.stringContaining("very secret") }));
  });

  test.each(["rsa:2048", "secp384r1", "secp521r1"])("a server has a key of %s", async (algorithm) => {
    const made = makeCertificate({ algorithm });
    using ends = await pair(server(made), client(made));
    await ends.push.send(algorithm);
    expect(String(await ends.pull.receive())).toBe(algorithm);
  });

  test("a server has a certificate of an intermediate authority", async () => {
    const root = makeCertificate({ authority: true, names: [] });
    const middle = makeCertificate({ authority: true, names: [], issuer: root });
    const leaf = makeCertificate({ issuer: middle });
    const chain = { wssCertificate: leaf.certificate + middle.certificate, wssKey: leaf.key };
    using ends = await pair(chain, client(root));
    await ends.push.send("chain");
    expect(String(await ends.pull.receive())).toBe("chain");
  });

  test("wssTrust has several authorities", async () => {
    const other = makeCertificate();
    using ends = await pair({}, { wssTrust: `${other.certificate}${feed.certificate}` });
    await ends.push.send("either");
    expect(String(await ends.pull.receive())).toBe("either");
  });

  test("wssTrust takes the authorities of Node.js", async () => {
    expect(await failureOf({ wssTrust: rootCertificates.join("\n") })).toBe("ERR_TLS_CERTIFICATE_UNTRUSTED");
  });
});

describe("wssTrustSystem", () => {
  const program = `
    const { Push } = require(${JSON.stringify(require.resolve("zmq-native"))});
    const push = new Push({ wssTrustSystem: true, linger: 5000 });
    push.connect(process.argv[1]);
    push.send("trusted").then(() => push.close());`;
  const runs = (file: string, endpoint: string) =>
    execute(process.execPath, ["-e", program, endpoint], { env: { ...process.env, SSL_CERT_FILE: file } });

  test("trusts the authorities in the file that SSL_CERT_FILE names", async () => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
    try {
      writeFileSync(join(folder, "authorities"), `a comment\n${feed.certificate}`);
      const ended = runs(join(folder, "authorities"), pull.lastEndpoint as string);
      expect(String(await pull.receive())).toBe("trusted");
      expect(await ended).toMatchObject({ status: 0, stderr: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("throws EINVAL without a file of authorities", async () => {
    const { status, stderr } = await runs("/nowhere/authorities", "wss://127.0.0.1:1");
    expect(status).toBe(1);
    expect(stderr).toContain("EINVAL");
    expect(stderr).toContain(
      "wssTrustSystem takes false, or true on a system that has certificate authorities",
    );
  });
});

describe("a wss client rejects", () => {
  test("a certificate that no authority has issued", async () => {
    expect(await failureOf(client(makeCertificate()))).toBe("ERR_TLS_CERTIFICATE_UNTRUSTED");
  });

  test("every certificate if it trusts nobody", async () => {
    expect(await failureOf({})).toBe("ERR_TLS_CERTIFICATE_UNTRUSTED");
  });

  test("a certificate that has expired", async () => {
    const old = makeCertificate({ valid: [-9, -1] });
    expect(await failureOf(client(old), old)).toBe("ERR_TLS_CERTIFICATE_EXPIRED");
  });

  test("a certificate that is not valid yet", async () => {
    const early = makeCertificate({ valid: [1, 9] });
    expect(await failureOf(client(early), early)).toBe("ERR_TLS_CERTIFICATE_NOT_YET_VALID");
  });

  test("a certificate for another name", async () => {
    expect(await failureOf({ ...client(), wssHostname: "elsewhere.example" })).toBe(
      "ERR_TLS_CERTIFICATE_WRONG_NAME",
    );
  });

  test("a certificate for another IP address", async () => {
    expect(await failureOf({ ...client(), wssHostname: "127.0.0.2" })).toBe("ERR_TLS_CERTIFICATE_WRONG_NAME");
    const named = makeCertificate({ names: ["DNS:127.0.0.1"] });
    expect(await failureOf(client(named), named)).toBe("ERR_TLS_CERTIFICATE_WRONG_NAME");
  });

  test("wssHostname that no certificate can have is refused when it is set", () => {
    using push = new Push();
    for (const name of ["example.com\0x", "x".repeat(256)]) {
      expect(() => {
        push.wssHostname = name;
      }).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
  });

  test("a certificate that lacks the host of the endpoint, without wssHostname", async () => {
    const named = makeCertificate({ names: ["DNS:feed.example"] });
    expect(await failureOf(client(named), named, "localhost")).toBe("ERR_TLS_CERTIFICATE_WRONG_NAME");
  });

  test("a certificate of an authority that may not issue any", async () => {
    const leaf = makeCertificate({ issuer: feed });
    expect(await failureOf(client(), leaf)).toMatch(/^ERR_TLS_CERTIFICATE_UN(?:TRUSTED|SUITABLE)$/);
  });

  test("by sending nothing to the server", async () => {
    using pull = new Pull(server());
    await pull.bind("wss://127.0.0.1:*");
    for (const options of [
      client(makeCertificate()),
      { ...client(), wssHostname: "elsewhere.example" },
      {},
    ]) {
      using push = new Push({ ...options, immediate: true, sendTimeout: 300, linger: 0 });
      push.connect(pull.lastEndpoint as string);
      await expect(push.send("secret")).rejects.toMatchObject({ code: "EAGAIN" });
    }
  });

  test("and connects again once the certificate is right", async () => {
    const right = makeCertificate();
    using push = new Push({ ...client(right), linger: 0, reconnectInterval: 10 });
    let port: number;
    {
      using wrong = new Pull(server());
      await wrong.bind("wss://127.0.0.1:*");
      port = portOf(wrong);
      const failure = next(push, "handshake:error:protocol");
      const refused = next(wrong, "handshake:error:protocol");
      push.connect(`wss://127.0.0.1:${port}`);
      expect((await failure).error.detail).toContain("wssTrust");
      expect((await refused).error.code).toBe("ERR_TLS_CERTIFICATE_REFUSED");
    }
    using pull = new Pull({ ...server(right), receiveTimeout: 20_000 });
    await whenFree(() => pull.bind(`wss://127.0.0.1:${port}`));
    await push.send("renewed");
    expect(String(await pull.receive())).toBe("renewed");
  });

  test("and connects again to a server that has unbound, and bound with a new certificate", async () => {
    const renewed = makeCertificate();
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const endpoint = pull.lastEndpoint as string;
    const wssTrust = feed.certificate + renewed.certificate;
    using push = new Push({ wssTrust, linger: 0, reconnectInterval: 10 });
    push.connect(endpoint);
    await push.send("before");
    expect(String(await pull.receive())).toBe("before");

    Object.assign(pull, server(renewed));
    const disconnected = next(push, "disconnect");
    const closed = next(pull, "close");
    await pull.unbind(endpoint);
    await closed;
    await pull.bind(endpoint);
    await disconnected;
    await push.send("after");
    expect(String(await pull.receive())).toBe("after");
    using other = new Push({ ...client(renewed), linger: 0 });
    other.connect(endpoint);
    await other.send("trusts the new certificate only");
    expect(String(await pull.receive())).toBe("trusts the new certificate only");
  });
});

describe("a wss client accepts", () => {
  test("a certificate with the name of wssHostname", async () => {
    using ends = await pair({}, { wssHostname: "feed.example" });
    await ends.push.send("name");
    expect(String(await ends.pull.receive())).toBe("name");
  });

  test("a certificate with a wildcard", async () => {
    const wild = makeCertificate({ names: ["DNS:*.example"] });
    using ends = await pair(server(wild), { ...client(wild), wssHostname: "feed.example" });
    await ends.push.send("wildcard");
    expect(String(await ends.pull.receive())).toBe("wildcard");
  });

  test("a certificate with the host name of the endpoint", async () => {
    const local = makeCertificate({ names: ["DNS:localhost"] });
    using pull = new Pull({ ...server(local), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    using push = new Push({ ...client(local), linger: 0 });
    push.connect(`wss://localhost:${portOf(pull)}`);
    await push.send("localhost");
    expect(String(await pull.receive())).toBe("localhost");
  });

  test("a certificate with an IPv6 address", async () => {
    const six = makeCertificate({ names: ["IP:::1"] });
    using pull = new Pull({ ...server(six), ipv6: true, receiveTimeout: 20_000 });
    await pull.bind("wss://[::1]:*");
    using push = new Push({ ...client(six), ipv6: true, linger: 0 });
    push.connect(pull.lastEndpoint as string);
    await push.send("six");
    expect(String(await pull.receive())).toBe("six");
  });

  test.each([
    ["feed.example", "feed.example"],
    ["127.0.0.1", false],
    ["::1", false],
  ])("wssHostname %s and sends the server name %s", async (wssHostname, expected) => {
    const either = makeCertificate({ names: ["DNS:feed.example", "IP:127.0.0.1", "IP:::1"] });
    using tls = await tlsServer({ cert: either.certificate, key: either.key });
    using push = new Push({ ...client(either), wssHostname, linger: 0 });
    const accepted = once(tls.server, "secureConnection") as Promise<[TLSSocket]>;
    push.connect(`wss://127.0.0.1:${tls.port}`);
    const [socket] = await accepted;
    expect((socket as TLSSocket & { servername: string | false }).servername).toBe(expected);
  });
});

/** A TLS server of Node.js. */
async function tlsServer(options: object = {}) {
  const made = createTlsServer({ cert: feed.certificate, key: feed.key, ...options }).listen(0, "127.0.0.1");
  await once(made, "listening");
  const sockets = new Set<NetSocket>();
  made.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  made.on("secureConnection", (socket) => socket.on("error", () => undefined));
  made.on("tlsClientError", () => undefined);
  return {
    server: made,
    port: (made.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      made.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe("over wss", () => {
  test("messages of several megabytes arrive in both directions at once", async () => {
    using bound = new Pair({ ...server(), receiveTimeout: 30_000 });
    await bound.bind("wss://127.0.0.1:*");
    using connected = new Pair({ ...client(), receiveTimeout: 30_000, linger: 0 });
    connected.connect(bound.lastEndpoint as string);
    const bodies = [1, 2, 3].map((n) => Buffer.alloc(n * 3_000_001).map((_, at) => (at * n) % 251));
    const exchange = async (from: Pair, to: Pair) => {
      const sent = (async () => {
        for (const body of bodies) await from.send(body);
      })();
      for (const body of bodies) expect((await to.receive())[0]!.equals(body)).toBe(true);
      await sent;
    };
    await Promise.all([exchange(bound, connected), exchange(connected, bound)]);
  });

  test("many small messages arrive in order", async () => {
    using ends = await pair();
    const count = 20_000;
    const sent = (async () => {
      for (let i = 0; i < count; i++) await ends.push.send(`${i}`);
    })();
    for (let i = 0; i < count; i++) expect(String(await ends.pull.receive())).toBe(`${i}`);
    await sent;
  });

  test("messages around the size of a record arrive", async () => {
    using ends = await pair();
    const lengths = [0, 1, 16_382, 16_383, 16_384, 16_385, 65_535, 65_536, 70_000, 300_000];
    const sent = (async () => {
      for (const length of lengths) await ends.push.send(Buffer.alloc(length, length));
    })();
    for (const length of lengths) {
      const [body] = await ends.pull.receive();
      expect(body!.equals(Buffer.alloc(length, length))).toBe(true);
    }
    await sent;
  });

  test.each([1, 8, 100, 8192])("messages arrive whole with batches of %i bytes", async (size) => {
    class BatchPull extends Pull {
      constructor() {
        super({ ...server(), receiveTimeout: 20_000 });
        this.setInt32Option(101, size);
      }
    }
    class BatchPush extends Push {
      constructor() {
        super({ ...client(), linger: 0 });
        this.setInt32Option(102, size);
      }
    }
    using pull = new BatchPull();
    await pull.bind("wss://127.0.0.1:*");
    using push = new BatchPush();
    push.connect(pull.lastEndpoint as string);
    const lengths = [0, 1, 7, 8, 9, 200, 8191, 8192, 8193, 70_000];
    const sent = push.sendMany(lengths.map((length, index) => [Buffer.alloc(length, index), `${length}`]));
    for (const [index, length] of lengths.entries()) {
      const [body, text] = await pull.receive();
      expect(body!.equals(Buffer.alloc(length, index))).toBe(true);
      expect(String(text)).toBe(`${length}`);
    }
    await sent;
  });

  test("a connection continues once a peer that stopped reading reads again", async () => {
    const buffers = { sendBufferSize: 4096, receiveBufferSize: 4096, linger: 0 };
    using bound = new Pair({ ...buffers, ...server(), receiveHighWaterMark: 1, receiveTimeout: 20_000 });
    await bound.bind("wss://127.0.0.1:*");
    using peer = new Pair({ ...buffers, ...client(), sendHighWaterMark: 10 });
    peer.connect(bound.lastEndpoint as string);
    const large = Buffer.alloc(100_000).map((_, at) => at % 251);
    let sent = 0;
    const fill = async () => {
      for (;;) {
        await peer.send(large, { timeout: 500 });
        sent++;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "EAGAIN" });
    for (let i = 0; i < sent; i++) expect((await bound.receive())[0]!.equals(large)).toBe(true);
  });

  test("peers, statistics and events are those of ws", async () => {
    const events: string[] = [];
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    for (const type of ["accept", "handshake", "disconnect"] as const)
      pull.events.on(type, () => events.push(type));
    await pull.bind("wss://127.0.0.1:*/feed");
    const joined: zmq.ConnectedPeer[] = [];
    const left: string[] = [];
    pull.peers.on("join", ({ peer }) => joined.push(peer));
    pull.peers.on("leave", ({ reason }) => left.push(reason));
    {
      using push = new Push({ ...client(), linger: 1000 });
      push.connect(pull.lastEndpoint as string);
      await push.send(Buffer.alloc(1000));
      await pull.receive();
      await until(() => joined.length, 1);
      expect(joined[0]!.remoteAddress).toMatch(/^wss:\/\/127\.0\.0\.1:\d+/);
      await until(() => joined[0]!.statistics().messagesReceived, 1);
      expect(joined[0]!.statistics().bytesReceived).toBeGreaterThan(1000);
      expect(push.endpoints).toMatchObject([{ type: "connected", state: "connected" }]);
      expect(pull.endpoints).toMatchObject([{ type: "bound", state: "listening" }]);
    }
    await until(() => left, ["peer"]);
    await until(() => events, ["accept", "handshake", "disconnect"]);
  });

  test("CURVE authenticates a client inside TLS", async () => {
    const [serverKeys, clientKeys] = [curveKeyPair(), curveKeyPair()];
    using ends = await pair(
      { curveServer: true, curveSecretKey: serverKeys.secretKey },
      {
        curveServerKey: serverKeys.publicKey,
        curvePublicKey: clientKeys.publicKey,
        curveSecretKey: clientKeys.secretKey,
      },
    );
    await ends.push.send("twice encrypted");
    expect(String(await ends.pull.receive())).toBe("twice encrypted");
  });

  test("heartbeats keep an idle connection", async () => {
    const beats = { heartbeatInterval: 20, heartbeatTimeout: 10_000 };
    using ends = await pair(beats, beats);
    let lost = 0;
    ends.pull.events.on("disconnect", () => lost++);
    await ends.push.send("before");
    await ends.pull.receive();
    const [peer] = [...ends.pull.peers];
    const { bytesReceived } = peer!.statistics();
    await until(() => peer!.statistics().bytesReceived > bytesReceived + 20, true);
    await ends.push.send("after");
    expect(String(await ends.pull.receive())).toBe("after");
    expect(lost).toBe(0);
  });

  test("sockets of worker threads exchange messages", async () => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const source = `
      const { workerData } = require("node:worker_threads");
      const { Push } = require(workerData.library);
      const push = new Push({ wssTrust: workerData.trust });
      push.connect(workerData.endpoint);
      void push.send("from " + workerData.index);`;
    const workers = [0, 1, 2, 3].map((index) => {
      const workerData = {
        index,
        library: require.resolve("zmq-native"),
        trust: feed.certificate,
        endpoint: pull.lastEndpoint,
      };
      return new Worker(source, { eval: true, workerData });
    });
    const heard: string[] = [];
    for (const _ of workers) heard.push(String(await pull.receive()));
    expect(heard.sort()).toEqual(["from 0", "from 1", "from 2", "from 3"]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  test("two hundred connections open and close", async () => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const heard = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const sockets = Array.from({ length: 50 }, () => new Push({ ...client(), linger: 0 }));
      for (const [index, push] of sockets.entries()) {
        push.connect(pull.lastEndpoint as string);
        void push.send(`${round}.${index}`);
      }
      for (const _ of sockets) heard.add(String(await pull.receive()));
      for (const push of sockets) push.close();
    }
    expect(heard.size).toBe(200);
    await until(() => [...pull.peers].length, 0);
  });
});

describe("a wss server and the TLS of Node.js", () => {
  test.each(["TLSv1.2", "TLSv1.3"] as const)("%s: a client sends messages", async (version) => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const peer = await openTls(pull, { minVersion: version, maxVersion: version });
    try {
      expect(peer.getProtocol()).toBe(version);
      peer.write(request);
      const [answer] = await once(peer, "data");
      expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
      // The first message is the routing id.
      peer.write(Buffer.concat([frame(""), frame("first")]));
      expect(String(await pull.receive())).toBe("first");
    } finally {
      peer.destroy();
    }
  });

  test.each([
    ["TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"],
    ["TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"],
    ["TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"],
    ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
    ["TLSv1.3", "TLS_AES_256_GCM_SHA384"],
    ["TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"],
  ] as const)("%s with the cipher %s", async (version, ciphers) => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const peer = await openTls(pull, { minVersion: version, maxVersion: version, ciphers });
    try {
      expect(peer.getCipher().standardName ?? peer.getCipher().name).toBeTruthy();
      const body = "x".repeat(100);
      peer.write(Buffer.concat([Buffer.from(request), frame(""), frame(body)]));
      expect(String(await pull.receive())).toBe(body);
    } finally {
      peer.destroy();
    }
  });

  test("a client that writes everything with its handshake loses nothing", async () => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const peer = await openTls(pull);
    const frames = Array.from({ length: 3000 }, (_, index) => frame(`message ${index}`));
    peer.write(Buffer.concat([Buffer.from(request), frame(""), ...frames]));
    for (let i = 0; i < frames.length; i++) expect(String(await pull.receive())).toBe(`message ${i}`);
    peer.destroy();
  });

  test("a request in single bytes is read", async () => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const peer = await openTls(pull);
    for (const byte of Buffer.concat([Buffer.from(request), frame(""), frame("slow")]))
      peer.write(Buffer.of(byte));
    expect(String(await pull.receive())).toBe("slow");
    peer.destroy();
  });

  test("a socket that closes says so to TLS", async () => {
    using pull = new Pull({ ...server() });
    await pull.bind("wss://127.0.0.1:*");
    const peer = await openTls(pull);
    const errors: Error[] = [];
    peer.on("error", (error) => errors.push(error));
    // The answer shows that the handshake is over on both sides.
    peer.write(request);
    await once(peer, "data");
    peer.resume();
    const ended = once(peer, "end");
    pull.close();
    await ended;
    expect(errors).toEqual([]);
  });

  test.each(["end", "destroy"] as const)("a client leaves by %s", async (way) => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const peer = await openTls(pull);
    peer.on("error", () => undefined);
    peer.write(Buffer.concat([Buffer.from(request), frame(""), frame("last")]));
    expect(String(await pull.receive())).toBe("last");
    const gone = next(pull, "disconnect");
    peer[way]();
    await gone;
    await until(() => [...pull.peers].length, 0);
  });

  test("a TLS 1.2 client that renegotiates stays connected or is disconnected, and others are served", async () => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const peer = await openTls(pull, { maxVersion: "TLSv1.2" });
    peer.on("error", () => undefined);
    peer.write(Buffer.concat([Buffer.from(request), frame(""), frame("before")]));
    expect(String(await pull.receive())).toBe("before");
    peer.renegotiate({}, () => undefined);
    using push = new Push({ ...client(), linger: 0 });
    push.connect(pull.lastEndpoint as string);
    await push.send("other");
    expect(String(await pull.receive())).toBe("other");
    peer.destroy();
  });

  // Each refusal is an alert of 31 bytes. Without the limit in vendor/tls/tls.cpp, they take memory until the peer reads.
  test("a TLS 1.2 client that renegotiates and does not read is disconnected with ENOBUFS", async () => {
    using push = new Push({ ...server(), linger: 0, sendHighWaterMark: 0, sendBufferSize: 32_768 });
    await push.bind("wss://127.0.0.1:*");
    const changes = push.peers.changes();
    using peer = await Tls12Client.connect(portOf(push));
    peer.write(Buffer.concat([Buffer.from(request), frame("")]));
    const { value } = await changes.next();
    expect(value).toMatchObject({ type: "join" });
    // More than the buffers of the system take.
    for (let i = 0; i < 10; i++) await push.send(Buffer.alloc(1_000_000));
    let change: zmq.PeerChange | undefined;
    void changes.next().then(({ value: next }) => {
      change = next as zmq.PeerChange;
    });
    // At most 3 MB of alerts.
    for (let i = 0; i < 100 && change === undefined; i++) {
      peer.renegotiate(1000);
      await new Promise(setImmediate);
    }
    await until(() => change, { type: "leave", reason: "error", error: { code: "ENOBUFS" } });
  });

  test("a forged record ends the connection with EPROTO", async () => {
    using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const left = new Promise<zmq.PeerLeave>((resolve) => pull.peers.on("leave", resolve));
    const tcp = connect(portOf(pull), "127.0.0.1");
    const peer = await openTls(pull, { socket: tcp });
    peer.on("error", () => undefined);
    peer.write(Buffer.concat([Buffer.from(request), frame(""), frame("genuine")]));
    expect(String(await pull.receive())).toBe("genuine");
    tcp.write(Buffer.concat([Buffer.of(23, 3, 3, 0, 100), Buffer.alloc(100)]));
    expect(await left).toMatchObject({ reason: "error", error: { code: "EPROTO" } });
    tcp.destroy();
  });

  test("tickets after the handshake do not disturb a client", async () => {
    using tls = await tlsServer({ minVersion: "TLSv1.3" });
    using push = new Push({ ...client(), linger: 0 });
    const accepting = once(tls.server, "secureConnection") as Promise<[TLSSocket]>;
    push.connect(`wss://127.0.0.1:${tls.port}/path`);
    const [socket] = await accepting;
    const [asked] = await once(socket, "data");
    expect(String(asked)).toMatch(/^GET \/path HTTP/);
    expect(String(asked)).toContain(`\r\nHost: 127.0.0.1:${tls.port}\r\n`);
    const ready = next(push, "handshake");
    socket.write(accepted(asked, "ZWS2.0"));
    socket.write(Buffer.of(0x82, 1, 0));
    await ready;
    await push.send("hello");
    let heard = Buffer.alloc(0);
    for await (const data of socket) {
      heard = Buffer.concat([heard, data]);
      // Masked: a routing id, and then a frame with a byte for the flags and the message.
      if (heard.includes(Buffer.of(0x82, 0x80 | 6))) break;
    }
  });
});

test.each([
  ["does not accept its key", () => accepted(Buffer.from(request), "ZWS2.0")],
  ["refuses its request", () => "HTTP/1.1 502 Bad Gateway\r\n\r\n"],
])("a wss client fails at once if the server %s", async (_, answer) => {
  using tls = await tlsServer();
  using push = new Push({ ...client(), linger: 0, handshakeInterval: 0, reconnectInterval: 60_000 });
  const accepting = once(tls.server, "secureConnection") as Promise<[TLSSocket]>;
  const event = next(push, "handshake:error:protocol");
  const changes = push.peers.changes();
  push.connect(`wss://127.0.0.1:${tls.port}`);
  const [socket] = await accepting;
  await once(socket, "data");
  socket.write(answer());
  const error = { code: "ERR_WS_UNSPECIFIED" };
  expect((await changes.next()).value).toMatchObject({ type: "fail", reason: "protocol", error });
  expect(await event).toMatchObject({ error });
  expect(push.endpoints).toMatchObject([{ state: "connecting", lastError: { code: "EPROTO" } }]);
});

test("a message in several frames and many records arrives whole over wss", async () => {
  using pull = new Pull({ ...server(), receiveTimeout: 20_000 });
  await pull.bind("wss://127.0.0.1:*");
  const peer = await openTls(pull);
  peer.on("error", () => undefined);
  peer.write(Buffer.concat([Buffer.from(request), frame("")]));
  const part = "0123456789".repeat(10_000);
  const parts = [`\0${part}`, part, part];
  const { binary, continuation } = opcodes;
  const frames = parts.map((body, index) =>
    webSocketFrame(body, { final: index === 2, opcode: index === 0 ? binary : continuation }),
  );
  const wire = Buffer.concat(frames);
  for (let at = 0; at < wire.length; at += 7777) peer.write(wire.subarray(at, at + 7777));
  expect(String(await pull.receive())).toBe(part.repeat(3));
  peer.destroy();
});

describe("a wss server survives", () => {
  /** Waits until the socket reports the end of the handshake of a connection, and serves another client then. */
  async function serves(attack: (port: number) => Promise<unknown> | unknown, options: object = {}) {
    using pull = new Pull({ ...server(), ...options, receiveTimeout: 20_000 });
    await pull.bind("wss://127.0.0.1:*");
    const failure = Promise.race(
      (["handshake:error:protocol", "handshake:error:other"] as const).map((type) => next(pull, type)),
    );
    await attack(portOf(pull));
    const { error } = (await failure) as { error: Error & { code: string } };
    using push = new Push({ ...client(), linger: 0 });
    push.connect(pull.lastEndpoint as string);
    await push.send("served");
    expect(String(await pull.receive())).toBe("served");
    return error.code;
  }
  const write = (data: string | Buffer) => (port: number) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(data));
    socket.on("error", () => undefined);
  };
  /** The header of a record: its type, version and length. */
  const record = (type: number, length: number, body = Buffer.alloc(Math.min(length, 100))) =>
    Buffer.concat([Buffer.of(type, 3, 3, length >> 8, length & 255), body]);

  test.each([
    ["an HTTP request", "GET / HTTP/1.1\r\n\r\n"],
    ["a ZMTP greeting", Buffer.concat([Buffer.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3), Buffer.alloc(53)])],
    ["zeros", Buffer.alloc(10_000)],
    ["a record that is too large", record(22, 65_535)],
    ["a record that is empty", record(22, 0)],
    ["application data before the handshake", record(23, 100)],
    [
      "a handshake message of an unknown type",
      record(22, 100, Buffer.concat([Buffer.of(0x63, 0, 0, 96), Buffer.alloc(96)])),
    ],
  ])("%s", async (_, data) => {
    expect(await serves(write(data))).toMatch(/^ERR_TLS_/);
  });

  test("a fatal alert", async () => {
    expect(await serves(write(Buffer.of(21, 3, 3, 0, 2, 2, 40)))).toMatch(/^ERR_TLS_/);
  });

  test("random bytes after a valid ClientHello", async () => {
    const hello = await new Promise<Buffer>((resolve) => {
      const trap = createServer((socket) =>
        socket.once("data", (data) => {
          resolve(data);
          socket.destroy();
          trap.close();
        }),
      ).listen(0, "127.0.0.1", () => {
        const { port } = trap.address() as AddressInfo;
        tlsConnect({ port, host: "127.0.0.1" }).on("error", () => undefined);
      });
    });
    const garbage = Buffer.alloc(5000).map((_, at) => (at * 7919) % 256);
    expect(await serves(write(Buffer.concat([hello, garbage])))).toMatch(/^ERR_TLS_/);
    expect(await serves(write(Buffer.concat([hello, record(20, 1, Buffer.of(1)), record(23, 100)])))).toMatch(
      /^ERR_TLS_|^E/,
    );
    // A ClientHello with changed bytes.
    for (const at of [5, 9, 43, 80]) {
      const changed = Buffer.from(hello);
      changed[at]! ^= 0xff;
      expect(await serves(write(changed), { handshakeInterval: 500 })).toMatch(/^ERR_TLS_|^E/);
    }
  });

  test("a client that closes within the handshake", async () => {
    expect(
      await serves((port) => {
        const socket = connect(port, "127.0.0.1", () => socket.end(Buffer.of(22, 3, 1)));
      }),
    ).toBe("EPIPE");
  });

  test.each([0, 1, 3])("a client that says nothing after %d bytes, for handshakeInterval", async (size) => {
    expect(await serves(write(Buffer.of(22, 3, 1).subarray(0, size)), { handshakeInterval: 200 })).toMatch(
      /^E/,
    );
  });

  test("a client that says nothing after TLS, for handshakeInterval", async () => {
    expect(
      await serves(
        async (port) => {
          const peer = tlsConnect({ port, host: "127.0.0.1", ca: feed.certificate });
          peer.on("error", () => undefined);
          await once(peer, "secureConnect");
        },
        { handshakeInterval: 300 },
      ),
    ).toMatch(/^E/);
  });

  test("a client without a common version", async () => {
    expect(
      await serves((port) => {
        const options = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
        tlsConnect({ port, host: "127.0.0.1", ca: feed.certificate, ...options }).on(
          "error",
          () => undefined,
        );
      }),
    ).toBe("ERR_TLS_UNSUPPORTED");
  });

  test("a WebSocket request that is malformed", async () => {
    expect(
      await serves(async (port) => {
        const peer = tlsConnect({ port, host: "127.0.0.1", ca: feed.certificate });
        peer.on("error", () => undefined);
        await once(peer, "secureConnect");
        peer.write("POST / HTTP/1.1\r\n\r\n");
      }),
    ).toBe("ERR_WS_UNSPECIFIED");
  });
});

test("a wss client reports a server that does not speak TLS", async () => {
  using pull = new Pull();
  await pull.bind("tcp://127.0.0.1:*");
  using push = new Push({ ...client(), linger: 0 });
  const failed = next(push, "handshake:error:protocol");
  push.connect(`wss://127.0.0.1:${portOf(pull)}`);
  const { error } = await failed;
  expect(error).toMatchObject({ code: "ERR_TLS_MALFORMED", message: "TLS protocol error" });
});
