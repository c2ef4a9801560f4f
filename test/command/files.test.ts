// Files that are named pipes or folders, and files whose content has a byte order mark.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { Push } from "zmq-native";
import { inspector } from "zmq-native/inspector";
import { execute, succeeds } from "../helpers/execute.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

const textOf = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString();

async function makePipe(): Promise<string> {
  const path = join(folder(), "pipe");
  await execute("mkfifo", [path]);
  return path;
}

describe.skipIf(process.platform === "win32")("a named pipe whose other end is closed", () => {
  test.each<[string, (pipe: string) => string[]]>([
    ["--plain-users", (pipe) => ["pull", "--bind", endpoint(), "--plain-users", pipe]],
    ["zap --plain-users", (pipe) => ["zap", "--bind", endpoint(), "--plain-users", pipe]],
    ["--wss-certificate", (pipe) => ["pull", "--bind", "wss://127.0.0.1:*", "--wss-certificate", pipe]],
    ["--wss-trust", (pipe) => ["push", "--connect", "wss://127.0.0.1:1", "--wss-trust", pipe]],
  ])("does not keep zmq %s from ending by a signal", async (_name, parameters) => {
    const pipe = await makePipe();
    const command = startZmq(parameters(pipe));
    // Prints a line when the command has opened the pipe, and then keeps it open.
    const writer = spawn("sh", ["-c", `exec 3> '${pipe}'; echo; cat`]);
    onTestFinished(() => void writer.kill("SIGKILL"));
    await once(writer.stdout, "data");
    process.kill(command.pid!, "SIGINT");
    const { exitCode, stderr } = await command;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 130, stderr: "" });
  });

  test("does not keep zmq record from ending by a signal", async () => {
    const pipe = await makePipe();
    const push = new Push();
    onTestFinished(() => push.close());
    await push.bind("tcp://127.0.0.1:*");
    const command = startZmq(["record", pipe, "--force", "--type", "pull", "--connect", push.lastEndpoint!]);
    await push.waitForPeers(1);
    process.kill(command.pid!, "SIGINT");
    const { exitCode, stderr } = await command;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 130, stderr: "" });
  });
});

describe.skipIf(process.platform === "win32")("a named pipe", () => {
  test("of zmq record whose reader ends is named, with the reason", async () => {
    const pipe = await makePipe();
    const push = new Push();
    onTestFinished(() => push.close({ linger: 0 }));
    await push.bind("tcp://127.0.0.1:*");
    const command = startZmq(["record", pipe, "--force", "--type", "pull", "--connect", push.lastEndpoint!]);
    const reader = spawn("cat", [pipe]);
    onTestFinished(() => void reader.kill("SIGKILL"));
    // The header of the recording.
    await once(reader.stdout, "data");
    reader.kill("SIGKILL");
    await once(reader, "exit");
    await push.send("message");
    const { exitCode, stderr } = await command;
    const error = `zmq: cannot write ${pipe}: EPIPE; its reader has ended\n`;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 1, stderr: error });
  });

  test("has the users of --plain-users", async () => {
    const pipe = await makePipe();
    const at = endpoint();
    const command = startZmq(["pull", "--bind", at, "--plain-users", pipe, "--count", "1"]);
    writeFileSync(pipe, "ada:secret\n");
    const push = new Push({ plainUsername: "ada", plainPassword: "secret" });
    onTestFinished(() => push.close());
    push.connect(at);
    await push.send("hello");
    expect(textOf((await command).stdout)).toBe("hello\n");
  });

  test("gets the recording of zmq record --force, which waits for a reader", async () => {
    const pipe = await makePipe();
    const push = new Push();
    onTestFinished(() => push.close());
    await push.bind("tcp://127.0.0.1:*");
    const parameters = ["--force", "--type", "pull", "--connect", push.lastEndpoint!, "--count", "2000"];
    const command = startZmq(["record", pipe, ...parameters]);
    await push.waitForPeers(1);
    const reading = execute("cat", [pipe]);
    const text = "x".repeat(1000);
    for (let count = 0; count < 2000; count++) await push.send(text);
    const { stdout } = await reading;
    const [header, ...lines] = stdout.trimEnd().split("\n");
    expect(JSON.parse(header!)).toMatchObject({ format: "zmq-recording" });
    expect(lines.map((line) => JSON.parse(line).frames)).toEqual(Array(2000).fill([text]));
    const { exitCode, stderr } = await command;
    expect({ exitCode, stderr: textOf(stderr) }).toEqual({ exitCode: 0, stderr: "" });
  });

  test("gets the drawing of zmq graph --svg", async () => {
    const pipe = await makePipe();
    const listener = await inspector.listen(endpoint());
    onTestFinished(() => listener.close());
    const graph = zmq(["graph", listener.endpoint, "--svg", pipe]);
    const { stdout } = await execute("cat", [pipe]);
    expect(stdout).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(await graph).toMatchObject({ status: 0, stderr: "" });
  });
});

const hasTerminals = process.platform === "linux" && succeeds("script", ["-qec", "true", "/dev/null"]);

test.skipIf(!hasTerminals)("a terminal gets the drawing of zmq graph --svg", async () => {
  const listener = await inspector.listen(endpoint());
  onTestFinished(() => listener.close());
  const words = [process.execPath, program, "graph", listener.endpoint, "--svg", "/dev/tty"];
  const command = words.map((word) => `'${word}'`).join(" ");
  const { status, stdout } = await execute("script", ["-qec", command, "/dev/null"]);
  expect(stdout).toMatch(/^<svg .*<\/svg>\r\n$/s);
  expect(status).toBe(0);
});

test("a byte order mark in front of --plain-users does not belong to the first name", async () => {
  const users = join(folder(), "users");
  writeFileSync(users, "\ufeffada:secret\n");
  const at = endpoint();
  const command = startZmq(["pull", "--bind", at, "--plain-users", users, "--count", "1"]);
  const push = new Push({ plainUsername: "ada", plainPassword: "secret" });
  onTestFinished(() => push.close());
  push.connect(at);
  await push.send("hello");
  expect(textOf((await command).stdout)).toBe("hello\n");
});

describe("zmq keygen", () => {
  test("writes nothing to a folder", async () => {
    const path = folder();
    for (const [target, file] of [
      [path, path],
      [join(path, "key"), join(path, "key_secret")],
    ] as const) {
      mkdirSync(file, { recursive: true });
      expect(await zmq(["keygen", target, "--force"])).toMatchObject({
        status: 2,
        stderr: `zmq: cannot write ${file}: it is a folder\n`,
      });
    }
    expect(readdirSync(path)).toEqual(["key_secret"]);
    expect(existsSync(`${path}_secret`)).toBe(false);
  });

  test.skipIf(process.platform === "win32")("does not replace a named pipe", async () => {
    const pipe = await makePipe();
    expect(await zmq(["keygen", pipe, "--force"])).toMatchObject({
      status: 2,
      stderr: `zmq: cannot write ${pipe}: it is not a regular file\n`,
    });
    expect(statSync(pipe).isFIFO()).toBe(true);
    expect(existsSync(`${pipe}_secret`)).toBe(false);
  });

  test("names the given file if it cannot be written", async () => {
    const path = join(folder(), "absent", "key");
    const { status, stderr } = await zmq(["keygen", path]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `zmq: cannot write ${path}_secret: ENOENT: no such file or directory; create its folder first\n`,
    });
  });
});

describe("a malformed endpoint is wrong usage", () => {
  test.each([
    ["pull", "--bind", "tcp://256.1.1.1:1"],
    ["pull", "--bind", "tcp://[::1:5"],
    ["push", "--bind", "udp://x"],
    ["pull", "--bind", `ipc:///${"a".repeat(200)}`],
    ["bench", "echo", "--bind", "tcp://256.1.1.1:1"],
    ["bench", "latency", "--connect", "tcp://[::1:5"],
  ])("for zmq %s %s %s", async (...parameters) => {
    expect(await zmq(parameters)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^zmq: .+\n$/) });
  });
});

describe.skipIf(process.platform !== "linux")(
  "a file that cannot be opened or read is named with the remedy",
  () => {
    const device =
      "ENXIO: no such device or address; this process has no such terminal or device: give another file";
    const to = ["--connect", "ipc:///nobody", "--linger", "0"];

    // In a session of its own, which has no terminal.
    test.each([
      [["push", ...to, "--file", "/dev/tty"], 1, `zmq: cannot read /dev/tty: ${device}\n`],
      [["record", "/dev/tty", "--force", ...to], 2, `zmq: cannot write /dev/tty: ${device}\n`],
    ])("zmq %s", async (parameters, status, stderr) => {
      const { exitCode, ...rest } = await execa(process.execPath, [program, ...parameters], {
        reject: false,
        stripFinalNewline: false,
        stdin: "ignore",
        detached: true,
      });
      expect({ status: exitCode, stderr: rest.stderr }).toEqual({ status, stderr });
    });

    test("zmq replay", async () => {
      const { status, stderr } = await zmq(["replay", "/proc/self/mem", ...to]);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: "zmq: cannot read /proc/self/mem: EIO: i/o error\n",
      });
    });
  },
);
