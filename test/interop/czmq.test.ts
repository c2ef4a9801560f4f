// czmq, the C binding with certificates (zcert, in the format ZPL), a ZAP server (zauth) and proxies (zproxy).

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { curveKeyPair, Dealer, Observer, Pull, Push, Reply, Request, type Socket } from "zmq-native";
import { freshEndpoint } from "../helpers/transports.js";
import { type AgentProcess, implementations, PeerSocket, startAgent } from "./agents.js";
import { exchangeAll, z85 } from "./exchange.js";

const missing = implementations.czmq.missing();
if (missing) console.warn(`SKIPPED: ${missing}`);
const limit = { timeout: 10_000 };
const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The values of a ZPL file (RFC 4), by their path: "curve/public-key". */
function parseZpl(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const path: string[] = [];
  for (const line of text.split("\n")) {
    const found = /^((?: {4})*)([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|(.*?)))?\s*$/.exec(line);
    if (!found) continue;
    const [, indentation, name, ...quoted] = found;
    path.splice(indentation!.length / 4, Number.POSITIVE_INFINITY, name!);
    const value = quoted.find((text) => text !== undefined);
    if (value !== undefined) values.set(path.join("/"), value);
  }
  return values;
}

/** A certificate file, as czmq reads it. */
function writeZpl(path: string, publicKey: string, secretKey?: string): void {
  const secret = secretKey === undefined ? "" : `    secret-key = "${secretKey}"\n`;
  writeFileSync(path, `metadata\n    name = "ours"\ncurve\n    public-key = "${publicKey}"\n${secret}`);
}

/** Resolves with the type of the first event among these. */
async function firstOf(socket: Socket, types: string[]): Promise<string> {
  for await (const { type } of new Observer(socket)) if (types.includes(type)) return type;
  return "none";
}

describe.skipIf(missing)(`with czmq${missing ? ` (${missing})` : ""}`, () => {
  describe("messages", () => {
    test.each(["tcp", "ipc"] as const)(
      "every pair of types exchanges messages over %s",
      async (transport) => {
        await using agent = await startAgent(implementations.czmq);
        await exchangeAll(agent, transport, "NULL");
      },
    );

    test("zproxy forwards between our Request and our Reply", async () => {
      await using agent = await startAgent(implementations.czmq);
      const [frontend, backend] = [freshEndpoint("ipc"), freshEndpoint("ipc")];
      await agent.call("zproxy", frontend, backend);
      using request = new Request({ linger: 0 });
      using reply = new Reply({ linger: 0 });
      request.connect(frontend);
      reply.connect(backend);
      await request.send(["question", "", Buffer.alloc(100_000, 1)], limit);
      const received = await reply.receive(limit);
      expect(received.map((frame) => frame.length)).toEqual([8, 0, 100_000]);
      await reply.send(["answer", ""], limit);
      expect((await request.receive(limit)).map(String)).toEqual(["answer", ""]);
    });
  });

  describe("certificates", () => {
    let agent: AgentProcess;
    beforeAll(async () => {
      agent = await startAgent(implementations.czmq);
    });
    afterAll(() => agent?.[Symbol.asyncDispose]());

    test("of czmq gives our sockets the same keys", async () => {
      const path = join(folder, "theirs.txt");
      const [publicKey, secretKey] = await agent.call("cert-new", "name", "theirs");
      await agent.call("cert-save", path);
      const saved = parseZpl(readFileSync(`${path}_secret`, "utf8"));
      expect(Object.fromEntries(saved)).toEqual({
        "metadata/name": "theirs",
        "curve/public-key": publicKey,
        "curve/secret-key": secretKey,
      });
      expect(statSync(`${path}_secret`).mode & 0o077).toBe(0);
      expect([...parseZpl(readFileSync(path, "utf8")).keys()]).toEqual(["metadata/name", "curve/public-key"]);

      // Our server has the key from the file. czmq's client knows its public key.
      using pull = new Pull({ curveServer: true, curveSecretKey: saved.get("curve/secret-key")! });
      await pull.bind("tcp://127.0.0.1:*");
      await using push = await PeerSocket.open(agent, "PUSH", { curve_serverkey: publicKey! });
      await push.call("apply");
      await push.connect(pull.lastEndpoint as string);
      await push.send(["sealed"]);
      expect((await pull.receive(limit)).map(String)).toEqual(["sealed"]);
    });

    test("of ours is loaded by czmq", async () => {
      const { publicKey, secretKey } = curveKeyPair();
      const path = join(folder, "ours.txt");
      writeZpl(path, publicKey);
      writeZpl(`${path}_secret`, publicKey, secretKey);
      expect(await agent.call("cert-load", path)).toEqual([publicKey, secretKey, "ours"]);

      // czmq's server has the key from the file.
      await using pull = await PeerSocket.open(agent, "PULL");
      await pull.call("apply");
      await pull.set("curve_server", 1);
      const client = curveKeyPair();
      using push = new Push({
        linger: 0,
        curveServerKey: publicKey,
        curvePublicKey: client.publicKey,
        curveSecretKey: client.secretKey,
      });
      push.connect(await pull.bind("tcp://127.0.0.1:*"));
      await push.send("sealed", limit);
      expect((await pull.receive()).map(String)).toEqual(["sealed"]);
    });
  });

  describe("zauth as the ZAP server for our sockets", () => {
    const server = curveKeyPair();
    const client = curveKeyPair();
    let agent: AgentProcess;
    beforeAll(async () => {
      agent = await startAgent(implementations.czmq);
      const passwords = join(folder, "passwords");
      writeFileSync(passwords, "anna=open sesame\n");
      const certificates = join(folder, "clients");
      mkdirSync(certificates);
      writeZpl(join(certificates, "anna.txt"), client.publicKey);
      await agent.call("zauth", passwords, certificates);
    });
    afterAll(() => agent?.[Symbol.asyncDispose]());

    test("CURVE accepts a key of its folder and rejects another", async () => {
      const options = { curve_server: 1, curve_secretkey: server.secretKey };
      await using pull = await PeerSocket.open(agent, "PULL", options);
      const endpoint = await pull.bind("tcp://127.0.0.1:*");
      for (const [keys, outcome] of [
        [client, "handshake"],
        [curveKeyPair(), "handshake:error:auth"],
      ] as const) {
        using push = new Push({
          linger: 0,
          curveServerKey: server.publicKey,
          curvePublicKey: keys.publicKey,
          curveSecretKey: keys.secretKey,
        });
        const event = firstOf(push, ["handshake", "handshake:error:auth"]);
        push.connect(endpoint);
        expect(await event).toBe(outcome);
        if (outcome === "handshake") {
          await push.send("known", limit);
          expect((await pull.receive()).map(String)).toEqual(["known"]);
        }
      }
    });

    test("PLAIN accepts the password of its file and rejects another", async () => {
      await using pull = await PeerSocket.open(agent, "PULL", { plain_server: 1 });
      const endpoint = await pull.bind("tcp://127.0.0.1:*");
      for (const [password, outcome] of [
        ["open sesame", "handshake"],
        ["open", "handshake:error:auth"],
      ] as const) {
        using push = new Push({ linger: 0, plainUsername: "anna", plainPassword: password });
        const event = firstOf(push, ["handshake", "handshake:error:auth"]);
        push.connect(endpoint);
        expect(await event).toBe(outcome);
        if (outcome === "handshake") {
          await push.send("known", limit);
          expect((await pull.receive()).map(String)).toEqual(["known"]);
        }
      }
    });
  });

  describe("our ZAP handler for czmq's sockets", () => {
    const server = curveKeyPair();
    const requests: Buffer[][] = [];
    let agent: AgentProcess;
    let handler: Reply;
    let allowed: (mechanism: string, credentials: Buffer[]) => boolean;
    beforeAll(async () => {
      agent = await startAgent(implementations.czmq);
      handler = new Reply();
      await handler.bind("inproc://zeromq.zap.01");
      const serve = async () => {
        for await (const request of handler) {
          requests.push(request);
          const [version, id, , , , mechanism, ...credentials] = request;
          const status = allowed(String(mechanism), credentials) ? "200" : "400";
          await handler.send([version!, id!, status, "", "anna", ""]);
        }
      };
      serve();
    });
    afterAll(async () => {
      handler?.close();
      await agent?.[Symbol.asyncDispose]();
    });

    test("CURVE requests contain the key that czmq created, and the domain", async () => {
      const [publicKey] = await agent.call("cert-new", "name", "anna");
      allowed = (mechanism, [key]) => mechanism === "CURVE" && key!.equals(z85(publicKey!));
      using dealer = new Dealer({
        linger: 0,
        curveServer: true,
        curveSecretKey: server.secretKey,
        zapDomain: "global",
      });
      await dealer.bind("tcp://127.0.0.1:*");
      const refused = firstOf(dealer, ["handshake:error:auth", "handshake"]);
      await using stranger = await PeerSocket.open(agent, "DEALER", { curve_serverkey: server.publicKey });
      const other = curveKeyPair();
      await stranger.set("curve_publickey", other.publicKey);
      await stranger.set("curve_secretkey", other.secretKey);
      await stranger.connect(dealer.lastEndpoint as string);
      expect(await refused).toBe("handshake:error:auth");

      await using peer = await PeerSocket.open(agent, "DEALER", { curve_serverkey: server.publicKey });
      await peer.call("apply");
      await peer.connect(dealer.lastEndpoint as string);
      await peer.send(["sealed"]);
      expect((await dealer.receive(limit)).map(String)).toEqual(["sealed"]);
      const [, , domain, address] = requests.at(-1)!.map(String);
      expect([domain, address]).toEqual(["global", "127.0.0.1"]);
    });

    test("PLAIN requests contain the name and the password", async () => {
      allowed = (mechanism, words) => mechanism === "PLAIN" && words.join("/") === "anna/open-sesame";
      using dealer = new Dealer({ linger: 0, plainServer: true });
      await dealer.bind("tcp://127.0.0.1:*");
      const refused = firstOf(dealer, ["handshake:error:auth", "handshake"]);
      await using stranger = await PeerSocket.open(agent, "DEALER", {
        plain_username: "anna",
        plain_password: "sesame",
      });
      await stranger.connect(dealer.lastEndpoint as string);
      expect(await refused).toBe("handshake:error:auth");

      await using peer = await PeerSocket.open(agent, "DEALER", {
        plain_username: "anna",
        plain_password: "open-sesame",
      });
      await peer.connect(dealer.lastEndpoint as string);
      await peer.send(["known"]);
      expect((await dealer.receive(limit)).map(String)).toEqual(["known"]);
      await dealer.send("welcome", limit);
      expect((await peer.receive()).map(String)).toEqual(["welcome"]);
    });
  });
});
