// context.authenticate(): which peers get in, why, and what messages tell of them.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type AuthenticateOptions,
  type Authenticator,
  Context,
  curveKeyPair,
  Dealer,
  type Decision,
  Reply,
  Router,
  z85,
} from "zmq-native";
import { freshEndpoint } from "../helpers/transports.js";
import { frame, property, RawPeer } from "../helpers/zmtp.js";
import { curveClient, plainClient, Server, servers } from "./servers.js";

const ada = curveKeyPair();
const bob = curveKeyPair();

let context: Context;
beforeEach(() => {
  context = new Context();
});
afterEach(() => context.close({ linger: 0 }));

/** Starts an authenticator for the domain "global", and keeps its decisions. */
async function start(options: AuthenticateOptions): Promise<{ auth: Authenticator; decisions: Decision[] }> {
  const auth = await context.authenticate({ domain: "global", ...options });
  const decisions: Decision[] = [];
  auth.on("decision", (decision) => decisions.push(decision));
  return { auth, decisions };
}

describe("CURVE", () => {
  test("admits the listed keys, as text and as bytes, and rejects others", async () => {
    const { decisions } = await start({ curve: { allow: [ada.publicKey, z85.decode(bob.publicKey)] } });
    using server = await Server.open(context, servers.curve);
    expect(await server.attempt(curveClient(ada))).toBe("in");
    expect(await server.attempt(curveClient(bob))).toBe("in");
    const stranger = curveKeyPair();
    expect(await server.attempt(curveClient(stranger))).toBe("status 400");
    expect(decisions.map(({ admitted, reason, publicKey }) => [admitted, reason, publicKey])).toEqual([
      [true, "allowed", ada.publicKey],
      [true, "allowed", bob.publicKey],
      [false, "keyUnknown", stranger.publicKey],
    ]);
    expect(decisions[2]).toMatchObject({
      status: 400,
      domain: "global",
      address: "127.0.0.1",
      mechanism: "CURVE",
      text: `curve.allow lacks the key ${stranger.publicKey}`,
    });
    expect(decisions[2]).not.toHaveProperty("userId");
  });

  test("adds and removes keys at run time", async () => {
    const { auth } = await start({ curve: { allow: [] } });
    using server = await Server.open(context, servers.curve);
    expect(await server.attempt(curveClient(ada))).toBe("status 400");
    auth.allowKey(ada.publicKey);
    expect(await server.attempt(curveClient(ada))).toBe("in");
    expect([auth.removeKey(z85.decode(ada.publicKey)), auth.removeKey(ada.publicKey)]).toEqual([true, false]);
    expect(await server.attempt(curveClient(ada))).toBe("status 400");
  });

  test('"any" admits every key, and no peer without CURVE', async () => {
    await start({ curve: { allow: "any" } });
    using server = await Server.open(context, servers.curve);
    expect(await server.attempt(curveClient(curveKeyPair()))).toBe("in");
    // Client and server both detect the mismatch. The server may first see that the client has closed the connection.
    expect(await server.attempt({})).toMatch(/^handshake:error:(?:protocol|other)$/);
  });

  test("a function decides by key, address, domain and routing id", async () => {
    const asked: object[] = [];
    await start({
      curve: {
        allow: async ({ signal, ...request }) => {
          asked.push({ ...request, aborted: signal.aborted });
          return request.publicKey === ada.publicKey && { userId: "ada", metadata: { role: "admin" } };
        },
      },
    });
    using server = await Server.open(context, { ...servers.curve, routingId: "front" });
    expect(await server.attempt(curveClient(bob))).toBe("status 400");
    using dealer = new Dealer({ linger: 0, ...curveClient(ada) });
    dealer.connect(server.endpoint);
    await dealer.send("hello");
    const { message, metadata } = await server.router.receiveWithMetadata({
      properties: ["User-Id", "role", "Peer-Address"],
    });
    expect(String(message[1])).toBe("hello");
    expect(metadata).toEqual({ "User-Id": "ada", role: "admin", "Peer-Address": "127.0.0.1" });
    const about = {
      address: "127.0.0.1",
      domain: "global",
      routingId: Buffer.from("front"),
      aborted: false,
    };
    expect(asked).toEqual([
      { ...about, publicKey: bob.publicKey },
      { ...about, publicKey: ada.publicKey },
    ]);
  });

  test("the key is the user id unless the function names another", async () => {
    await start({ curve: { allow: () => true } });
    using server = await Server.open(context, servers.curve);
    using dealer = new Dealer({ linger: 0, ...curveClient(ada) });
    dealer.connect(server.endpoint);
    await dealer.send("hello");
    const { metadata } = await server.router.receiveWithMetadata();
    expect(metadata["User-Id"]).toBe(ada.publicKey);
  });
});

describe("PLAIN", () => {
  test("admits users with their passwords, which can change at run time", async () => {
    const { auth, decisions } = await start({ plain: { users: { ada: "secret" } } });
    using server = await Server.open(context, servers.plain);
    const outcomes = [
      await server.attempt(plainClient("ada", "secret")),
      await server.attempt(plainClient("ada", "Secret")),
      await server.attempt(plainClient("constructor", "secret")),
      await server.attempt(plainClient("bob", "word")),
    ];
    auth.setUser("ada", "changed");
    outcomes.push(
      await server.attempt(plainClient("ada", "secret")),
      await server.attempt(plainClient("ada", "changed")),
    );
    expect([auth.removeUser("ada"), auth.removeUser("ada")]).toEqual([true, false]);
    outcomes.push(await server.attempt(plainClient("ada", "changed")));
    const no = "status 400";
    expect(outcomes).toEqual(["in", no, no, no, no, "in", no]);
    expect(decisions.map(({ reason, username }) => `${username} ${reason}`)).toEqual([
      "ada allowed",
      "ada passwordWrong",
      "constructor userUnknown",
      "bob userUnknown",
      "ada passwordWrong",
      "ada allowed",
      "ada userUnknown",
    ]);
    expect(JSON.stringify(decisions)).not.toMatch(/secret|changed/i);
  });

  test("a function decides by name and password", async () => {
    await start({ plain: { users: async ({ username, password }) => username === password } });
    using server = await Server.open(context, servers.plain);
    expect(await server.attempt(plainClient("ä", "ä"))).toBe("in");
    expect(await server.attempt(plainClient("ä", "a"))).toBe("status 400");
  });
});

describe("addresses", () => {
  const outcome = async (addresses: object, endpoint?: string, options = {}) => {
    const { auth, decisions } = await start({ addresses });
    using server = await Server.open(context, options, endpoint);
    const verdict = await server.attempt(options);
    await auth.close();
    return `${verdict} ${decisions.at(-1)?.reason}`;
  };

  test.each([
    [{ deny: [] }, "in allowed"],
    [{ allow: ["127.0.0.1"] }, "in allowed"],
    [{ allow: ["10.0.0.0/8", "127.1.2.3/8"] }, "in allowed"],
    [{ allow: ["0.0.0.0/0"] }, "in allowed"],
    [{ allow: [] }, "status 400 addressNotAllowed"],
    [{ allow: ["::/0"] }, "status 400 addressNotAllowed"],
    [{ allow: ["127.0.0.2", "ipc"] }, "status 400 addressNotAllowed"],
    [{ deny: ["127.0.0.1/32"] }, "status 400 addressDenied"],
    [{ allow: ["127.0.0.1"], deny: ["127.0.0.0/8"] }, "status 400 addressDenied"],
    [{ deny: ["::/0", "ipc"] }, "in allowed"],
  ])("%o for a peer at 127.0.0.1: %s", async (addresses, expected) => {
    expect(await outcome(addresses)).toBe(expected);
  });

  test("IPv6, and IPv4 peers of a socket with ipv6", async () => {
    const ipv6 = { ipv6: true };
    expect(await outcome({ allow: ["::1"] }, "tcp://[::1]:*", ipv6)).toBe("in allowed");
    expect(await outcome({ allow: ["::2/127"] }, "tcp://[::1]:*", ipv6)).toBe("status 400 addressNotAllowed");
    const { auth } = await start({ addresses: { allow: ["127.0.0.0/8"] } });
    using server = await Server.open(context, ipv6, "tcp://[::]:*");
    using dealer = new Dealer({ linger: 0, reconnectInterval: -1 });
    dealer.connect(server.endpoint.replace("[::]", "127.0.0.1"));
    expect(await server.verdict()).toBe("in");
    await auth.close();
  });

  test.skipIf(process.platform !== "linux")("ipc peers by `ipc`", async () => {
    expect(await outcome({ allow: ["ipc"] }, freshEndpoint("ipc"))).toBe("in allowed");
    expect(await outcome({ deny: ["ipc"] }, freshEndpoint("ipc"))).toBe("status 400 addressDenied");
    expect(await outcome({ allow: ["127.0.0.1"] }, freshEndpoint("ipc"))).toBe(
      "status 400 addressNotAllowed",
    );
  });

  test("come before keys and passwords", async () => {
    let asked = 0;
    const allow = () => {
      asked++;
      return true;
    };
    await start({ curve: { allow }, addresses: { deny: ["127.0.0.1"] } });
    using server = await Server.open(context, servers.curve);
    expect(await server.attempt(curveClient(ada))).toBe("status 400");
    expect(asked).toBe(0);
  });

  test("peers cannot forge the user id", async () => {
    await start({ addresses: { allow: ["127.0.0.1"] } });
    using server = await Server.open(context, {});
    using peer = await RawPeer.enter(server.endpoint, "DEALER", property("User-Id", "root"));
    peer.say(frame("hello"));
    const { metadata } = await server.router.receiveWithMetadata({ properties: ["User-Id"] });
    expect(metadata).toEqual({ "User-Id": "" });
  });
});

describe("mechanisms without rules", () => {
  test("are rejected", async () => {
    const { auth, decisions } = await start({ curve: { allow: "any" }, addresses: { allow: ["127.0.0.1"] } });
    using plain = await Server.open(context, servers.plain);
    using none = await Server.open(context, servers.none);
    expect(await plain.attempt(plainClient("ada", "secret"))).toBe("status 400");
    // A server whose curveServer was forgotten.
    expect(await none.attempt({})).toBe("status 400");
    await auth.close();
    await start({ plain: { users: {} } });
    using curve = await Server.open(context, servers.curve);
    expect(await curve.attempt(curveClient(ada))).toBe("status 400");
    expect(decisions.map(({ reason, mechanism }) => `${mechanism} ${reason}`)).toEqual([
      "PLAIN mechanismNotAllowed",
      "NULL mechanismNotAllowed",
    ]);
  });
});

describe("domains", () => {
  test("each has its own authenticator; one without a domain decides for all others", async () => {
    const first = await context.authenticate({ domain: "first", curve: { allow: [ada.publicKey] } });
    const second = await context.authenticate({ domain: "second", curve: { allow: [bob.publicKey] } });
    const others = await context.authenticate({ curve: { allow: "any" } });
    expect([first.domain, second.domain, others.domain]).toEqual(["first", "second", undefined]);
    const domains = ["first", "second", "third"];
    const outcomes: string[][] = [];
    for (const zapDomain of domains) {
      using server = await Server.open(context, { ...servers.curve, zapDomain });
      outcomes.push([await server.attempt(curveClient(ada)), await server.attempt(curveClient(bob))]);
    }
    expect(outcomes).toEqual([
      ["in", "status 400"],
      ["status 400", "in"],
      ["in", "in"],
    ]);
    await others.close();
    const decided = new Promise<Decision>((resolve) => first.on("decision", resolve));
    using server = await Server.open(context, { ...servers.curve, zapDomain: "third" });
    expect(await server.attempt(curveClient(ada))).toBe("status 400");
    // A misspelled domain is reported to all authenticators of the context.
    expect(await decided).toMatchObject({ reason: "domainUnknown", domain: "third", admitted: false });
  });

  test('"" is for servers without a domain', async () => {
    await context.authenticate({ domain: "", curve: { allow: [ada.publicKey] } });
    using server = await Server.open(context, servers.curve, "tcp://127.0.0.1:*", {});
    expect(await server.attempt(curveClient(ada))).toBe("in");
    expect(await server.attempt(curveClient(bob))).toBe("status 400");
  });

  test("a second authenticator for a domain is an error that names it", async () => {
    const { auth } = await start({ plain: { users: {} } });
    const again = () => context.authenticate({ domain: "global", plain: { users: {} } });
    await expect(again()).rejects.toMatchObject({
      code: "EEXIST",
      message: 'The context has an authenticator for the domain "global" already',
    });
    await auth.close();
    await (await again()).close();
    await context.authenticate({ plain: { users: {} } });
    await expect(context.authenticate({ plain: { users: {} } })).rejects.toThrow("for all other domains");
  });
});

describe("the ZAP handler", () => {
  test("another one that is bound is an error with the remedy", async () => {
    const own = new Reply({ context });
    await own.bind("inproc://zeromq.zap.01");
    const failed = context.authenticate({ plain: { users: {} } });
    await expect(failed).rejects.toMatchObject({
      code: "EADDRINUSE",
      address: "inproc://zeromq.zap.01",
      detail: expect.stringMatching(/has a ZAP handler already.*Close it first, or use a Context of its own/),
    });
    await own.unbind("inproc://zeromq.zap.01");
    await (await context.authenticate({ plain: { users: {} } })).close();
    // close() frees its address at once.
    await own.bind("inproc://zeromq.zap.01");
  });

  test("contexts have handlers of their own", async () => {
    await start({ curve: { allow: [ada.publicKey] } });
    await using other = new Context();
    await other.authenticate({ domain: "global", curve: { allow: [bob.publicKey] } });
    using server = await Server.open(other, servers.curve);
    expect(await server.attempt(curveClient(ada))).toBe("status 400");
    expect(await server.attempt(curveClient(bob))).toBe("in");
  });

  test("servers that enforce their domain admit nobody before and after", async () => {
    using server = await Server.open(context, servers.curve);
    expect(await server.attempt(curveClient(ada))).toBe("handshake:error:other");
    {
      await using auth = await context.authenticate({ domain: "global", curve: { allow: [ada.publicKey] } });
      expect(auth.closed).toBe(false);
      expect(await server.attempt(curveClient(ada))).toBe("in");
    }
    expect(await server.attempt(curveClient(ada))).toBe("handshake:error:other");
  });

  test("a closed context is an error", async () => {
    const closed = new Context();
    await closed.close();
    await expect(closed.authenticate({ plain: { users: {} } })).rejects.toMatchObject({ code: "EFAULT" });
  });

  test("over ws", async () => {
    await start({ curve: { allow: [ada.publicKey] } });
    using server = await Server.open(context, servers.curve, "ws://127.0.0.1:*");
    expect(await server.attempt(curveClient(ada))).toBe("in");
    expect(await server.attempt(curveClient(bob))).toBe("status 400");
  });
});

describe("decisions", () => {
  test("reach each loop and listener, and end with the authenticator", async () => {
    const { auth, decisions } = await start({ addresses: { allow: ["127.0.0.1"] } });
    const removed = () => expect.unreachable("a listener that was removed");
    auth.on("decision", removed).off("decision", removed);
    const loops = [auth.decisions, auth.decisions].map(async (loop) => {
      const reasons: string[] = [];
      for await (const { reason } of loop) reasons.push(reason);
      return reasons;
    });
    const first = (async () => {
      for await (const { address } of auth.decisions) return address;
      return "none";
    })();
    using server = await Server.open(context, {});
    expect([await server.attempt({}), await server.attempt({})]).toEqual(["in", "in"]);
    expect(await first).toBe("127.0.0.1");
    await auth.close();
    expect(await Promise.all(loops)).toEqual([
      ["allowed", "allowed"],
      ["allowed", "allowed"],
    ]);
    expect(decisions).toHaveLength(2);
    // A loop that begins later ends at once.
    for await (const decision of auth.decisions) expect.unreachable(String(decision));
  });
});

describe("invalid options", () => {
  const key = ada.publicKey;
  test.each<[unknown, RegExp]>([
    [undefined, /takes \{ curve, plain, addresses, domain, timeout, disconnectRemoved \}, got undefined/],
    [{}, /needs rules: pass at least one of curve, plain and addresses/],
    [{ curv: {} }, /no option 'curv': it takes curve, plain/],
    [{ curve: [key] }, /curve has no option '0': it takes \{ allow \}/],
    [{ curve: {} }, /curve\.allow must be an array of public keys.*got null/],
    [{ curve: { allow: [key, "short"] } }, /curve\.allow\[1\] must be a CURVE key.*got 'short'/],
    [{ curve: { allow: ["é".repeat(40)] } }, /curve\.allow\[0\] must be a CURVE key/],
    [{ curve: { allow: 7 } }, /curve\.allow must be .*got 7/],
    [{ plain: {} }, /plain\.users must be an object/],
    [{ plain: { users: new Map([["ada", "x"]]) } }, /for a Map pass Object\.fromEntries\(map\)/],
    [{ plain: { users: { ada: "" } } }, /the password of 'ada' must be a string of 1 to 255 bytes/],
    [{ plain: { users: { ada: 12345 } } }, /another value, which is not shown/],
    [{ addresses: { allow: "::1" } }, /addresses\.allow must be an array/],
    [{ addresses: { allow: ["localhost"] } }, /addresses\.allow: 'localhost' must be an IP address/],
    [{ addresses: { deny: ["10.0.0.0/33"] } }, /addresses\.deny: '10\.0\.0\.0\/33' has a prefix of 33 bits/],
    [{ addresses: { deny: ["::ffff:10.0.0.0/104"] } }, /stands for IPv4 addresses/],
    [{ addresses: {} }, /addresses\.allow must be an array .* got undefined/],
    [{ addresses: { allow: undefined } }, /addresses\.allow must be an array .* got undefined/],
    [{ addresses: { allow: undefined, deny: [] } }, /addresses\.allow must be an array .* got undefined/],
    [{ addresses: { allow: [], deny: undefined } }, /addresses\.deny must be an array .* got undefined/],
    [{ addresses: { only: [] } }, /addresses has no option 'only'/],
    [{ plain: { users: {} }, domain: 7 }, /domain must be a string.*got 7/],
    [{ plain: { users: {} }, domain: "x".repeat(256) }, /domain must be a string of up to 255 bytes/],
    [{ plain: { users: {} }, disconnectRemoved: 1 }, /disconnectRemoved must be true or false, got 1/],
    [{ plain: { users: {} }, timeout: 0 }, /timeout must be a number of milliseconds from 1.*got 0/],
    [{ plain: { users: {} }, timeout: Number.POSITIVE_INFINITY }, /timeout must be .*got Infinity/],
  ])("%o", async (options, message) => {
    const failed = context.authenticate(options as AuthenticateOptions);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toBeInstanceOf(TypeError);
    // Nothing is left behind.
    using own = new Router({ context });
    await own.bind("inproc://zeromq.zap.01");
    await own.unbind("inproc://zeromq.zap.01");
  });

  test("calls that do not fit the rules name the remedy", async () => {
    const { auth } = await start({ curve: { allow: () => true }, plain: { users: () => true } });
    expect(() => auth.allowKey(key)).toThrow(/allowKey: curve\.allow is not an array of keys; pass an array/);
    expect(() => auth.removeUser("ada")).toThrow(/removeUser: plain\.users is not an object of passwords/);
    await expect(auth.reload()).rejects.toThrow(/curve\.allow is not the path of a folder/);
    await auth.close();
    await auth.close();
    expect(auth.closed).toBe(true);
    expect(() => auth.allowKey(key)).toThrow("The authenticator is closed");
  });
});
