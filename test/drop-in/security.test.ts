// §1.4 PLAIN, CURVE and ZAP, whose handler is a Reply or Router at inproc://zeromq.zap.01.

import { describe, expect, test } from "vitest";
import { whenFree } from "../helpers/transports.js";
import { closedAfterEach } from "./opened.js";
import { zmq } from "./subject.js";

const { open } = closedAfterEach();

/** Whether a message of a client with these options reaches a server with those. */
async function passes(server: object, client: object): Promise<boolean> {
  const pull = open("Pull", { receiveTimeout: 300, ...server });
  const push = open("Push", { sendTimeout: 300, ...client });
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint as string);
  try {
    // Whoever is refused by then has nobody to send to.
    await push.send("message");
    return String(await pull.receive()) === "message";
  } catch {
    return false;
  }
}

const zapEndpoint = "inproc://zeromq.zap.01";

/** Answers ZAP requests by `decide`, and keeps what was asked. */
async function authenticator(decide: (request: string[]) => string) {
  const requests: Buffer[][] = [];
  const reply = open("Reply");
  await whenFree(() => reply.bind(zapEndpoint));
  (async () => {
    for await (const frames of reply) {
      // A request that came as the test ended: a client that was refused has connected again.
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
  test("CURVE: a client that knows the server's key passes", async () => {
    expect(await passes(curveServer, curveClient)).toBe(true);
  });

  test("CURVE: one with a wrong key does not, nor one without", async () => {
    const wrong = { ...curveClient, curveServerKey: other.publicKey };
    expect(await Promise.all([passes(curveServer, wrong), passes(curveServer, {})])).toEqual([false, false]);
  });

  test("keys may be bytes", async () => {
    const bytes = Buffer.alloc(32, 7);
    expect(await passes({ curveServer: true, curveSecretKey: bytes }, {})).toBe(false);
  });

  test("PLAIN: nobody passes, since nobody can say who may", async () => {
    const client = { plainUsername: "user", plainPassword: "word" };
    const [server, open] = [{ plainServer: true }, {}];
    expect(await Promise.all([passes(server, client), passes(server, open)])).toEqual([false, false]);
  });
});

describe("with ZAP", () => {
  test("PLAIN: the handler is asked, with name and password, and decides", async () => {
    const requests = await authenticator(([, , , , , , user, word]) =>
      user === "user" && word === "word" ? "200" : "400",
    );
    const server = { plainServer: true, zapDomain: "domain" };
    expect(await passes(server, { plainUsername: "user", plainPassword: "word" })).toBe(true);
    expect(await passes(server, { plainUsername: "user", plainPassword: "wrong" })).toBe(false);
    const [version, id, domain, address, routingId, mechanism, user, word] = requests[0]!.map(String);
    expect([version, id!.length > 0, domain, address, routingId, mechanism, user, word]).toEqual([
      ...["1.0", true, "domain", "127.0.0.1", "", "PLAIN", "user", "word"],
    ]);
  });

  test("CURVE: the handler is asked, with the client's key as bytes", async () => {
    const requests = await authenticator(() => "200");
    expect(await passes({ ...curveServer, zapDomain: "domain" }, curveClient)).toBe(true);
    const [, , , , , mechanism, key] = requests[0]!;
    expect([String(mechanism), key!.length]).toEqual(["CURVE", 32]);
  });

  test("NULL: the handler is asked where there is a domain", async () => {
    const requests = await authenticator(() => "400");
    expect(await passes({ zapDomain: "domain" }, {})).toBe(false);
    expect(String(requests[0]![5])).toBe("NULL");
    expect(await passes({}, {})).toBe(true);
  });

  test("zapEnforceDomain: without a handler nobody passes", async () => {
    // That of the test before may still be closing.
    const last = open("Reply");
    await whenFree(() => last.bind(zapEndpoint));
    await last.unbind(zapEndpoint);
    const [enforced, not] = [{ zapEnforceDomain: true, zapDomain: "domain" }, { zapDomain: "domain" }];
    expect(await Promise.all([passes(enforced, {}), passes(not, {})])).toEqual([false, true]);
  });
});
