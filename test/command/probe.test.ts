// `zmq probe` of servers with CURVE and PLAIN, over ws and wss, and with mechanisms that it does not know.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket as TcpSocket } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type AuthenticateOptions,
  Certificate,
  capability,
  context,
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { makeCertificate } from "../helpers/certificates.js";
import { execute } from "../helpers/execute.js";
import { folder, zmq } from "./zmq.js";

/** Probes as a Push. */
async function probe(endpoint: string, ...flags: string[]) {
  const { status, stdout, stderr } = await zmq(["probe", endpoint, "--as", "push", "--json", ...flags]);
  return { status, stderr, report: stdout === "" ? undefined : JSON.parse(stdout) };
}

/** Binds a Pull, which is closed when the test ends. */
async function open(options: ConstructorParameters<typeof Pull>[0], endpoint = "tcp://127.0.0.1:*") {
  const pull = new Pull(options);
  onTestFinished(() => pull.close());
  await pull.bind(endpoint);
  return pull.lastEndpoint!;
}

async function admit(rules: AuthenticateOptions): Promise<void> {
  const authenticator = await context.authenticate(rules);
  onTestFinished(() => authenticator.close());
}

const succeeded = (mechanism: string, version = "3.1") => ({
  status: 0,
  stderr: "",
  report: {
    version,
    mechanism,
    properties: { "Socket-Type": "PULL" },
    times: { connect: expect.any(Number), greeting: expect.any(Number), handshake: expect.any(Number) },
  },
});
const failed = (error: unknown, status = 1) => ({ status, stderr: "", report: { error } });

describe("CURVE", () => {
  const server = Certificate.generate();
  const options = { curveServer: true, curveSecretKey: server.secretKey! };
  const key = ["--curve-server-key", server.publicKey];

  test("with the key of the server, the report is complete", async () => {
    const at = await open(options);
    expect(await probe(at, ...key)).toMatchObject(succeeded("CURVE"));
    const { stdout } = await zmq(["probe", at, "--as", "push", ...key]);
    expect(stdout).toMatch(/^handshake after +\d+\.\d ms$/m);
    expect(stdout).toMatch(/^mechanism +CURVE$/m);
    expect(stdout).toMatch(/^Socket-Type +"PULL"$/m);
    expect(stdout).not.toContain("Peer-Address");
  });

  test("with a certificate that the server admits, and with another one", async () => {
    const path = folder();
    const [ada, eve] = ["ada", "eve"].map((name) => join(path, `${name}.key`));
    for (const file of [ada!, eve!]) await zmq(["keygen", file]);
    await admit({ curve: { allow: [(await Certificate.load(ada!)).publicKey] } });
    const at = await open(options);
    expect(await probe(at, ...key, "--curve-secret", ada!)).toMatchObject(succeeded("CURVE"));
    const denied = failed(expect.stringMatching(/^access is denied; /));
    expect(await probe(at, ...key, "--curve-secret", eve!)).toMatchObject(denied);
  });

  test("with a wrong key of the server", async () => {
    const wrong = ["--curve-server-key", Certificate.generate().publicKey];
    const reason = expect.stringMatching(/^the peer ends each connection; .*--curve-server-key/);
    expect(await probe(await open(options), ...wrong)).toMatchObject(failed(reason));
  });

  test("without a key, or with a password", async () => {
    const at = await open(options);
    const error = "its mechanism is CURVE, not NULL: give --curve-server-key KEY";
    expect(await probe(at)).toMatchObject(failed(error));
    expect(await probe(at, "--plain", "ada:secret")).toMatchObject(failed(error.replace("NULL", "PLAIN")));
  });

  test("with a key for a server that has no security", async () => {
    const error = "its mechanism is NULL, not CURVE: give neither --curve-… nor --plain";
    expect(await probe(await open({}), ...key)).toMatchObject(failed(error));
  });
});

describe("without --as", () => {
  const server = Certificate.generate();
  const key = ["--curve-server-key", server.publicKey];
  const withCurve = { curveServer: true, curveSecretKey: server.secretKey! };

  async function probeAny(endpoint: string, ...flags: string[]) {
    const { status, stdout, stderr } = await zmq(["probe", endpoint, "--json", ...flags]);
    return { status, stderr, report: JSON.parse(stdout) };
  }

  const types: [string, (options?: object) => Socket & { bind(endpoint: string): Promise<void> }][] = [
    ["PULL", (options) => new Pull(options)],
    ["PUB", (options) => new Publisher(options)],
    ["XPUB", (options) => new XPublisher(options)],
    ["SUB", (options) => new Subscriber(options)],
    ["XSUB", (options) => new XSubscriber(options)],
    ["REP", (options) => new Reply(options)],
    ["ROUTER", (options) => new Router(options)],
  ];
  const takers: typeof types = [
    ["PUSH", (options) => new Push(options)],
    ["DEALER", (options) => new Dealer(options)],
    ["REQ", (options) => new Request(options)],
    ["PAIR", (options) => new Pair(options)],
  ];

  async function bind(socket: Socket & { bind(endpoint: string): Promise<void> }): Promise<string> {
    onTestFinished(() => socket.close());
    await socket.bind("tcp://127.0.0.1:*");
    return socket.lastEndpoint!;
  }

  test.each([...types, ...takers])("a %s with NULL is recognized", async (type, make) => {
    expect(await probeAny(await bind(make()))).toMatchObject({
      status: 0,
      report: { mechanism: "NULL", properties: { "Socket-Type": type } },
    });
  });

  test.each(types)("the handshake with a %s succeeds with CURVE", async (type, make) => {
    expect(await probeAny(await bind(make(withCurve)), ...key)).toMatchObject({
      status: 0,
      report: { mechanism: "CURVE", properties: { "Socket-Type": type } },
    });
  });

  test.skipIf(!capability.ws)("the handshake with a PULL succeeds over ws", async () => {
    expect(await probeAny(await open({}, "ws://127.0.0.1:*"))).toMatchObject({
      status: 0,
      report: { properties: { "Socket-Type": "PULL" } },
    });
  });

  test("messages of a PUSH do not go to the probe", async () => {
    const push = new Push({ linger: 0 });
    const at = await bind(push);
    const sending = push.send("for the worker");
    expect(await probeAny(at)).toMatchObject({ status: 0 });
    const pull = new Pull({ receiveTimeout: 20_000 });
    pull.connect(at);
    expect(String(await pull.receive())).toBe("for the worker");
    await sending;
    pull.close();
  });

  test("a key that is denied, and a wrong key of the server, have reasons of their own", async () => {
    const ada = Certificate.generate();
    await admit({ curve: { allow: [ada.publicKey] } });
    const at = await open(withCurve);
    expect(await probeAny(at, ...key)).toMatchObject(
      failed(expect.stringMatching(/^access is denied; compare the keys/)),
    );
    const wrong = ["--curve-server-key", Certificate.generate().publicKey];
    expect(await probeAny(at, ...wrong)).toMatchObject(
      failed(
        expect.stringMatching(/^the peer ends each connection, as REQ, PUSH, .* compare --curve-server-key/),
      ),
    );
  });

  test("a type that does not fit is named", async () => {
    expect(await probeAny(await open({}), "--as", "req")).toMatchObject({
      ...failed("its socket type is PULL, and REQ talks only to REP, ROUTER; give another --as, or none"),
    });
  });

  test("a peer that waits for the type of the probe gets one", async () => {
    const answer = Buffer.from("\x05READY\x0bSocket-Type\0\0\0\x06ROUTER", "latin1");
    const at = await serveSilently((socket) =>
      socket.end(Buffer.concat([Buffer.of(4, answer.length), answer])),
    );
    expect(await probeAny(at, "--timeout", "2000")).toMatchObject({
      status: 0,
      report: {
        presented: "REQ",
        times: { presented: expect.any(Number) },
        properties: { "Socket-Type": "ROUTER" },
      },
    });
    const { stdout } = await zmq(["probe", at, "--timeout", "2000", "--as", "dealer"]);
    expect(stdout).toMatch(/^presented +DEALER, after \d+\.\d ms without a type of the peer$/m);
  });

  const remedy = String.raw`\. It waited for a type, and the probe presented REQ: .* give --as$`;

  test.each<["end" | "resetAndDestroy" | "pause", string[], number, RegExp]>([
    ["end", [], 1, new RegExp(`^it closed the connection .*${remedy}`)],
    ["end", ["--as", "pull"], 1, /^it closed .*, and the probe presented PULL: compare --as$/],
    ["resetAndDestroy", [], 1, new RegExp(`^read ECONNRESET${remedy}`)],
    ["pause", [], 3, new RegExp(`^no answer within 2000 ms${remedy}`)],
    ["pause", ["--as", "pull"], 3, /^no answer .*, and the probe presented PULL: compare --as$/],
  ])(
    "a peer that waits for a type and then calls %s(), with %j",
    async (reaction, flags, exitCode, error) => {
      const at = await serveSilently((socket) => socket[reaction]());
      const { status, report } = await probeAny(at, "--timeout", "2000", ...flags);
      expect({ status, error: report.error }).toEqual({
        status: exitCode,
        error: expect.stringMatching(error),
      });
    },
  );
});

test("monitor tells once that the socket types do not fit", async () => {
  const at = await open({});
  const { stderr } = await zmq(["monitor", at, "--timeout", "3000"]);
  const lines = stderr.split("\n").filter((line) => line.includes("the handshake fails"));
  expect(lines.length).toBeGreaterThan(0);
  expect(new Set(lines).size).toBe(lines.length);
  expect(lines.every((line) => line.endsWith("; --type chooses the type of this socket"))).toBe(true);
});

describe("PLAIN", () => {
  test("with the password, with a wrong one, and without one", async () => {
    await admit({ plain: { users: { ada: "secret" } } });
    const at = await open({ plainServer: true });
    expect(await probe(at, "--plain", "ada:secret")).toMatchObject(succeeded("PLAIN"));
    const denied = failed(expect.stringMatching(/^access is denied; /));
    expect(await probe(at, "--plain", "ada:wrong")).toMatchObject(denied);
    const error = "its mechanism is PLAIN, not NULL: give --plain NAME:PASSWORD";
    expect(await probe(at)).toMatchObject(failed(error));
  });
});

describe("ws and wss", () => {
  test.skipIf(!capability.ws)("ws", async () => {
    const at = await open({}, "ws://127.0.0.1:*");
    const { status, report } = await probe(at);
    expect({ status, report }).toMatchObject({
      status: 0,
      report: {
        mechanism: "NULL",
        properties: { "Socket-Type": "PULL" },
        times: { handshake: expect.any(Number) },
      },
    });
  });

  test.skipIf(!capability.ws)("ws to a port where nobody listens", async () => {
    const error = expect.stringMatching(/refused/i);
    expect(await probe("ws://127.0.0.1:1")).toMatchObject(failed(error));
  });

  test.skipIf(!capability.wss || process.platform === "win32")(
    "wss with a certificate in a named pipe, which can be read only once",
    async () => {
      const { certificate, key } = makeCertificate();
      const pipe = join(folder(), "pipe");
      await execute("mkfifo", [pipe]);
      const at = await open({ wssCertificate: certificate, wssKey: key }, "wss://127.0.0.1:*");
      // The first type that is tried, REQ, does not fit.
      const probing = zmq(["probe", at, "--wss-trust", pipe, "--timeout", "20000", "--json"]);
      await writeFile(pipe, certificate);
      const { status, stdout } = await probing;
      expect({ status, report: JSON.parse(stdout) }).toMatchObject({
        status: 0,
        report: { properties: { "Socket-Type": "PULL" } },
      });
    },
  );

  test.skipIf(!capability.wss)(
    "wss with a certificate that is trusted, and with one that is not",
    async () => {
      const { certificate, key } = makeCertificate();
      const file = join(folder(), "certificate");
      writeFileSync(file, certificate);
      const at = await open({ wssCertificate: certificate, wssKey: key }, "wss://127.0.0.1:*");
      expect(await probe(at, "--wss-trust", file)).toMatchObject({
        status: 0,
        report: { mechanism: "NULL", properties: { "Socket-Type": "PULL" } },
      });
      expect(await probe(at)).toMatchObject(failed(expect.stringMatching(/certificate/i)));
    },
  );
});

/** A server that sends the bytes, and then nothing. */
const serve = (...parts: string[]) => serveBytes(parts, false);

async function serveBytes(parts: string[], ends: boolean): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(Buffer.from(parts.join(""), "hex"));
    if (ends) socket.end();
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a server that sends a greeting, and then waits for the type of its peer before it reacts. */
async function serveSilently(react: (socket: TcpSocket) => unknown): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    let received = 0;
    socket.write(Buffer.from(`${signature}0301${mechanism("NULL")}`, "hex"));
    socket.on("data", (bytes) => {
      received += bytes.length;
      // More than a greeting.
      if (received > 64) react(socket);
    });
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const signature = "ff00000000000000017f";
const mechanism = (name: string) => Buffer.from(name).toString("hex").padEnd(104, "0");

describe("servers that probe cannot join", () => {
  test.each(["GSSAPI", "constructor", ""])("the mechanism %j is unknown", async (name) => {
    const at = await serve(signature, "0301", mechanism(name));
    const error = `its mechanism "${name}" is unknown; zmq probe knows NULL, PLAIN and CURVE`;
    expect(await probe(at)).toMatchObject({ ...failed(error), report: { error, mechanism: name } });
  });

  test.each([
    ["after its signature", [signature]],
    ["after its version", [signature, "0301"]],
  ])("a server that closes the connection %s", async (_, parts) => {
    expect(await probe(await serveBytes(parts, true))).toMatchObject(
      failed("it closed the connection in the middle of the handshake"),
    );
  });

  test("ZMTP 2 has no security", async () => {
    const at = await serve(signature, "0107");
    expect(await probe(at, "--plain", "ada:secret")).toMatchObject(
      failed("it speaks ZMTP 2.0, which has no PLAIN"),
    );
  });

  test("a server that says nothing after its greeting", async () => {
    const at = await serve(signature, "0301", mechanism("PLAIN"));
    const late = failed("no answer within 1000 ms", 3);
    expect(await probe(at, "--plain", "ada:secret", "--timeout", "1000")).toMatchObject(late);
  });
});

test.each([
  [["--curve-secret", "absent.key"], "needs --curve-server-key KEY"],
  [["--curve-server-key", "absent.key"], "absent.key"],
  [["--plain", "secret"], "NAME:PASSWORD"],
  [["--plain", "a:b", "--curve-server-key", "x"], "one mechanism"],
])("%j is wrong usage, also if nobody listens", async (flags, message) => {
  const { status, stderr, report } = await probe("tcp://127.0.0.1:1", ...flags);
  expect({ status, report }).toEqual({ status: 2, report: undefined });
  expect(stderr).toContain(message);
});
