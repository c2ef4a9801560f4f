// `zmq top` and `zmq graph`: the sockets of several programs, and how they are connected.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { Reply } from "zmq-native";
import type { Snapshot } from "zmq-native/inspector";
import { compare, table } from "../../command/top-table.js";
import { execute, succeeds } from "../helpers/execute.js";
import { packagePath } from "../helpers/program.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

/** Starts a program that listens for tools, and resolves when it has printed a line. It ends with the test. */
async function start(body: string, ...parameters: string[]) {
  const source = `
    const zmq = require(${JSON.stringify(packagePath)});
    const { inspector } = require(${JSON.stringify(packagePath.replace(/index\.js$/, "inspector.js"))});
    const { subscribe } = require("node:diagnostics_channel");
    const [at, name, ...rest] = process.argv.slice(1);
    // Keeps the sockets from being garbage-collected, and numbers them in this order.
    globalThis.kept = [];
    subscribe("zmq-native:socket:open", ({ socket }) => kept.push(socket));
    (async () => {
      await inspector.listen(at, { name });
      ${body}
      setInterval(() => {}, 1000);
    })();`;
  const child = execa(process.execPath, ["-e", source, ...parameters], { reject: false, stdin: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve));
  const line = await Promise.race([printed, child.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  return { child, line };
}

/** A server, a worker that is connected to it, and a client that is connected to both. */
async function startThree() {
  const path = folder();
  const at = (name: string) => `ipc://${join(path, `${name}.inspector`)}`;
  const server = await start(
    `const router = new zmq.Router();
     await router.bind("tcp://127.0.0.1:*");
     const publisher = new zmq.Publisher();
     await publisher.bind("ipc://" + rest[0] + "/news");
     for (let count = 0; count < 2; count++) await publisher.send("nobody has subscribed");
     console.log(router.lastEndpoint);`,
    ...[at("server"), "server", path],
  );
  const address = server.line;
  const worker = await start(
    `const dealer = new zmq.Dealer({ routingId: "worker-1" });
     dealer.connect(rest[0]);
     await dealer.waitForPeers();
     for (let count = 0; count < 3; count++) await dealer.send("message");
     const [pull, push] = [new zmq.Pull(), new zmq.Push()];
     await pull.bind("inproc://inside");
     push.connect("inproc://inside");
     console.log("ready");`,
    ...[at("worker"), "worker", address],
  );
  const client = await start(
    `const subscriber = new zmq.Subscriber();
     subscriber.connect("ipc://" + rest[1] + "/news");
     await subscriber.waitForPeers();
     const request = new zmq.Dealer();
     request.connect(rest[0]);
     await request.waitForPeers();
     const broken = new zmq.Push({ linger: 0 });
     broken.connect("tcp://127.0.0.1:9");
     do await new Promise((resolve) => setTimeout(resolve, 5));
     while (broken.endpoints[0].lastError === undefined);
     console.log("ready");`,
    ...[at("client"), "client", address, path],
  );
  return { at, address, path, children: { server, worker, client } };
}

describe("top", () => {
  test("prints a table of the sockets, and a line for each peer", async () => {
    const { at, address } = await startThree();
    const parameters = ["top", at("server"), "--count", "1", "--interval", "100"];
    const { status, stdout } = await zmq(parameters);
    const [heading, empty, title, router, publisher, ...rest] = stdout.split("\n");
    expect(heading).toMatch(
      /^server {2}pid \d+ {2}up \d+ s {2}Node \S+ {2}libzmq \S+ {2}2 sockets, 3 peers$/,
    );
    expect(empty).toBe("");
    expect(title).toMatch(
      /^ID {2}TYPE +ENDPOINT +STATE +PEERS +IN\/s +OUT\/s +IN B\/s +OUT B\/s +IN Q +OUT Q +DROPS +PENDING$/,
    );
    expect(router!.trim().split(/ {2,}/).slice(0, 6)).toEqual([
      "1",
      "ROUTER",
      address,
      "listening",
      "2",
      "0",
    ]);
    expect(router).toMatch(/ 3 +0 +0$/);
    expect(publisher).toMatch(/PUB .* 2$/);
    expect(rest).toEqual(["", ""]);
    expect(status).toBe(0);

    const peers = await zmq([...parameters, "--peers"]);
    expect(peers.stdout).toMatch(/\n +DEALER +<- worker-1 .* 3 +0\n/);
    const client = await zmq(["top", at("client"), "--count", "1", "--interval", "100"]);
    expect(client.stdout).toMatch(/PUSH +tcp:\/\/127.0.0.1:9 +connecting ECONNREFUSED +0/);
  });

  test("computes rates from the difference of two snapshots, and prints JSON", async () => {
    const at = endpoint();
    await start(
      `const [pull, push] = [new zmq.Pull(), new zmq.Push()];
       await pull.bind("tcp://127.0.0.1:*");
       push.connect(pull.lastEndpoint);
       setInterval(() => push.send("0123456789"), 10);
       await pull.receive();
       (async () => { for await (const _ of pull); })();
       const idle = new zmq.Pull();
       await idle.bind("inproc://idle");
       (async () => { for await (const _ of idle); })();
       console.log("ready");`,
      ...[at, "busy"],
    );
    const { stdout } = await zmq(["top", at, "--count", "2", "--interval", "500", "--json"]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    for (const { format, process, sockets } of lines) {
      expect({ format, name: process.name }).toEqual({ format: "zmq-inspector", name: "busy" });
      const [pull, push, idle] = sockets;
      expect(pull.rates.messagesReceived).toBeGreaterThan(0);
      expect(pull.rates.messagesReceived).toBeLessThanOrEqual(150);
      // A message of 10 bytes has a header of 2. A snapshot may come between the two counts.
      expect(pull.rates.bytesReceived / pull.rates.messagesReceived).toBeGreaterThan(6);
      expect(pull.rates.bytesReceived / pull.rates.messagesReceived).toBeLessThan(24);
      expect(pull.rates.messagesSent).toBe(0);
      expect(push.rates.messagesSent).toBeGreaterThan(0);
      expect(pull.peers[0].rates).toEqual(pull.rates);
      expect(idle.pending).toEqual(["a loop (for await)"]);
      // In the turn in which a message arrives, the loop has taken that one, and does not wait for the next one yet.
      expect(["a loop (for await)", undefined]).toContain(pull.pending[0]);
    }
  });

  test.each([
    ["id", ["1", "2", "3"]],
    ["queue", ["2", "1", "3"]],
    ["peers", ["3", "2", "1"]],
    ["drops", ["1", "2", "3"]],
  ])("sorts by %s", async (order, expected) => {
    const at = endpoint();
    await start(
      `const [empty, full, many] = [new zmq.Pull(), new zmq.Pull(), new zmq.Pull()];
       const attach = async (pull) => {
         if (!pull.lastEndpoint) await pull.bind("tcp://127.0.0.1:*");
         const push = new zmq.Push({ linger: 0 });
         push.connect(pull.lastEndpoint);
         await pull.waitForPeers();
         return push;
       };
       await (await attach(full)).send("waits");
       for (let count = 0; count < 2; count++) await attach(many);
       await many.waitForPeers(2);
       while ([...full.peers][0].statistics().receiveQueue === 0) await new Promise((resolve) => setTimeout(resolve, 1));
       console.log("ready");`,
      ...[at, "sorted"],
    );
    const { stdout } = await zmq(["top", at, "--count", "1", "--interval", "100", "--sort", order]);
    const ids = [...stdout.matchAll(/^ *(\d+) +PULL/gm)].map(([, id]) => id);
    expect(ids).toEqual(expected);
  });

  test("has exit code 3 if nothing answers, and says why", async () => {
    const none = await zmq(["top", endpoint(), "--timeout", "2000"]);
    expect(none.status).toBe(3);
    expect(none.stderr).toMatch(/^zmq: ipc:\S+: no answer within 2000 ms \(ENOENT: .*\)\n$/);
    const closed = await zmq(["top", "tcp://127.0.0.1:9", "--timeout", "2000"]);
    expect(closed.stderr).toMatch(/no answer within 2000 ms \(ECONNREFUSED: .*\)\n$/);
    expect((await zmq(["top", "nonsense"])).status).toBe(2);
    expect((await zmq(["top", endpoint(), "--sort", "color"])).status).toBe(2);
    expect((await zmq(["top"])).status).toBe(2);
  });

  test.each([
    ["text", "hello", "it is not a snapshot of version 1"],
    ["another version", '{"format":"zmq-inspector","version":2}', "it is not a snapshot of version 1"],
    ["an error", JSON.stringify({ format: "zmq-inspector", version: 1, error: "\x1b[31mno" }), "\\x1b[31mno"],
    [
      "a socket without its fields",
      '{"format":"zmq-inspector","version":1,"time":1,"process":{"name":"","host":"","cwd":"","pid":1,"uptime":1},"sockets":[{"id":1}]}',
      "it is not a snapshot of version 1",
    ],
  ])("reports a program that answers with %s", async (_title, answer, message) => {
    const reply = new Reply();
    await reply.bind("tcp://127.0.0.1:*");
    void (async () => {
      for await (const _ of reply) await reply.send(answer);
    })();
    const { status, stderr } = await zmq(["top", reply.lastEndpoint!]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("\x1b");
    expect(status).toBe(1);
    reply.close();
  });

  test("ends with exit code 3 when the program ends, and with 130 after Ctrl-C", async () => {
    const at = endpoint();
    const { child } = await start('console.log("ready");', at, "short");
    const top = startZmq(["top", at, "--interval", "100", "--timeout", "2000"]);
    await new Promise((resolve) => top.stdout!.once("data", resolve));
    child.kill("SIGKILL");
    const { exitCode, stderr } = await top;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({
      exitCode: 3,
      stderr: expect.stringMatching(/no answer within 2000 ms/),
    });
    const again = endpoint();
    await start('console.log("ready");', again, "long");
    const other = startZmq(["top", again]);
    await new Promise((resolve) => other.stdout!.once("data", resolve));
    other.kill("SIGINT");
    const ended = await other;
    expect({ code: ended.exitCode, stderr: textOf(ended.stderr) }).toEqual({ code: 130, stderr: "" });
  });
});

describe("the table of top", () => {
  const counts = { messagesReceived: 0, messagesSent: 0, bytesReceived: 0, bytesSent: 0 };
  const peer = {
    ...{ id: 1, direction: "bound", socketType: "DEALER", mechanism: "NULL", ...counts },
    ...{ localAddress: "", remoteAddress: "tcp://192.168.100.100:54321", receiveQueue: 1, sendQueue: 2 },
  };
  const listening = { endpoint: "tcp://127.0.0.1:45555", type: "bound", state: "listening" };
  const refused = {
    ...{ endpoint: "tcp://127.0.0.1:45556", type: "connected", state: "connecting" },
    lastError: "ECONNREFUSED",
  };
  const lines = (width: number | undefined, endpoints: object[]) => {
    const socket = {
      ...{ id: 10, type: "ROUTER", state: "open", pending: ["receive()"], endpoints, peers: [peer] },
      dropped: { total: 7 },
    };
    const snapshot = { process: { pid: 1 }, time: 1, sockets: [socket] } as unknown as Snapshot;
    const options = { sort: "id", peers: true, width } as const;
    return table(compare(snapshot, snapshot), options).map(({ text }) => text);
  };

  test("has all columns on a wide terminal", () => {
    const [title, socket] = lines(undefined, [listening]);
    expect(title).toMatch(/ENDPOINT .* IN B\/s {2}OUT B\/s {2}IN Q {2}OUT Q {2}DROPS {2}PENDING$/);
    expect(socket).toContain("tcp://127.0.0.1:45555 ");
  });

  test.each([80, 90, 100, 120])("shows ports, queues and drops in %i columns", (width) => {
    for (const endpoints of [[listening], [listening, refused]]) {
      const [title, socket, row] = lines(width, endpoints);
      for (const line of [title!, socket!, row!]) expect(line.length).toBeLessThanOrEqual(width);
      expect(title).toMatch(/ IN Q {2}OUT Q {2}DROPS/);
      expect(socket!.slice(title!.indexOf("IN Q")).trim()).toMatch(/^1 +2 +7/);
      expect(row).toMatch(/<- tcp:\/\/\S*:54321 /);
      // The endpoint whose state is shown.
      expect(socket).toMatch(
        endpoints.length === 1 ? /tcp:\/\/\S*:45555 +listening/ : /tcp:\/\/\S*:45556 \+1 +connecting/,
      );
    }
  });

  test("leaves out bytes first", () => {
    const [title] = lines(100, [listening]);
    expect(title).not.toContain("B/s");
    expect(title).toContain("PENDING");
  });
});

// The program `script` of util-linux gives a program a terminal.
const hasTerminals = process.platform === "linux" && succeeds("script", ["-qec", "true", "/dev/null"]);

describe.skipIf(!hasTerminals)("top on a terminal", () => {
  /** Runs the command on a terminal of that size. `keys` are typed when the output matches. */
  async function type(
    parameters: string[],
    keys: [RegExp, string][],
    { columns = 100, rows = 12, env = {} } = {},
  ) {
    const command = [process.execPath, program, ...parameters].map((word) => `'${word}'`).join(" ");
    const child = execa("script", ["-qec", `stty cols ${columns} rows ${rows}; ${command}`, "/dev/null"], {
      reject: false,
      stdin: "pipe",
      // With CI, Node takes no terminal for one that has colors.
      env: { TERM: "xterm", CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let seen = "";
    for await (const data of child.stdout!) {
      seen += data;
      while (keys.length > 0 && keys[0]![0].test(seen)) {
        child.stdin!.write(keys.shift()![1]);
        seen = "";
      }
    }
    const { exitCode, stdout } = await child;
    return { exitCode, output: stdout };
  }

  /** The screens that the command has drawn, without styles. */
  const screensOf = (output: string) =>
    output
      .split("\x1b[H")
      .slice(1)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: sequences of a terminal
      .map((screen) => screen.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, ""));

  test("redraws the table, obeys keys, and restores the screen", async () => {
    const { at } = await startThree();
    const { exitCode, output } = await type(
      ["top", at("server"), "--interval", "100"],
      [
        [/sort by id[\s\S]*sort by id/, "s"],
        [/sort by rate/, "p"],
        [/hide peers[\s\S]*worker-1/, "q"],
      ],
    );
    expect(exitCode).toBe(0);
    expect(output).toContain("\x1b[?1049h");
    expect(output.trimEnd().endsWith("\x1b[?1049l")).toBe(true);
    // The title of the table is inverse.
    expect(output).toContain("\x1b[7mID");
    for (const screen of screensOf(output)) {
      const lines = screen.split("\r\n");
      expect(lines.length).toBeLessThanOrEqual(12);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  test("cuts endpoints to the width, shows no colors with NO_COLOR, and ends with 130 after Ctrl-C", async () => {
    const { at } = await startThree();
    const { exitCode, output } = await type(["top", at("server")], [[/PUB +ipc:/, "\x03"]], {
      columns: 90,
      env: { NO_COLOR: "1" },
    });
    expect(exitCode).toBe(130);
    expect(output).toMatch(/ipc:\/\/…\S*\/news/);
    expect(output).not.toContain("\x1b[7m");
    expect(output.trimEnd().endsWith("\x1b[?1049l")).toBe(true);
  });

  test("prints plain tables with --count, and errors without a change of the screen", async () => {
    const { at } = await startThree();
    const { output } = await type(["top", at("server"), "--count", "1", "--interval", "100"], []);
    expect(output).toContain("ROUTER");
    expect(output).not.toContain("\x1b[");
    const failed = await type(["top", endpoint(), "--timeout", "100"], []);
    expect(failed.exitCode).toBe(3);
    expect(failed.output).not.toContain("\x1b[");
  });
});

describe("graph", () => {
  test("prints the programs, their sockets and the connections as a tree", async () => {
    const { at, address, path } = await startThree();
    const { status, stdout, stderr } = await zmq(["graph", at("server"), at("worker"), at("client")]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(`server
├─ ROUTER 1  ${address}
│  ├─ <- worker: DEALER 1
│  └─ <- client: DEALER 2
└─ PUB 2  ipc://${path}/news
   └─ <- client: SUB 1

worker
├─ DEALER 1
│  └─ -> server: ROUTER 1 at ${address}
├─ PULL 2  inproc://inside
│  └─ <- worker: PUSH 3
└─ PUSH 3
   └─ -> worker: PULL 2 at inproc://inside

client
├─ SUB 1
│  └─ -> server: PUB 2 at ipc://${path}/news
├─ DEALER 2
│  └─ -> server: ROUTER 1 at ${address}
└─ PUSH 3
   └─ -> tcp://127.0.0.1:9: connecting ECONNREFUSED
`);
  });

  test("shows peers that were not asked, and counts them", async () => {
    const { at, address, path } = await startThree();
    const server = await zmq(["graph", at("server")]);
    expect(server.stdout).toBe(`server
├─ ROUTER 1  ${address}
│  └─ <- DEALER, not inspected, 2 connections
└─ PUB 2  ipc://${path}/news
   └─ <- SUB, not inspected
`);
    const client = await zmq(["graph", at("client"), "--json"]);
    const { programs, links } = JSON.parse(client.stdout);
    expect(programs).toMatchObject([
      { name: "client", sockets: [{ type: "SUB" }, { type: "DEALER" }, { type: "PUSH" }] },
    ]);
    expect(links).toEqual([
      {
        from: { socket: "0.1" },
        to: { outside: `PUB at ipc://${path}/news` },
        endpoint: `ipc://${path}/news`,
        connections: 1,
      },
      {
        from: { socket: "0.2" },
        to: { outside: `ROUTER at ${address}` },
        endpoint: address,
        connections: 1,
      },
      {
        from: { socket: "0.3" },
        to: { outside: "tcp://127.0.0.1:9" },
        endpoint: "tcp://127.0.0.1:9",
        connections: 0,
        trouble: "connecting ECONNREFUSED",
      },
    ]);
  });

  test.each(["ws://127.0.0.1:*", "tcp://localhost:*"])("joins the ends of %s", async (address) => {
    const at = [endpoint(), endpoint()];
    const server = await start(
      'const pull = new zmq.Pull(); await pull.bind(rest[0].replace("localhost", "127.0.0.1")); console.log(pull.lastEndpoint);',
      ...[at[0]!, "server", address],
    );
    await start(
      'const push = new zmq.Push(); push.connect(rest[0]); await push.waitForPeers(); console.log("ready");',
      ...[
        at[1]!,
        "client",
        address.includes("localhost") ? server.line.replace("127.0.0.1", "localhost") : server.line,
      ],
    );
    const { links } = JSON.parse((await zmq(["graph", ...at, "--json"])).stdout);
    expect(links).toEqual([
      { from: { socket: "1.1" }, to: { socket: "0.1" }, endpoint: expect.any(String), connections: 1 },
    ]);
  });

  test("tells programs with the same name apart", async () => {
    const at = [endpoint(), endpoint()];
    for (const address of at) await start('new zmq.Pull(); console.log("ready");', address, "twin");
    const { stdout } = await zmq(["graph", ...at]);
    expect(stdout).toMatch(/^twin \(pid \d+\)\n└─ PULL 1\n\ntwin \(pid \d+\)\n/);
  });

  test("writes a drawing that a browser can read, in light and dark", async () => {
    const { at, address } = await startThree();
    const file = join(folder(), "graph.svg");
    const written = await zmq(["graph", at("server"), at("worker"), at("client"), "--svg", file]);
    expect(written).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const svg = readFileSync(file, "utf8");
    for (const part of ["server", `ROUTER 1  ${address}`, "prefers-color-scheme: dark", "ECONNREFUSED"]) {
      expect(svg).toContain(part);
    }
    // A box for each program and for each end outside, and a curve for each link.
    expect(svg.match(/<rect /g)).toHaveLength(4);
    expect(svg.match(/marker-end/g)).toHaveLength(5);
    const { stdout } = await zmq(["graph", at("server"), "--svg", "-"]);
    expect(stdout).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    const failed = await zmq(["graph", at("server"), "--svg", "/dev/null/graph.svg"]);
    expect(failed).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("cannot write /dev/null/graph.svg"),
    });
  });

  test("prints a graph for Graphviz", async () => {
    const { at, address } = await startThree();
    const { stdout } = await zmq(["graph", at("server"), at("worker"), at("client"), "--dot"]);
    expect(stdout).toMatch(/^digraph zmq \{\n/);
    expect(stdout).toContain(`"0.1" [label="ROUTER 1\\n${address}"];`);
    expect(stdout).toContain(`"1.1" -> "0.1" [label="${address}"];`);
    expect(stdout).toContain('"2.3" -> "outside 0" [label="connecting ECONNREFUSED", style=dashed];');
    if (!succeeds("dot", ["-V"])) return;
    expect(await execute("dot", ["-Tsvg"], { input: stdout })).toMatchObject({ status: 0, stderr: "" });
  });

  test("escapes names and endpoints", async () => {
    const at = endpoint();
    await start(
      'const pull = new zmq.Pull(); await pull.bind(\'inproc://<"\\\\&\'); console.log("ready");',
      ...[at, '<b>"\\\x1b[31m'],
    );
    const svg = (await zmq(["graph", at, "--svg", "-"])).stdout;
    expect(svg).toContain("&lt;b&gt;&quot;\\\ufffd[31m");
    expect(svg).not.toContain("<b>");
    const dot = (await zmq(["graph", at, "--dot"])).stdout;
    expect(dot).toContain('label="<b>\\"\\\\\\x1b[31m"');
    expect(dot).toContain('inproc://<\\"\\\\&');
    expect((await zmq(["graph", at])).stdout).not.toContain("\x1b");
  });

  test("shows the programs that answer, and has exit code 3 if one does not", async () => {
    const at = endpoint();
    await start('new zmq.Pull(); console.log("ready");', at, "alive");
    const { status, stdout, stderr } = await zmq(["graph", at, endpoint(), "--timeout", "2000"]);
    expect(stdout).toBe("alive\n└─ PULL 1\n");
    expect(stderr).toMatch(/^zmq: \S+: no answer within 2000 ms .*\n$/);
    expect(status).toBe(3);
    const none = await zmq(["graph", endpoint(), endpoint(), "--timeout", "300"]);
    expect(none.status).toBe(3);
    expect(none.stderr.match(/no answer/g)).toHaveLength(2);
    expect((await zmq(["graph", at, "--dot", "--json"])).status).toBe(2);
    expect(existsSync("-")).toBe(false);
  });
});
