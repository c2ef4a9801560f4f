// PLAIN, CURVE and ZAP, whose handler is a Reply or Router at inproc://zeromq.zap.01.

import { describe, expect, test } from "vitest";
import { whenFree } from "../helpers/transports.js";
import { closedAfterEach } from "./opened.js";
import { zmq } from "./subject.js";

const { open } = closedAfterEach();

/** Whether a client with these options can deliver a message to a server with those options, within `wait` milliseconds. */
async function passes(server: object, client: object, wait = 20_000): Promise<boolean> {
  const pull = open("Pull", { receiveTimeout: wait, ...server });
  const push = open("Push", { sendTimeout: wait, ...client });
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint as string);
  try {
    // A client that is rejected by then has no peer to send to.
    await push.send("message");
    return String(await pull.receive()) === "message";
  } catch {
    return false;
  }
}

/** Whether a client is rejected. */
const fails = async (server: object, client: object) => !(await passes(server, client, 300));

const zapEndpoint = "inproc://zeromq.zap.01";

/** Answers ZAP requests by `decide` and records them. */
async function authenticator(decide: (request: string[]) => string) {
  const requests: Buffer[][] = [];
  const reply = open("Reply");
  await whenFree(() => reply.bind(zapEndpoint));
  (async () => {
    for await (const frames of reply) {
      // A request that arrived as the test ended: a rejected client has reconnected.
      if (reply.closed) return;
      requests.push(frames);
      const [version, id] = frames;
      await reply.send([version!, id!, decide(frames.map(String)), "text", "user", ""]);
    }
  })();
  return requests;
}

const keys = zmq.curveKeyPair();
const other = zmq.curveKeyPair();
const curveServer = { curveServer: true, curveSecretKey: keys.secretKey };
const curveClient = {
  curveServerKey: keys.publicKey,
  curvePublicKey: other.publicKey,
  curveSecretKey: other.secretKey,
};

describe("without ZAP", () => {
  test("CURVE accepts a client that knows the server's key", async () => {
    expect(await passes(curveServer, curveClient)).toBe(true);
  });

  test("CURVE rejects a client with a wrong key or without a key", async () => {
    const wrong = { ...curveClient, curveServerKey: other.publicKey };
    expect(await Promise.all([fails(curveServer, wrong), fails(curveServer, {})])).toEqual([true, true]);
  });

  test("CURVE keys may be bytes", async () => {
    const bytes = Buffer.alloc(32, 7);
    expect(await fails({ curveServer: true, curveSecretKey: bytes }, {})).toBe(true);
  });

  test("PLAIN accepts no client", async () => {
    const client = { plainUsername: "user", plainPassword: "word" };
    const [server, open] = [{ plainServer: true }, {}];
    expect(await Promise.all([fails(server, client), fails(server, open)])).toEqual([true, true]);
  });
});

describe("with ZAP", () => {
  test("PLAIN passes name and password to the handler, which decides", async () => {
    const requests = await authenticator(([, , , , , , user, word]) =>
      user === "user" && word === "word" ? "200" : "400",
    );
    const server = { plainServer: true, zapDomain: "domain" };
    expect(await passes(server, { plainUsername: "user", plainPassword: "word" })).toBe(true);
    expect(await fails(server, { plainUsername: "user", plainPassword: "wrong" })).toBe(true);
    const [version, id, domain, address, routingId, mechanism, user, word] = requests[0]!.map(String);
    expect([version, id!.length > 0, domain, address, routingId, mechanism, user, word]).toEqual([
      ...["1.0", true, "domain", "127.0.0.1", "", "PLAIN", "user", "word"],
    ]);
  });

  test("CURVE passes the client's key as bytes to the handler", async () => {
    const requests = await authenticator(() => "200");
    expect(await passes({ ...curveServer, zapDomain: "domain" }, curveClient)).toBe(true);
    const [, , , , , mechanism, key] = requests[0]!;
    expect([String(mechanism), key!.length]).toEqual(["CURVE", 32]);
  });

  test("NULL asks the handler if there is a domain", async () => {
    const requests = await authenticator(() => "400");
    expect(await fails({ zapDomain: "domain" }, {})).toBe(true);
    while (requests.length === 0) await new Promise(setImmediate);
    expect(String(requests[0]![5])).toBe("NULL");
    expect(await passes({}, {})).toBe(true);
  });

  test("zapEnforceDomain rejects all clients without a handler", async () => {
    // The handler of the previous test may still be closing.
    const last = open("Reply");
    await whenFree(() => last.bind(zapEndpoint));
    await last.unbind(zapEndpoint);
    const [enforced, not] = [{ zapEnforceDomain: true, zapDomain: "domain" }, { zapDomain: "domain" }];
    expect(await Promise.all([fails(enforced, {}), passes(not, {})])).toEqual([true, true]);
  });
});
