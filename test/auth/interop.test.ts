// Certificates of czmq and pyzmq, in both directions, and their sockets as clients of our authenticator.

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authenticator, Certificate, Context, type Decision, Pull, Push } from "zmq-native";
import { startPython } from "../helpers/peers.js";
import { type AgentProcess, implementations, PeerSocket, startAgent } from "../interop/agents.js";
import { serverKeys, servers } from "./servers.js";

const root = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const limit = { timeout: 30_000 };

for (const { missing } of [implementations.czmq, implementations.python]) {
  if (missing()) console.warn(`SKIPPED: ${missing()}`);
}

describe.skipIf(implementations.czmq.missing())("certificates of czmq", () => {
  let agent: AgentProcess;
  beforeAll(async () => {
    agent = await startAgent(implementations.czmq);
  });
  afterAll(() => agent?.[Symbol.asyncDispose]());

  test("are loaded", async () => {
    const path = join(root, "czmq.key");
    const [publicKey, secretKey] = await agent.call("cert-new", "name", "theirs", "email", "a@example.com");
    await agent.call("cert-save", path);
    const loaded = await Certificate.load(path);
    expect([loaded.publicKey, loaded.secretKey, loaded.metadata]).toEqual([
      publicKey,
      secretKey,
      { name: "theirs", email: "a@example.com" },
    ]);
    rmSync(`${path}_secret`);
    expect((await Certificate.load(path)).secretKey).toBeUndefined();
  });

  test("are saved", async () => {
    // Among twenty, some keys have the characters that ZPL and C treat as special.
    for (let count = 0; count < 20; count++) {
      const path = join(root, `ours-${count}.key`);
      const certificate = Certificate.generate({ name: "ours" });
      await certificate.save(path);
      const { publicKey, secretKey } = certificate;
      expect(await agent.call("cert-load", path)).toEqual([publicKey, secretKey, "ours"]);
    }
  });
});

describe.skipIf(implementations.python.missing())("certificates of pyzmq", () => {
  test("are loaded", async () => {
    const program = `
import zmq.auth
public, secret = zmq.auth.create_certificates(sys.argv[1], "ada", metadata={"name": "Ada"})
print(*[part.decode() for part in zmq.auth.load_certificate(secret)])
`;
    const [publicKey, secretKey] = (await startPython(program, root).output).trim().split(" ");
    const { metadata, ...loaded } = await Certificate.load(join(root, "ada.key"));
    expect(loaded).toEqual({ publicKey });
    expect(metadata).toEqual({ name: "Ada" });
    expect((await Certificate.load(join(root, "ada.key_secret"))).secretKey).toBe(secretKey);
  });

  test("are saved", async () => {
    const path = join(root, "bob.key");
    const certificate = Certificate.generate({ name: "Bob" });
    await certificate.save(path);
    expect(statSync(`${path}_secret`).mode & 0o077).toBe(0);
    const program = `
import zmq.auth
print(*[part.decode() for part in zmq.auth.load_certificate(sys.argv[1] + "_secret")])
print(*zmq.auth.load_certificate(sys.argv[1]))
`;
    const [both, publicOnly] = (await startPython(program, path).output).trim().split("\n");
    expect(both).toBe(`${certificate.publicKey} ${certificate.secretKey}`);
    expect(publicOnly).toMatch(/^b['"].{40}['"] None$/);
  });
});

describe.each([implementations.c, implementations.czmq, implementations.python])(
  "sockets of $name",
  (implementation) => {
    const missing = implementation.missing();
    const folder = join(root, implementation.name.replaceAll(" ", "-"));
    const ada = Certificate.generate({ name: "Ada" });
    let agent: AgentProcess;
    let context: Context;
    let auth: Authenticator;
    const decisions: Decision[] = [];
    beforeAll(async () => {
      if (missing) return;
      mkdirSync(folder);
      await ada.save(join(folder, "ada.key"));
      agent = await startAgent(implementation);
      context = new Context();
      auth = await context.authenticate({
        domain: "global",
        curve: { allow: folder },
        plain: { users: { ada: "open" } },
      });
      auth.on("decision", (decision) => decisions.push(decision));
    });
    afterAll(async () => {
      if (missing) return;
      await agent[Symbol.asyncDispose]();
      await context.close({ linger: 0 });
    });

    /** Sends a message of a peer's Push; resolves with its user id, or with the reason for the rejection. */
    const attempt = async (server: object, options: Record<string, string | number>): Promise<string> => {
      using pull = new Pull({ context, zapDomain: "global", zapEnforceDomain: true, ...server });
      await pull.bind("tcp://127.0.0.1:*");
      decisions.length = 0;
      const next = new Promise<Decision>((resolve) => {
        const listener = (decision: Decision) => {
          auth.off("decision", listener);
          resolve(decision);
        };
        auth.on("decision", listener);
      });
      const push = await PeerSocket.open(agent, "PUSH", options);
      await push.connect(pull.lastEndpoint as string);
      const { admitted, reason } = await next;
      if (!admitted) {
        // The agent closes the socket; nothing is sent that it would have to wait for.
        await push[Symbol.asyncDispose]();
        return reason;
      }
      await push.send(["hello"]);
      const { message, metadata } = await pull.receiveWithMetadata({ ...limit, properties: ["User-Id"] });
      await push[Symbol.asyncDispose]();
      return `${message} of ${metadata["User-Id"]}`;
    };

    test.skipIf(missing)("CURVE", async () => {
      const keys = ({ publicKey, secretKey }: Certificate) => ({
        curve_publickey: publicKey,
        curve_secretkey: secretKey!,
        curve_serverkey: serverKeys.publicKey,
      });
      expect(await attempt(servers.curve, keys(ada))).toBe(`hello of ${ada.publicKey}`);
      expect(await attempt(servers.curve, keys(Certificate.generate()))).toBe("keyUnknown");
    });

    test.skipIf(missing)("PLAIN", async () => {
      const user = (plain_username: string, plain_password: string) => ({ plain_username, plain_password });
      expect(await attempt(servers.plain, user("ada", "open"))).toBe("hello of ada");
      expect(await attempt(servers.plain, user("ada", "closed"))).toBe("passwordWrong");
      expect(await attempt(servers.plain, user("bob", "open"))).toBe("userUnknown");
    });
  },
);

// The other direction: their authenticators read our certificates.
const authenticators = [
  { implementation: implementations.czmq, start: zauth },
  { implementation: implementations.python, start: pyzmqAuth },
];

async function zauth(agent: AgentProcess, folder: string): Promise<void> {
  const passwords = join(root, "passwords");
  writeFileSync(passwords, "");
  await agent.call("zauth", passwords, folder);
}

async function pyzmqAuth(agent: AgentProcess, folder: string): Promise<void> {
  await agent.call("zap-folder", folder);
}

describe.each(authenticators)("the authenticator of $implementation.name", ({ implementation, start }) => {
  const missing = implementation.missing();

  test.skipIf(missing)("admits a client whose certificate we saved, and rejects another", async () => {
    const [server, ada] = [Certificate.generate({ name: "server" }), Certificate.generate({ name: "Ada" })];
    const folder = mkdtempSync(join(root, "theirs-"));
    await new Certificate({ publicKey: ada.publicKey, metadata: { name: "Ada" } }).save(
      join(folder, "ada.key"),
    );
    const agent = await startAgent(implementation);
    try {
      await start(agent, folder);
      const options = { curve_server: 1, curve_secretkey: server.secretKey! };
      const pull = await PeerSocket.open(agent, "PULL", options);
      const endpoint = await pull.bind("tcp://127.0.0.1:*");
      for (const [certificate, outcome] of [
        [ada, "handshake"],
        [Certificate.generate(), "handshake:error:auth"],
      ] as const) {
        using push = new Push({
          linger: 0,
          curveServerKey: server.publicKey,
          curvePublicKey: certificate.publicKey,
          curveSecretKey: certificate.secretKey!,
        });
        const verdict = new Promise<string>((resolve) => {
          for (const type of ["handshake", "handshake:error:auth"] as const) {
            push.events.on(type, () => resolve(type));
          }
        });
        push.connect(endpoint);
        expect(await verdict).toBe(outcome);
        if (outcome !== "handshake") continue;
        await push.send("hello", limit);
        expect((await pull.receive()).map(String)).toEqual(["hello"]);
      }
      await pull[Symbol.asyncDispose]();
    } finally {
      await agent[Symbol.asyncDispose]();
    }
  });
});
