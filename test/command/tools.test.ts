// The commands that do more than open one socket: proxy, recordings, probe, monitor, bench, keys and completion.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { curvePublicKey, Publisher, Pull, Push, Reply } from "zmq-native";
import { execute, succeeds } from "../helpers/execute.js";
import { pythonMissing, startPython } from "../helpers/peers.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

test("proxy forwards between transports, and sends a copy of each message to --capture", async () => {
  const path = folder();
  const proxy = startZmq([
    ...["proxy", "pull-push", "--front-bind", "tcp://127.0.0.1:*", "--back-bind", `ipc://${path}/back`],
    ...["--capture-bind", `ipc://${path}/capture`],
  ]);
  const [line] = await once(proxy.stderr!, "data");
  const front = /front end bound to (\S+)/.exec(String(line))![1]!;
  const capture = startZmq(["sub", "--connect", `ipc://${path}/capture`, "--count", "1"]);
  const pull = new Pull({ receiveTimeout: 20_000 });
  pull.connect(`ipc://${path}/back`);
  const push = new Push();
  push.connect(front);
  const timer = setInterval(() => void push.send("hello"), 20);
  expect(String(await pull.receive())).toBe("hello");
  expect(textOf((await capture).stdout)).toBe("hello\n");
  clearInterval(timer);
  proxy.kill("SIGINT");
  expect((await proxy).exitCode).toBe(130);
  await push.close({ linger: 0 });
  pull.close();
});

test("a recording replays byte for byte, with its frames and times", async () => {
  const file = join(folder(), "recording");
  const at = endpoint();
  const messages = Array.from({ length: 50 }, (_, index) =>
    Array.from({ length: 1 + (index % 3) }, () =>
      index % 2 ? randomBytes(index * 7) : Buffer.from(`text ${index} \u00fc\ufffd\ufeff`),
    ),
  );
  const recording = startZmq(["record", file, "--type", "pull", "--bind", at, "--count", "50"]);
  const push = new Push();
  push.connect(at);
  for (const message of messages) await push.send(message);
  expect((await recording).exitCode).toBe(0);
  await push.close();
  const [header, ...lines] = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(header).toMatchObject({ format: "zmq-recording", version: 1, type: "pull" });
  expect(lines).toHaveLength(50);

  const pull = new Pull({ receiveTimeout: 20_000 });
  await pull.bind("tcp://127.0.0.1:*");
  const replayed = zmq(["replay", file, "--type", "push", "--connect", pull.lastEndpoint!, "--no-wait"]);
  for (const message of messages) expect(await pull.receive()).toEqual(message);
  expect((await replayed).status).toBe(0);
  pull.close();
});

test("record does not replace a file without --force, and reports a full disk", async () => {
  const file = join(folder(), "recording");
  writeFileSync(file, "precious");
  const refused = await zmq(["record", file, "--type", "pull", "--bind", endpoint()]);
  expect(refused).toMatchObject({ status: 2, stderr: `zmq: ${file} exists; --force replaces it\n` });
  expect(readFileSync(file, "utf8")).toBe("precious");
  if (process.platform !== "linux") return;
  const full = await zmq(["record", "/dev/full", "--force", "--type", "pull", "--bind", endpoint()]);
  expect(full).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^zmq: cannot write \/dev\/full: ENOSPC.*\n$/),
  });
});

test.skipIf(process.platform === "win32")(
  "record reports a disk that is full at the last message",
  async () => {
    const push = new Push();
    await push.bind("tcp://127.0.0.1:*");
    const file = join(folder(), "recording");
    const record = `record '${file}' --type pull --connect ${push.lastEndpoint} --count 1`;
    // The header fits into the largest file of this shell, the message does not.
    const line = `ulimit -f 2; exec '${process.execPath}' '${program}' ${record}`;
    const recorded = execute("sh", ["-c", line]);
    await push.send(Buffer.alloc(4000, "x"));
    expect(await recorded).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^zmq: cannot write .*: EFBIG.*\n$/),
    });
    push.close();
  },
);

test("replay keeps the times of a recording, divided by --speed", async () => {
  const file = join(folder(), "recording");
  const lines = [
    { format: "zmq-recording", version: 1 },
    { at: 5000, frames: ["a"] },
    // A day later.
    { at: 86_405_000, frames: ["b"] },
  ];
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join("\n"));
  const pull = new Pull({ receiveTimeout: 20_000 });
  await pull.bind("tcp://127.0.0.1:*");
  // The first message may be late, but it is not sent before the command starts.
  const start = performance.now();
  const speed = ["--speed", "43200"];
  const replayed = zmq(["replay", file, "--type", "push", "--connect", pull.lastEndpoint!, ...speed]);
  expect(String(await pull.receive())).toBe("a");
  expect(String(await pull.receive())).toBe("b");
  expect(performance.now() - start).toBeGreaterThan(1990);
  expect((await replayed).status).toBe(0);
  pull.close();
});

test.each([
  ["no recording", "hello\n", "line 1: not a recording of zmq record"],
  ["an empty file", "", "not a recording of zmq record: it is empty"],
  ["another version", '{"format":"zmq-recording","version":9}\n', "version 9"],
  ["a broken line", '{"format":"zmq-recording","version":1}\n{"at":0,"fra', "line 2: not JSON"],
  [
    "a wrong frame",
    '{"format":"zmq-recording","version":1}\n{"at":0,"frames":[1]}',
    "line 2: a frame must be",
  ],
  [
    "a line without frames",
    '{"format":"zmq-recording","version":1}\n{"at":0}',
    'line 2: a frame must be a string, {"base64": …} or {"hex": …}, got nothing',
  ],
])("replay refuses %s", async (_title, content, message) => {
  const file = join(folder(), "recording");
  writeFileSync(file, content);
  const { status, stderr } = await zmq([
    "replay",
    file,
    "--type",
    "push",
    "--connect",
    endpoint(),
    "--linger",
    "0",
  ]);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});

test.each<[string, string[], number, string]>([
  ["that is absent", ["absent"], 2, "cannot read absent: ENOENT"],
  ["that is no recording", [__filename], 1, "line 1: not a recording of zmq record"],
  ["with --speed and --no-wait", [__filename, "--speed", "2", "--no-wait"], 2, "cannot be used with"],
])("replay of a file %s does not wait for subscribers", async (_title, parameters, expected, message) => {
  const { status, stderr } = await zmq(["replay", ...parameters, "--bind", endpoint()]);
  expect(stderr).toContain(message);
  expect(status).toBe(expected);
});

test("replay of standard input that is not a recording ends, although the input stays open", async () => {
  const replay = startZmq(["replay", "-", "--bind", endpoint()]);
  replay.stdin!.write("hello\n");
  const { exitCode, stderr } = await replay;
  expect({ exitCode, stderr: textOf(stderr) }).toEqual({
    exitCode: 1,
    stderr: "zmq: -, line 1: not a recording of zmq record\n",
  });
});

test("probe reports a socket of this library", async () => {
  const reply = new Reply({ routingId: "me" });
  await reply.bind("tcp://127.0.0.1:*");
  const { status, stdout } = await zmq(["probe", reply.lastEndpoint!, "--json"]);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ version: "3.1", mechanism: "NULL", asServer: false });
  expect(report.properties).toMatchObject({ "Socket-Type": "REP" });
  expect(report.times.handshake).toBeGreaterThanOrEqual(report.times.greeting);
  expect(status).toBe(0);
  reply.close();
});

test("probe reports the mechanism of a server with CURVE", async () => {
  const path = join(folder(), "server.key");
  await zmq(["keygen", path]);
  const at = endpoint();
  const pull = startZmq(["pull", "--bind", at, "--curve-secret", path]);
  let report = { mechanism: "" };
  while (!report.mechanism) report = JSON.parse((await zmq(["probe", at, "--json"])).stdout);
  expect(report).toMatchObject({ version: "3.1", mechanism: "CURVE" });
  pull.kill();
});

const missing = pythonMissing();
test.skipIf(missing !== undefined)(
  `probe reports a socket of Python${missing ? ` (${missing})` : ""}`,
  async () => {
    const at = endpoint();
    const python = startPython(
      "router = context.socket(zmq.ROUTER); router.bind(sys.argv[1])\nprint('ready', flush=True); sys.stdin.read(); import time; time.sleep(15)",
      at,
    );
    let report = { properties: {} };
    while (!("Socket-Type" in (report.properties ?? {})))
      report = JSON.parse((await zmq(["probe", at, "--json"])).stdout);
    expect(report).toMatchObject({ mechanism: "NULL", properties: { "Socket-Type": "ROUTER" } });
    python.process.kill("SIGKILL");
    await python.output.catch(() => {});
  },
);

test.each([
  [
    "HTTP",
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "it does not speak ZMTP 2 or later: its first bytes are 485454502f312e312034",
  ],
  ["nothing", "", "it closed the connection without a greeting"],
])("probe reports a server that speaks %s", async (_title, answer, message) => {
  const server = createServer((socket) => socket.on("error", () => {}).end(answer));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { status, stdout } = await zmq(["probe", `tcp://127.0.0.1:${port}`]);
  expect(stdout).toContain(message);
  expect(status).toBe(1);
  server.close();
});

test.each([
  ["a cut greeting", "ff", "it closed the connection in the middle of the handshake"],
  [
    "control characters",
    `ff00000000000000017f0301${Buffer.from("\x1b[31mRED").toString("hex").padEnd(104, "0")}`,
    "\\x1b[31mRED",
  ],
])("probe of a server that sends %s", async (_title, answer, message) => {
  const server = createServer((socket) => socket.on("error", () => {}).end(Buffer.from(answer, "hex")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { stdout } = await zmq(["probe", `tcp://127.0.0.1:${port}`]);
  expect(stdout).toContain(message);
  expect(stdout).not.toContain("\x1b");
  server.close();
});

test("probe has exit code 3 if the server says nothing, and 2 for other transports", async () => {
  const server = createServer((socket) => socket.on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const silent = await zmq(["probe", `tcp://127.0.0.1:${port}`, "--timeout", "100"]);
  expect(silent).toMatchObject({ status: 3, stdout: expect.stringContaining("no answer within 100 ms") });
  expect((await zmq(["probe", "udp://127.0.0.1:1"])).status).toBe(2);
  server.close();
});

test("monitor prints the events of a connection", async () => {
  const publisher = new Publisher();
  await publisher.bind("tcp://127.0.0.1:*");
  const at = publisher.lastEndpoint!;
  const { stdout, status } = await zmq(["monitor", "--type", "sub", at, "--json", "--count", "3"]);
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  expect(types).toEqual(["connect:delay", "connect", "handshake"]);
  expect(status).toBe(0);
  publisher.close();
});

test("monitor says why a connection fails", async () => {
  const refused = endpoint();
  const publisher = new Publisher();
  await publisher.bind("tcp://127.0.0.1:*");
  for (const [at, reason] of [
    [refused, "ENOENT"],
    [publisher.lastEndpoint!, "EPROTOTYPE"],
  ] as const) {
    const watched = ["monitor", "--type", "push", at, "--timeout", "20000"];
    // When the first retry is read, the next attempt may have begun, which has no error yet.
    const lines = (await zmq([...watched, "--count", "30"])).stdout.trimEnd().split("\n");
    const retries = lines.filter((line) => line.includes("connect:retry"));
    expect(
      retries.filter((line) => line.endsWith(`(${reason})`) || line.includes(`(${reason})  `)),
    ).not.toEqual([]);
    const json = (await zmq([...watched, "--count", "30", "--json"])).stdout.trimEnd().split("\n");
    const events = json.map((line) => JSON.parse(line));
    const errors = events.filter(({ type }) => type === "connect:retry").map(({ error }) => error ?? "");
    expect(errors.filter((error) => error.endsWith(`(${reason})`))).not.toEqual([]);
  }
  publisher.close();
});

test("events of monitor do not wait in memory for a reader of the output that is slow", async () => {
  const count = 20_000;
  const absent = Array.from({ length: 20 }, () => endpoint("x".repeat(20)));
  const flags = ["--json", "--count", `${count}`, "--option", "reconnectInterval=1"];
  const child = spawn(process.execPath, [program, "monitor", ...absent, ...flags]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const [note] = await once(child.stderr, "data");
  const [, skipped] = /^zmq: the reader of standard output is slow: (\d+) lines were not printed\n$/.exec(
    String(note),
  )!;
  let lines = 0;
  child.stdout.on("data", (data: Buffer) => {
    for (const byte of data) if (byte === 10) lines++;
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(lines + Number(skipped)).toBe(count);
});

test("the time of monitor --timeout does not run while a peer is connected", async () => {
  const publisher = new Publisher();
  await publisher.bind("tcp://127.0.0.1:*");
  const command = startZmq(["monitor", "--type", "sub", "--timeout", "2000", publisher.lastEndpoint!]);
  await publisher.waitForPeers();
  // Longer than the wait of the command, which must not end.
  const first = await Promise.race([
    command,
    new Promise((resolve) => setTimeout(resolve, 3000, "connected")),
  ]);
  expect(first).toBe("connected");
  publisher.close();
  const { exitCode, stderr } = await command;
  expect({ exitCode, stderr: textOf(stderr) }).toEqual({
    exitCode: 3,
    stderr: "zmq: no peer within 2000 ms\n",
  });
});

test("retries do not restart the wait of monitor --timeout", async () => {
  const watched = await zmq(["monitor", "--timeout", "500", "--option", "reconnectInterval=50", endpoint()]);
  expect(watched).toMatchObject({ status: 3, stderr: "zmq: no peer within 500 ms\n" });
  expect(watched.stdout.split("\n").length).toBeGreaterThan(3);
});

test.skipIf(process.platform !== "linux").each(["keygen", "--help", "pull --help", "completion bash"])(
  "%s reports a full disk",
  async (parameters) => {
    const line = [`'${process.execPath}' '${program}' ${parameters} > /dev/full`];
    expect(await execute("sh", ["-c", ...line])).toMatchObject({
      status: 1,
      stderr: "zmq: cannot write to standard output: ENOSPC\n",
    });
  },
);

test.skipIf(process.platform !== "linux")("a message on a full disk is a failure", async () => {
  const push = new Push();
  await push.bind("tcp://127.0.0.1:*");
  const line = `'${process.execPath}' '${program}' pull --count 1 --connect ${push.lastEndpoint} > /dev/full`;
  const pulled = execute("sh", ["-c", line]);
  await push.send("hello");
  expect(await pulled).toMatchObject({
    status: 1,
    stderr: "zmq: cannot write to standard output: ENOSPC\n",
  });
  push.close();
});

test("bench measures throughput and latency, between processes that it starts", async () => {
  const rate = await zmq(["bench", "throughput", "--count", "5000", "--size", "10", "--json"]);
  expect(JSON.parse(rate.stdout)).toMatchObject({ messages: 5000, bytes: 10 });
  const { stdout } = await zmq(["bench", "latency", "--count", "50", "--transport", "ipc", "--json"]);
  const result = JSON.parse(stdout);
  expect(result.roundTrips).toBe(50);
  expect(result.p50).toBeLessThanOrEqual(result.p99);
  expect(result.p99).toBeLessThanOrEqual(result.max);
});

test("bench measures between processes that the user starts", async () => {
  const at = endpoint();
  const other = startZmq(["bench", "receive", "--bind", at]);
  await once(other.stderr!, "data");
  for (const count of [2000, 3000]) {
    const { stdout } = await zmq([
      "bench",
      "throughput",
      "--connect",
      at,
      "--count",
      String(count),
      "--json",
    ]);
    expect(JSON.parse(stdout).messages).toBe(count);
  }
});

test("keygen writes a certificate, and does not replace one without --force", async () => {
  const file = join(folder(), "ada.key");
  const { stdout } = await zmq(["keygen", file, "--name", "ada"]);
  const [, publicKey] = /public key (\S{40})/.exec(stdout)!;
  expect(readFileSync(file, "utf8")).toContain(publicKey);
  if (process.platform !== "win32") expect(statSync(`${file}_secret`).mode & 0o777).toBe(0o600);
  const again = await zmq(["keygen", file]);
  expect(again).toMatchObject({ status: 2, stderr: `zmq: ${file} exists; --force replaces it\n` });
  expect((await zmq(["keygen", file, "--force"])).status).toBe(0);
  const printed = await zmq(["keygen"]);
  const [, pub, secret] = /^public (\S{40})\nsecret (\S{40})\n$/.exec(printed.stdout)!;
  expect(curvePublicKey(secret!)).toBe(pub);
});

test("completion completes commands and options in bash", async () => {
  const { stdout: script } = await zmq(["completion", "bash"]);
  const complete = async (...words: string[]) => {
    const { stdout } = await execute("bash", [
      "-c",
      `${script}\nCOMP_WORDS=(zmq ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _zmq; echo "\${COMPREPLY[@]}"`,
    ]);
    return stdout.trimEnd().split(" ");
  };
  expect(await complete("pu")).toEqual(["pub", "push", "pull"]);
  expect(await complete("pub", "--inter")).toEqual(["--interval"]);
  expect(await complete("pub", "hello", "--inter")).toEqual(["--interval"]);
  expect(await complete("bench", "")).toEqual(expect.arrayContaining(["throughput", "latency"]));
  expect(await complete("bench", "latency", "--js")).toEqual(["--json"]);
  expect(await complete("proxy", "")).toEqual(expect.arrayContaining(["router-dealer", "--front-bind"]));
  expect(await complete("completion", "f")).toEqual(["fish"]);
  for (const shell of ["zsh", "fish"]) expect((await zmq(["completion", shell])).stdout).toContain("zmq");
});

test("completion completes the values of options in bash", async () => {
  const { stdout: script } = await zmq(["completion", "bash"]);
  const complete = async (...words: string[]) => {
    const list = words.map((word) => `'${word}'`).join(" ");
    const lines = [
      `COMP_WORDS=(zmq ${list}); COMP_CWORD=${words.length}`,
      `_zmq; printf "%s\n" "\${COMPREPLY[@]}"`,
    ];
    const { stdout } = await execute("bash", ["-c", [script, ...lines].join("\n")]);
    return stdout.split("\n").filter((word) => word !== "");
  };
  expect(await complete("pull", "--output", "")).toEqual(expect.arrayContaining(["text", "json", "msgpack"]));
  expect(await complete("pull", "--output", "h")).toEqual(["hex"]);
  // Bash splits at the equals sign.
  expect(await complete("pull", "--output", "=", "h")).toEqual(["hex"]);
  expect(await complete("pull", "--output", "=")).toContain("hex");
  expect(await complete("pull", "--count", "1", "--output", "h")).toEqual(["hex"]);
  expect(await complete("push", "hello", "--input", "r")).toEqual(["raw"]);
  expect(await complete("bench", "latency", "--transport", "")).toEqual(["tcp", "ipc"]);
  // Files complete any other value.
  expect(await complete("pull", "--bind", "")).toEqual([]);
  expect(await complete("pull", "-b", "")).toEqual([]);
  expect(await complete("pull", "--quiet", "--outp")).toEqual(["--output"]);
  const { stdout: fish } = await zmq(["completion", "fish"]);
  expect(fish).toMatch(/from pull" -l output -x -a "text .*json/);
});

const zshMissing = succeeds("zsh", ["--version"]) ? undefined : "zsh is not installed";
if (zshMissing) console.warn(`SKIPPED: completion in zsh: ${zshMissing}`);

test.skipIf(zshMissing)("completion completes in zsh, in a terminal", async () => {
  const { stdout: script } = await zmq(["completion", "zsh"]);
  const path = folder();
  const file = join(path, "completion.zsh");
  writeFileSync(file, script);
  expect(await execute("zsh", ["-n", file])).toMatchObject({ status: 0, stdout: "", stderr: "" });
  const cases = [
    ["zmq pus", "push"],
    ["zmq-native completion f", "completion fish"],
    ["zmq bench latency --js", "bench latency --json"],
    ["zmq pub hello --inter", "pub hello --interval"],
    ["zmq pull --output h", "pull --output hex"],
    ["zmq pull --output=h", "pull --output=hex"],
    ["zmq pull --count 1 --outp", "pull --count 1 --output"],
  ];
  // The commands print their arguments, so a word that Tab has completed is seen when the line is run.
  const setup = [
    ...["unsetopt beep", "autoload -Uz compinit", "compinit -u -D", `source ${file}`],
    ...['zmq() { print -r -- "GOT:$*:" }', 'zmq-native() { zmq "$@" }', "print READY$((1))"],
  ];
  const driver = [
    "zmodload zsh/zpty",
    "zpty shell 'TERM=dumb zsh -f -i'",
    `zpty -w shell '${setup.join("; ")}'`,
    "zpty -r shell output '*READY1*'",
    ...cases.flatMap(([typed, completed]) => [
      `zpty -w -n shell $'${typed}\\t\\n'`,
      `zpty -r shell output '*GOT:${completed}:*'`,
      `print -r -- '${completed}'`,
    ]),
    "zpty -d shell",
  ];
  const home = { HOME: path, ZDOTDIR: path };
  const { stdout } = await execute("zsh", ["-f", "-c", driver.join("\n")], { env: home, timeout: 60_000 });
  expect(stdout.trimEnd().split("\n")).toEqual(cases.map(([, completed]) => completed));
});

test("the help of every command shows an example", async () => {
  const { stdout } = await zmq(["--help"]);
  const names = [...stdout.matchAll(/^ {2}([a-z]+)(?:\|\w+)? /gm)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(25);
  for (const name of names.filter((name) => name !== "help")) {
    const help = await execute(process.execPath, [program, name, "--help"]);
    expect(help).toMatchObject({ status: 0, stdout: expect.stringMatching(/Examples?:\n {2}\S*\$ /) });
  }
});
