// Disconnecting peers: those with status 300, and those that lose access while they are connected.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  Certificate,
  Context,
  curveKeyPair,
  Dealer,
  type Decision,
  type Observer,
  Pull,
  Push,
  Reply,
  Router,
  type SocketOptions,
} from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { curveClient, plainClient, Server, serverKeys, servers, verdictOf } from "./servers.js";

const ada = curveKeyPair();
const bob = curveKeyPair();
const domain = { zapDomain: "global", zapEnforceDomain: true };
const limit = { timeout: 30_000 };

let context: Context;
beforeEach(() => {
  context = new Context();
});
afterEach(() => context.close({ linger: 0 }));

/** Waits for the next event of a type. */
async function next(events: Observer, type: "connect" | "disconnect" | "handshake"): Promise<void> {
  while ((await events.receive()).type !== type);
}

/** A client whose message the server has received, and which connects again 10 ms after each disconnection. */
async function connected(server: Server, options: SocketOptions<Dealer>, name: string): Promise<Dealer> {
  const dealer = new Dealer({ linger: 0, reconnectInterval: 10, routingId: name, ...options });
  dealer.connect(server.endpoint);
  await dealer.send("hello");
  expect((await server.router.receive(limit)).map(String)).toEqual([name, "hello"]);
  expect(await server.verdict()).toBe("in");
  return dealer;
}

// With PLAIN and CURVE, that answers a command of the peer. Without a mechanism, the server speaks first.
test.each(["bind", "connect"] as const)(
  "a server without a mechanism and a handler disconnects its peer at once: %s",
  async (side) => {
    using router = new Router({ context, linger: 0, reconnectInterval: 10, handshakeInterval: 0, ...domain });
    using dealer = new Dealer({ linger: 0, reconnectInterval: 10, handshakeInterval: 0 });
    const [bound, connecting] = side === "bind" ? [router, dealer] : [dealer, router];
    await bound.bind("tcp://127.0.0.1:*");
    const verdict = verdictOf(router.events);
    connecting.connect(bound.lastEndpoint as string);
    for (let count = 0; count < 3; count++) {
      expect(await verdict()).toBe("handshake:error:other");
      await next(dealer.events, "disconnect");
    }
  },
);

describe.each([
  ["NULL", servers.none, {}],
  ["PLAIN", servers.plain, plainClient("ada", "secret")],
  ["CURVE", servers.curve, curveClient(ada)],
])("%s", (_, options, client) => {
  // By any handler: this one is not of `authenticate`.
  test("status 300 disconnects the peer at once, which then connects again", async () => {
    using handler = new Reply({ context });
    await handler.bind("inproc://zeromq.zap.01");
    using server = await Server.open(context, { ...options, handshakeInterval: 0 });
    using dealer = new Dealer({ linger: 0, reconnectInterval: 10, ...client });
    dealer.connect(server.endpoint);
    for (const [status, verdict] of [
      ["300", "status 300"],
      ["300", "status 300"],
      ["200", "in"],
    ] as const) {
      const [version, id] = await handler.receive(limit);
      await handler.send([version!, id!, status, "", "", ""]);
      expect(await server.verdict()).toBe(verdict);
    }
    await dealer.send("hello");
    expect(String((await server.router.receive(limit))[1])).toBe("hello");
  });

  test("status 300 disconnects the peer of a server that connects, and the server connects again", async () => {
    using handler = new Reply({ context });
    await handler.bind("inproc://zeromq.zap.01");
    using dealer = new Dealer({ linger: 0, ...client });
    await dealer.bind("tcp://127.0.0.1:*");
    using router = new Router({ context, linger: 0, reconnectInterval: 10, ...domain, ...options });
    const verdict = verdictOf(router.events);
    router.connect(dealer.lastEndpoint as string);
    for (const [status, expected] of [
      ["300", "status 300"],
      ["200", "in"],
    ] as const) {
      const [version, id] = await handler.receive(limit);
      await handler.send([version!, id!, status, "", "", ""]);
      expect(await verdict()).toBe(expected);
    }
  });

  test("disconnect() disconnects an admitted peer, also over ws", async () => {
    const auth = await context.authenticate({
      curve: options === servers.curve ? { allow: "any" } : undefined,
      plain: options === servers.plain ? { users: () => true } : undefined,
      addresses: { allow: ["127.0.0.1"] },
    });
    for (const zapDomain of ["tcp", "ws"]) {
      using server = await Server.open(context, { ...options, zapDomain }, `${zapDomain}://127.0.0.1:*`);
      using dealer = await connected(server, client, "ada");
      const left = next(dealer.events, "disconnect");
      expect(auth.disconnect(({ domain }) => domain === zapDomain)).toBe(1);
      await left;
      // It still has access.
      expect(await server.verdict()).toBe("in");
      await dealer.send("again");
      expect(String((await server.router.receive(limit))[1])).toBe("again");
      expect(auth.disconnect(({ domain }) => domain === "other")).toBe(0);
    }
  });
});

describe("disconnectRemoved", () => {
  test("a removed key disconnects its peers, and no others", async () => {
    const allow = [ada.publicKey, bob.publicKey];
    const auth = await context.authenticate({ domain: "global", curve: { allow }, disconnectRemoved: true });
    using server = await Server.open(context, servers.curve);
    using first = await connected(server, curveClient(ada), "ada");
    using second = await connected(server, curveClient(bob), "bob");
    const left = next(first.events, "disconnect");
    expect(auth.removeKey(ada.publicKey)).toBe(true);
    await left;
    expect(await server.verdict()).toBe("status 400");
    second.send("still here");
    expect((await server.router.receive(limit)).map(String)).toEqual(["bob", "still here"]);
    auth.allowKey(ada.publicKey);
    // Each attempt until then was rejected.
    for (let verdict = ""; verdict !== "in"; verdict = await server.verdict());
  });

  test("a removed user and a changed password disconnect the user's peers", async () => {
    const users = { ada: "secret", bob: "secret" };
    const auth = await context.authenticate({ domain: "global", plain: { users }, disconnectRemoved: true });
    using server = await Server.open(context, servers.plain);
    using first = await connected(server, plainClient("ada", "secret"), "ada");
    using second = await connected(server, plainClient("bob", "secret"), "bob");
    const [firstLeft, secondLeft] = [next(first.events, "disconnect"), next(second.events, "disconnect")];
    // The same password: nobody loses access.
    auth.setUser("ada", "secret");
    await first.send("still here");
    expect((await server.router.receive(limit)).map(String)).toEqual(["ada", "still here"]);
    auth.setUser("ada", "changed");
    await firstLeft;
    expect(await server.verdict()).toBe("status 400");
    await second.send("still here");
    expect((await server.router.receive(limit)).map(String)).toEqual(["bob", "still here"]);
    auth.removeUser("bob");
    await secondLeft;
  });

  test("a certificate that leaves the folder disconnects its peers", async () => {
    const root = mkdtempSync(join(tmpdir(), "zmq-native-"));
    try {
      const folder = join(root, "keys");
      mkdirSync(folder);
      const [first, second] = [Certificate.generate(), Certificate.generate()];
      await first.save(join(folder, "first.key"));
      await second.save(join(folder, "second.key"));
      await context.authenticate({ domain: "global", curve: { allow: folder }, disconnectRemoved: true });
      using server = await Server.open(context, servers.curve);
      const pairOf = ({ publicKey, secretKey }: Certificate) => ({ publicKey, secretKey: secretKey! });
      using removed = await connected(server, curveClient(pairOf(first)), "first");
      using kept = await connected(server, curveClient(pairOf(second)), "second");
      const left = next(removed.events, "disconnect");
      rmSync(join(folder, "first.key"));
      await left;
      expect(await server.verdict()).toBe("status 400");
      await kept.send("still here");
      expect((await server.router.receive(limit)).map(String)).toEqual(["second", "still here"]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  test("without it, connected peers stay, and their next connection is rejected", async () => {
    const auth = await context.authenticate({ domain: "global", curve: { allow: [ada.publicKey] } });
    using server = await Server.open(context, servers.curve);
    using dealer = await connected(server, curveClient(ada), "ada");
    auth.removeKey(ada.publicKey);
    expect(await server.attempt(curveClient(ada))).toBe("status 400");
    await dealer.send("still here");
    expect((await server.router.receive(limit)).map(String)).toEqual(["ada", "still here"]);
  });
});

describe("disconnect", () => {
  test("concerns only peers of its authenticator, and those that the function selects", async () => {
    const first = await context.authenticate({ domain: "first", curve: { allow: "any" } });
    const second = await context.authenticate({ domain: "second", curve: { allow: "any" } });
    using firstServer = await Server.open(context, { ...servers.curve, zapDomain: "first" });
    using secondServer = await Server.open(context, { ...servers.curve, zapDomain: "second" });
    using dealer = await connected(firstServer, curveClient(ada), "ada");
    using kept = await connected(firstServer, curveClient(bob), "bob");
    using other = await connected(secondServer, curveClient(ada), "ada");
    const left = next(dealer.events, "disconnect");
    const asked: Decision[] = [];
    const isAda = (decision: Decision) => {
      asked.push(decision);
      return decision.publicKey === ada.publicKey;
    };
    expect(first.disconnect(isAda)).toBe(1);
    expect(asked.map(({ publicKey, domain, admitted }) => [publicKey, domain, admitted])).toEqual([
      [ada.publicKey, "first", true],
      [bob.publicKey, "first", true],
    ]);
    await left;
    await kept.send("still here");
    expect(String((await firstServer.router.receive(limit))[1])).toBe("still here");
    await other.send("still here");
    expect(String((await secondServer.router.receive(limit))[1])).toBe("still here");
    expect(second.disconnect(() => true)).toBe(1);
  });

  test("of a function that throws disconnects nobody", async () => {
    const auth = await context.authenticate({ domain: "global", curve: { allow: "any" } });
    using server = await Server.open(context, servers.curve);
    using dealer = await connected(server, curveClient(ada), "ada");
    let calls = 0;
    using other = await connected(server, curveClient(bob), "bob");
    const throwing = () => {
      if (++calls === 2) throw new Error("the second");
      return true;
    };
    expect(() => auth.disconnect(throwing)).toThrow("the second");
    await dealer.send("still here");
    await other.send("still here");
    expect(String((await server.router.receive(limit))[1])).toBe("still here");
    expect(String((await server.router.receive(limit))[1])).toBe("still here");
    for (const wrong of [async () => false, () => "yes", () => undefined]) {
      expect(() => auth.disconnect(wrong as never)).toThrow(/must return true or false, got/);
    }
    expect(() => auth.disconnect(undefined as never)).toThrow(/takes a function such as .* got undefined/);
    await auth.close();
    expect(() => auth.disconnect(() => true)).toThrow("The authenticator is closed");
  });

  test("from the listener of the decision keeps the peer out", async () => {
    const auth = await context.authenticate({ domain: "global", curve: { allow: "any" } });
    let count = 0;
    auth.on("decision", () => {
      count += auth.disconnect(() => true);
    });
    using pull = new Pull({ context, ...servers.curve, ...domain });
    const verdict = verdictOf(pull.events);
    await pull.bind("tcp://127.0.0.1:*");
    using push = new Push({ linger: 0, reconnectInterval: 1, immediate: true, ...curveClient(ada) });
    push.connect(pull.lastEndpoint as string);
    while (count < 5) await verdict();
  });

  test("of 1,100 peers, after 1,100 others have disconnected", async () => {
    const auth = await context.authenticate({ domain: "global", curve: { allow: "any" } });
    using pull = new Pull({ context, ...servers.curve, ...domain, backlog: 2000, handshakeInterval: 0 });
    const events = pull.events;
    const all = async (type: "disconnect" | "handshake") => {
      for (let count = 0; count < 1100; count++) await next(events, type);
    };
    await pull.bind("tcp://127.0.0.1:*");
    const connect = async () => {
      const push = new Push({ linger: 0, reconnectInterval: -1, ...curveClient(ada) });
      for (let count = 0; count < 1100; count++) push.connect(pull.lastEndpoint as string);
      await all("handshake");
      return push;
    };
    const first = await connect();
    first.close();
    await all("disconnect");
    using second = await connect();
    expect(second.closed).toBe(false);
    expect(auth.disconnect(() => true)).toBe(1100);
    await all("disconnect");
    expect(auth.disconnect(() => true)).toBe(0);
  }, 300_000);

  test("while messages flow in both directions", async () => {
    const auth = await context.authenticate({
      domain: "global",
      curve: { allow: [] },
      disconnectRemoved: true,
    });
    using server = await Server.open(context, servers.curve);
    const echo = (async () => {
      for await (const message of server.router) await server.router.send(message);
    })();
    using dealer = new Dealer({ linger: 0, reconnectInterval: 1, ...curveClient(ada) });
    dealer.connect(server.endpoint);
    const payload = Buffer.alloc(10_000);
    let sending = true;
    const flood = (async () => {
      while (sending) {
        dealer.trySend(payload);
        dealer.tryReceive();
        await new Promise(setImmediate);
      }
    })();
    for (let round = 0; round < 30; round++) {
      auth.allowKey(ada.publicKey);
      while ((await server.verdict()) !== "in");
      const left = next(dealer.events, "disconnect");
      auth.removeKey(ada.publicKey);
      await left;
    }
    while ((await server.verdict()) !== "status 400");
    sending = false;
    await flood;
    server.router.close();
    await echo;
  }, 300_000);

  test("of peers of a server in another thread", async () => {
    const { stdout, ...outcome } = await runProgram(`
      const keys = ${JSON.stringify({ ada, serverKeys })};
      const auth = await zmq.context.authenticate({ domain: "global", curve: { allow: "any" } });
      const worker = startWorker(\`
        const pull = new zmq.Pull({
          curveServer: true, curveSecretKey: workerData, zapDomain: "global", zapEnforceDomain: true,
        });
        pull.events.on("disconnect", () => parentPort.postMessage("disconnect"));
        await pull.bind("tcp://127.0.0.1:*");
        parentPort.postMessage(pull.lastEndpoint);
        for await (const [message] of pull) parentPort.postMessage(String(message));
      \`, keys.serverKeys.secretKey);
      const push = new zmq.Push({
        linger: 0,
        reconnectInterval: -1,
        curveServerKey: keys.serverKeys.publicKey,
        curvePublicKey: keys.ada.publicKey,
        curveSecretKey: keys.ada.secretKey,
      });
      push.connect(await firstMessage(worker));
      push.send("hello");
      console.log(await firstMessage(worker));
      console.log(auth.disconnect(() => true));
      console.log(await firstMessage(worker));
      await worker.terminate();
    `);
    expect(outcome).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(stdout).toBe("hello\n1\ndisconnect\n");
  });
});
