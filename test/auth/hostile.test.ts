// Malformed requests, failing or hanging decision functions, floods and early closes admit nobody and keep no valid peer out.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Authenticator,
  Context,
  curveKeyPair,
  Dealer,
  type Decision,
  Pull,
  Push,
  type Verdict,
} from "zmq-native";
import { curveClient, plainClient, Server, servers, verdictOf } from "./servers.js";

const zapEndpoint = "inproc://zeromq.zap.01";
const ada = curveKeyPair();
const domain = { zapDomain: "global", zapEnforceDomain: true };
const limit = { timeout: 30_000 };

let context: Context;
beforeEach(() => {
  context = new Context();
});
afterEach(() => context.close({ linger: 0 }));

const decided = (auth: Authenticator): Decision[] => {
  const decisions: Decision[] = [];
  auth.on("decision", (decision) => decisions.push(decision));
  return decisions;
};

describe("malformed requests", () => {
  const key = Buffer.alloc(32, 1);
  const rest = ["global", "127.0.0.1", "", "CURVE", key];
  const requests: [string, (string | Buffer)[], string?][] = [
    ["another version", ["", "2.0", "1", ...rest], "the version must be 1.0, got '2.0'"],
    ["no mechanism", ["", "1.0", "1", "global", "127.0.0.1", ""], "at least 8 frames"],
    ["no frames but a number", ["", "1.0", "1"], "at least 8 frames"],
    ["a short key", ["", "1.0", "1", ...rest.slice(0, -1), "short"], "32 bytes, and not 5"],
    ["two keys", ["", "1.0", "1", ...rest, key], "1 frames of credentials, and not 2"],
    ["no password", ["", "1.0", "1", "global", "", "", "PLAIN", "ada"], "2 frames of credentials"],
    ["credentials without a mechanism", ["", "1.0", "1", "global", "", "", "NULL", "x"], "0 frames"],
    ["a domain that is not UTF-8", ["", "1.0", "1", Buffer.from([0xff]), "", "", "NULL"], "domain must be"],
    ["a long address", ["", "1.0", "1", "global", "1".repeat(256), "", "NULL"], "address must be UTF-8"],
    ["a user name with NUL", ["", "1.0", "1", "global", "", "", "PLAIN", "a\0b", "x"], "user name must be"],
    ["a megabyte", ["", "1.0", "1", "global", "", "", Buffer.alloc(2 ** 20)], "mechanism must be"],
    ["ten thousand frames", ["", "1.0", "1", ...rest, ...Array(10_000).fill("x")], "not 10001"],
  ];

  test.each(requests)("%s: status 400", async (_, frames, text) => {
    const auth = await context.authenticate({ domain: "global", curve: { allow: "any" } });
    const decisions = decided(auth);
    using dealer = new Dealer({ context, linger: 0 });
    dealer.connect(zapEndpoint);
    await dealer.send(frames);
    const reply = (await dealer.receive(limit)).map(String);
    expect(reply.slice(0, 4)).toEqual(["", "1.0", "1", "400"]);
    expect(reply.slice(5)).toEqual(["", ""]);
    expect(decisions).toMatchObject([{ reason: "malformed", admitted: false, status: 400 }]);
    expect(reply[4]).toContain(text);
  });

  test("a message without an envelope gets no reply, and the next request does", async () => {
    const auth = await context.authenticate({ domain: "global", curve: { allow: "any" } });
    const decisions = decided(auth);
    using dealer = new Dealer({ context, linger: 0 });
    dealer.connect(zapEndpoint);
    for (const frames of [[""], ["x"], ["x", "1.0", "1", "global"], ["", ""], Array(50).fill("")]) {
      await dealer.send(frames);
    }
    await dealer.send(["", "1.0", "last", "global", "127.0.0.1", "", "CURVE", key]);
    const replies: string[] = [];
    do replies.push(String((await dealer.receive(limit))[2]));
    while (replies.at(-1) !== "last");
    // Of fifty empty frames, one is the number.
    expect(replies).toEqual(["", "last"]);
    expect(decisions.map(({ reason }) => reason)).toEqual([...Array(5).fill("malformed"), "allowed"]);
  });

  test("mechanisms that are unknown are rejected", async () => {
    await context.authenticate({ addresses: { deny: [] } });
    using dealer = new Dealer({ context, linger: 0 });
    dealer.connect(zapEndpoint);
    await dealer.send(["", "1.0", "1", "global", "127.0.0.1", "", "GSSAPI", "principal"]);
    expect((await dealer.receive(limit)).map(String).slice(3, 5)).toEqual([
      "400",
      "authenticate() has no rules for GSSAPI",
    ]);
  });
});

describe("decision functions", () => {
  const never = () => new Promise<boolean>(() => {});
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const admit = (result: unknown) => () => result as Verdict;
  const functions: [string, () => Verdict | Promise<Verdict>, string, string][] = [
    [
      "throws",
      () => {
        throw new Error("no database");
      },
      "status 500",
      "failed",
    ],
    ["rejects", () => Promise.reject(new Error("no database")), "status 500", "failed"],
    ["rejects with undefined", () => Promise.reject(), "status 500", "failed"],
    ["hangs", never, "status 300", "timeout"],
    ["returns nothing", admit(undefined), "status 500", "failed"],
    ["returns text", admit("yes"), "status 500", "failed"],
    ["returns 1", admit(1), "status 500", "failed"],
    ["returns null", admit(null), "status 500", "failed"],
    ["returns an empty object", admit({}), "status 500", "failed"],
    ["returns rows of a database", admit({ rows: [] }), "status 500", "failed"],
    ["returns an array", admit([]), "status 500", "failed"],
    ["returns a Map", admit(new Map()), "status 500", "failed"],
    [
      "returns metadata that is a Map",
      admit({ metadata: new Map([["role", "admin"]]) }),
      "status 500",
      "failed",
    ],
    ["returns metadata that is an array", admit({ metadata: ["role", "admin"] }), "status 500", "failed"],
    ["returns a function", admit(() => true), "status 500", "failed"],
    ["returns an error", admit(new Error("no such user")), "status 500", "failed"],
    ["returns a user id with more", admit({ userId: "ada", admitted: false }), "status 500", "failed"],
    ["returns false", admit(false), "status 400", "rejected"],
    ["returns a user id that is no text", admit({ userId: 7 }), "status 500", "failed"],
    ["returns a user id with NUL", admit({ userId: "a\0b" }), "status 500", "failed"],
    ["returns a long user id", admit({ userId: "x".repeat(256) }), "status 500", "failed"],
    ["returns libzmq's metadata", admit({ metadata: { "user-id": "root" } }), "status 500", "failed"],
    ["returns metadata with a space", admit({ metadata: { "a b": "c" } }), "status 500", "failed"],
    ["returns metadata that is no text", admit({ metadata: { a: 7 } }), "status 500", "failed"],
    [
      "throws an error whose message is a getter that throws",
      () => {
        throw Object.defineProperty(new Error(), "message", {
          get() {
            throw new Error("a getter");
          },
        });
      },
      "status 500",
      "failed",
    ],
    [
      "throws a Proxy that throws",
      () => {
        const fail = () => {
          throw new Error("a trap");
        };
        throw new Proxy(
          {},
          { get: fail, getPrototypeOf: fail, ownKeys: fail, getOwnPropertyDescriptor: fail },
        );
      },
      "status 500",
      "failed",
    ],
    [
      "returns a promise whose `then` throws",
      // biome-ignore lint/suspicious/noThenProperty: the property is what is tested
      admit(Object.defineProperty({}, "then", { get: () => JSON.parse("no JSON") })),
      "status 500",
      "failed",
    ],
    ["returns a Proxy that has been revoked", admit(revoked()), "status 500", "failed"],
    [
      "returns an object with a getter that throws",
      admit(
        Object.defineProperty({}, "userId", {
          get() {
            throw new Error("a getter");
          },
        }),
      ),
      "status 500",
      "failed",
    ],
  ];

  test.each(functions)("one that %s admits nobody", async (_, users, verdict, reason) => {
    const auth = await context.authenticate({ domain: "global", plain: { users }, timeout: 50 });
    const decisions = decided(auth);
    using server = await Server.open(context, servers.plain);
    expect(await server.attempt(plainClient("ada", "secret"))).toBe(verdict);
    expect(decisions).toMatchObject([{ reason, admitted: false, username: "ada" }]);
    if (reason === "failed") expect(decisions[0]).toHaveProperty("error");
  });

  const password = "correct horse battery staple";
  const row = { username: "ada", password };
  test.each<[string, () => unknown]>([
    ["the row of a user", () => row],
    ["a row as user id", () => ({ userId: row })],
    ["a short password instead of a decision", () => "horse"],
    ["a short password as user id", () => ({ userId: Buffer.from("horse") })],
    ["a short password as metadata", () => ({ metadata: "horse" })],
    ["a password as user id", () => ({ userId: password.repeat(20) })],
    ["a row as metadata", () => ({ metadata: [password] })],
    ["a row in metadata", () => ({ metadata: { row } })],
    [
      "a thrown row",
      () => {
        throw row;
      },
    ],
  ])("%s puts no password into the decision", async (_, users) => {
    const auth = await context.authenticate({ domain: "global", plain: { users: users as () => Verdict } });
    const decisions = decided(auth);
    using server = await Server.open(context, servers.plain);
    expect(await server.attempt(plainClient("ada", password))).toBe("status 500");
    expect(decisions).toMatchObject([{ reason: "failed", text: expect.not.stringContaining("horse") }]);
  });

  test("one that hangs blocks nobody else, and may answer late", async () => {
    let late!: (verdict: boolean) => void;
    const aborted: unknown[] = [];
    const auth = await context.authenticate({
      domain: "global",
      timeout: 3000,
      plain: {
        users: ({ username, signal }) => {
          if (username !== "slow") return true;
          signal.addEventListener("abort", () => aborted.push(username));
          return new Promise((resolve) => {
            late = resolve;
          });
        },
      },
    });
    const decisions = decided(auth);
    using server = await Server.open(context, servers.plain);
    using slow = new Dealer({ linger: 0, reconnectInterval: -1, ...plainClient("slow", "x") });
    slow.connect(server.endpoint);
    for (let count = 0; count < 5; count++) {
      expect(await server.attempt(plainClient("quick", "x"))).toBe("in");
    }
    expect(await server.verdict()).toBe("status 300");
    late(true);
    expect(await server.attempt(plainClient("quick", "x"))).toBe("in");
    expect(decisions.map(({ reason }) => reason).sort()).toEqual([...Array(6).fill("allowed"), "timeout"]);
    expect(aborted).toEqual(["slow"]);
  });

  test("passwords that are not UTF-8 text do not reach a function", async () => {
    const asked: string[] = [];
    const users = ({ password }: { password: string }) => asked.push(password) > 0;
    const auth = await context.authenticate({ domain: "global", plain: { users } });
    const decisions = decided(auth);
    using server = await Server.open(context, servers.plain);
    const password = Buffer.from([0xff, 0xfe]) as unknown as string;
    expect(await server.attempt(plainClient("ada", password))).toBe("status 400");
    expect(await server.attempt(plainClient("ada", "\ufffd\ufffd"))).toBe("in");
    expect(decisions.map(({ reason }) => reason)).toEqual(["malformed", "allowed"]);
    expect(asked).toEqual(["\ufffd\ufffd"]);
  });

  test("a listener that throws does not keep the peer out", async () => {
    const auth = await context.authenticate({ domain: "global", plain: { users: { ada: "secret" } } });
    const errors: unknown[] = [];
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => errors.push(error));
    auth.on("decision", () => {
      throw new Error("a listener");
    });
    using server = await Server.open(context, servers.plain);
    expect(await server.attempt(plainClient("ada", "secret"))).toBe("in");
    expect(await server.attempt(plainClient("ada", "secret"))).toBe("in");
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
    expect(errors.map(String)).toEqual(["Error: a listener", "Error: a listener"]);
  });
});

describe("floods", () => {
  test.each([
    ["a list", [ada.publicKey]],
    [
      "a function",
      async () => {
        await new Promise(setImmediate);
        return true;
      },
    ],
  ])("1,000 peers at once, by %s", async (_, allow) => {
    const auth = await context.authenticate({ domain: "global", curve: { allow }, timeout: 60_000 });
    const decisions = decided(auth);
    using pull = new Pull({ context, ...servers.curve, ...domain, backlog: 2000, handshakeInterval: 0 });
    const verdict = verdictOf(pull.events);
    await pull.bind("tcp://127.0.0.1:*");
    // Each `connect` of a Push is a connection of its own, and each connection is a peer.
    using push = new Push({ linger: 0, ...curveClient(ada) });
    for (let count = 0; count < 1000; count++) push.connect(pull.lastEndpoint as string);
    for (let count = 0; count < 1000; count++) expect(await verdict()).toBe("in");
    expect(decisions.filter(({ admitted }) => admitted)).toHaveLength(1000);
  });

  test("requests beyond 10,000 pending decisions get status 300", async () => {
    let asked = 0;
    const users = () => {
      asked++;
      return new Promise<boolean>(() => {});
    };
    const auth = await context.authenticate({ domain: "global", plain: { users }, timeout: 60_000 });
    using dealer = new Dealer({ context, linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
    dealer.connect(zapEndpoint);
    const request = (id: number) => ["", "1.0", `${id}`, "global", "127.0.0.1", "", "PLAIN", "ada", "x"];
    await dealer.sendMany(Array.from({ length: 10_001 }, (_, id) => request(id)));
    expect((await dealer.receive(limit)).map(String).slice(2, 5)).toEqual([
      "10000",
      "300",
      "10000 decisions are pending",
    ]);
    expect(asked).toBe(10_000);
    await auth.close();
    for (let id = 0; id < 10_000; id++) {
      const [, , , status, text] = (await dealer.receive(limit)).map(String);
      expect([status, text]).toEqual(["300", "the authenticator was closed"]);
    }
  });

  test("a loop that does not read keeps the last 10,000 decisions", async () => {
    const auth = await context.authenticate({ domain: "global", plain: { users: {} } });
    const loop = auth.decisions[Symbol.asyncIterator]();
    using dealer = new Dealer({ context, linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
    dealer.connect(zapEndpoint);
    for (let id = 0; id < 10_100; id++) {
      await dealer.send(["", "1.0", `${id}`, "global", "", "", "PLAIN", `user ${id}`, "x"]);
    }
    for (let count = 0; count < 10_100; count++) await dealer.receive(limit);
    expect((await loop.next()).value).toMatchObject({ username: "user 100" });
    await auth.close();
    let rest = 0;
    while (!(await loop.next()).done) rest++;
    expect(rest).toBe(9_999);
  });
});

describe("closes", () => {
  test("while a decision is pending: status 300, and nobody gets in later", async () => {
    let late!: (verdict: boolean) => void;
    let users!: () => Promise<boolean>;
    const asked = new Promise<void>((resolve) => {
      users = () => {
        resolve();
        return new Promise((settle) => {
          late = settle;
        });
      };
    });
    const auth = await context.authenticate({ domain: "global", plain: { users }, timeout: 60_000 });
    const decisions = decided(auth);
    using server = await Server.open(context, servers.plain);
    using dealer = new Dealer({ linger: 0, reconnectInterval: -1, ...plainClient("ada", "secret") });
    dealer.connect(server.endpoint);
    await asked;
    await auth.close();
    expect(await server.verdict()).toBe("status 300");
    late(true);
    expect(decisions).toMatchObject([{ reason: "closed", status: 300 }]);
    // Another one takes over at once.
    await context.authenticate({ domain: "global", plain: { users: { ada: "secret" } } });
    expect(await server.attempt(plainClient("ada", "secret"))).toBe("in");
  });

  test("by a decision function and by a listener", async () => {
    let auth!: Authenticator;
    const users = async () => {
      await auth.close();
      return true;
    };
    auth = await context.authenticate({ domain: "global", plain: { users } });
    using server = await Server.open(context, servers.plain);
    expect(await server.attempt(plainClient("ada", "secret"))).toBe("status 300");
    auth = await context.authenticate({ domain: "global", plain: { users: { ada: "secret" } } });
    auth.on("decision", () => auth.close());
    expect(await server.attempt(plainClient("ada", "secret"))).toBe("in");
    expect(auth.closed).toBe(true);
    expect(await server.attempt(plainClient("ada", "secret"))).toBe("handshake:error:other");
  });

  test("of the context, by a decision function", async () => {
    const own = new Context();
    let closed: Promise<void> | undefined;
    const users = () => {
      closed ??= own.close({ linger: 0 });
      return true;
    };
    const auth = await own.authenticate({ domain: "global", plain: { users } });
    const reasons: Promise<string[]> = (async () => {
      const found: string[] = [];
      for await (const { reason } of auth.decisions) found.push(reason);
      return found;
    })();
    const dealer = new Dealer({ context: own, linger: 0 });
    dealer.connect(zapEndpoint);
    const request = (id: number) => ["", "1.0", `${id}`, "global", "127.0.0.1", "", "PLAIN", "ada", "x"];
    await dealer.sendMany([request(1), request(2), request(3)]);
    expect(await reasons).toEqual(expect.arrayContaining(["closed"]));
    await closed;
    expect([auth.closed, dealer.closed]).toEqual([true, true]);
  });

  test("of the context, with pending decisions and loops", async () => {
    const own = new Context();
    const users = () => new Promise<boolean>(() => {});
    const auth = await own.authenticate({ domain: "global", plain: { users } });
    const reasons = (async () => {
      const reasons: string[] = [];
      for await (const { reason } of auth.decisions) reasons.push(reason);
      return reasons;
    })();
    using dealer = new Dealer({ context: own, linger: 0 });
    dealer.connect(zapEndpoint);
    await dealer.send(["", "1.0", "1", "global", "", "", "PLAIN", "ada", "x"]);
    await dealer.send(["", "2.0", "2"]);
    await dealer.receive(limit);
    const closed = own.close({ linger: 0 });
    expect(auth.closed).toBe(true);
    await closed;
    expect(await reasons).toEqual(["malformed", "closed"]);
    await auth.close();
  });

  test("of many authenticators while peers connect: every peer gets a verdict", async () => {
    // After status 300, libzmq keeps the connection for this long.
    using server = await Server.open(context, { ...servers.curve, handshakeInterval: 200 });
    using dealer = new Dealer({ linger: 0, reconnectInterval: 1, ...curveClient(ada) });
    let admitted = false;
    const verdict = () => server.verdict();
    dealer.connect(server.endpoint);
    for (let round = 0; round < 50; round++) {
      const auth = await context.authenticate({ domain: "global", curve: { allow: () => false } });
      admitted ||= (await verdict()) === "in";
      await auth.close();
    }
    expect(admitted).toBe(false);
    await context.authenticate({ domain: "global", curve: { allow: "any" } });
    while ((await verdict()) !== "in");
  });
});
