// `zmq zap`: the decisions of one service about the peers of several programs.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Certificate, Context, Dealer, Proxy, Pull, Push, Router, type SocketOptions } from "zmq-native";
import { pythonMissing, startPython } from "../helpers/peers.js";
import { patience } from "../helpers/program.js";
import { endpoint, folder, program, startZmq, zmq } from "./zmq.js";

/** Starts the service, and resolves when it has bound. Its decisions are lines of JSON. */
async function startService(service: string, rules: string[]) {
  const child = startZmq(["zap", "--bind", service, "--json", ...rules]);
  const decisions: Record<string, unknown>[] = [];
  let waiting = () => {};
  let text = "";
  child.stdout!.on("data", (data) => {
    const lines = `${text}${data}`.split("\n");
    text = lines.pop()!;
    // Without those on the probe below.
    decisions.push(...lines.map((line) => JSON.parse(line)).filter(({ reason }) => reason !== "malformed"));
    waiting();
  });
  const decision = async () => {
    while (decisions.length === 0) {
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
    }
    return decisions.shift()!;
  };
  // A request that is not one is dropped. A second one, malformed, gets an answer as soon as the service runs.
  const probe = new Dealer({ receiveTimeout: patience, linger: 0 });
  probe.connect(service);
  await probe.send("no request");
  await probe.send(["", "2.0", "7", "", "", "", "NULL"]);
  expect((await probe.receive()).map(String).slice(0, 4)).toEqual(["", "1.0", "7", "400"]);
  probe.close();
  return { child, decision };
}

/** A server in a context of its own, as in a program of its own, that asks the service about its peers. */
async function startServer(service: string, options: SocketOptions<Pull>) {
  const context = new Context();
  const asking = new Proxy(new Router({ context }), new Dealer({ context, linger: 0 }));
  await asking.frontEnd.bind("inproc://zeromq.zap.01");
  asking.backEnd.connect(service);
  const running = asking.run();
  const security = { zapDomain: "global", zapEnforceDomain: true };
  const pull = new Pull({ context, receiveTimeout: patience, ...security, ...options });
  await pull.bind("tcp://127.0.0.1:*");
  onTestFinished(async () => {
    pull.close();
    asking.terminate();
    await running;
    await context.close({ linger: 0 });
  });
  return pull;
}

function connect(server: Pull, options: SocketOptions<Push>): Push {
  const push = new Push({ linger: 0, ...options });
  push.connect(server.lastEndpoint!);
  onTestFinished(() => push.close());
  return push;
}

test("one service decides for two servers by user and password", async () => {
  const path = folder();
  const users = join(path, "users");
  writeFileSync(users, "ada:secret\nbob:sesame\n");
  const service = `ipc://${join(path, "zap.sock")}`;
  const { decision } = await startService(service, ["--plain-users", users]);
  expect(statSync(join(path, "zap.sock")).mode & 0o777).toBe(0o600);

  const servers = [
    await startServer(service, { plainServer: true }),
    await startServer(service, { plainServer: true, zapDomain: "second" }),
  ];
  const clients = [
    connect(servers[0]!, { plainUsername: "ada", plainPassword: "secret" }),
    connect(servers[1]!, { plainUsername: "bob", plainPassword: "sesame" }),
  ];
  for (const [index, server] of servers.entries()) {
    await clients[index]!.send("hello");
    expect(String(await server.receive())).toBe("hello");
  }
  const both = [await decision(), await decision()];
  expect(both).toContainEqual(
    expect.objectContaining({ admitted: true, username: "ada", domain: "global", address: "127.0.0.1" }),
  );
  expect(both).toContainEqual(
    expect.objectContaining({ admitted: true, username: "bob", domain: "second", mechanism: "PLAIN" }),
  );

  const wrong = new Push({ linger: 0, plainUsername: "ada", plainPassword: "guess" });
  const rejected = once(wrong.events, "handshake:error:auth");
  wrong.connect(servers[0]!.lastEndpoint!);
  expect((await rejected)[0]).toMatchObject({ error: { status: 400 } });
  const denied = await decision();
  expect(denied).toMatchObject({ admitted: false, reason: "passwordWrong", username: "ada" });
  expect(JSON.stringify(denied)).not.toContain("guess");
  wrong.close();
});

test("the service admits the keys of a folder, which it watches", async () => {
  const path = folder();
  const keys = join(path, "keys");
  mkdirSync(keys);
  const service = `ipc://${join(path, "zap.sock")}`;
  const own = Certificate.generate();
  const [ada, bob] = [Certificate.generate(), Certificate.generate()];
  await ada.save(join(keys, "ada.key"));
  const { child, decision } = await startService(service, ["--curve-allow", keys]);
  const server = await startServer(service, {
    curveServer: true,
    curvePublicKey: own.publicKey,
    curveSecretKey: own.secretKey!,
  });
  const keysOf = ({ publicKey, secretKey }: Certificate) => ({
    curvePublicKey: publicKey,
    curveSecretKey: secretKey!,
    curveServerKey: own.publicKey,
  });
  await connect(server, keysOf(ada)).send("from ada");
  expect(String(await server.receive())).toBe("from ada");
  expect(await decision()).toMatchObject({ admitted: true, publicKey: ada.publicKey });

  const reloaded = once(child.stderr!, "data");
  await bob.save(join(keys, "bob.key"));
  await reloaded;
  await connect(server, keysOf(bob)).send("from bob");
  expect(String(await server.receive())).toBe("from bob");
});

test("a server admits nobody while the service is missing, and admits peers once it runs", async () => {
  const path = folder();
  const service = `ipc://${join(path, "zap.sock")}`;
  const server = await startServer(service, { plainServer: true });
  const push = connect(server, { plainUsername: "ada", plainPassword: "secret", reconnectInterval: 20 });
  await push.send("hello");
  await expect(server.receive({ timeout: 300 })).rejects.toMatchObject({ code: "EAGAIN" });
  writeFileSync(join(path, "users"), "ada:secret\n");
  await startService(service, ["--plain-users", join(path, "users")]);
  expect(String(await server.receive())).toBe("hello");
});

test.skipIf(pythonMissing() !== undefined)("a server in Python asks the same service", async () => {
  const path = folder();
  writeFileSync(join(path, "users"), "ada:secret\n");
  const service = `ipc://${join(path, "zap.sock")}`;
  const { decision } = await startService(service, ["--plain-users", join(path, "users")]);
  const server = startPython(
    `
import os, threading
front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
front.bind("inproc://zeromq.zap.01")
back.connect(sys.argv[1])
threading.Thread(target=zmq.proxy, args=(front, back), daemon=True).start()
pull = context.socket(zmq.PULL)
pull.plain_server = True
pull.zap_domain = b"python"
pull.bind(sys.argv[2])
print(pull.recv().decode(), flush=True)
os._exit(0)`,
    service,
    `ipc://${join(path, "server.sock")}`,
  );
  const push = new Push({ linger: 0, plainUsername: "ada", plainPassword: "secret", reconnectInterval: 20 });
  push.connect(`ipc://${join(path, "server.sock")}`);
  await push.send("hello");
  expect(await server.output).toBe("hello\n");
  expect(await decision()).toMatchObject({ admitted: true, username: "ada", domain: "python" });
  push.close();
});

test("decisions do not wait in memory for a reader of the output that is slow", async () => {
  const service = endpoint();
  const rules = ["--allow-address", "127.0.0.1", "--json"];
  const child = spawn(process.execPath, [program, "zap", "--bind", service, ...rules]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const asking = new Dealer({ receiveTimeout: patience, linger: 0 });
  asking.connect(service);
  // Long lines: in sum more than the pipe and the service hold.
  const count = 5000;
  const name = "x".repeat(250);
  for (let asked = 1; asked <= count; asked++) {
    await asking.send(["", "1.0", `${asked}`, name, "127.0.0.1", "", "NULL"]);
    expect(String((await asking.receive())[3])).toBe("200");
  }
  asking.close();
  let lines = 0;
  child.stdout.on("data", (data: Buffer) => {
    for (const byte of data) if (byte === 10) lines++;
  });
  const [note] = await once(child.stderr, "data");
  const [, skipped] = /^zmq: the reader of standard output is slow: (\d+) lines were not printed\n$/.exec(
    String(note),
  )!;
  child.kill("SIGINT");
  expect(await once(child, "close")).toEqual([130, null]);
  expect(lines + Number(skipped)).toBe(count);
});

test("Ctrl-C ends the service, and a wrong use of it is explained", async () => {
  const { child } = await startService(endpoint(), ["--curve-allow", "any"]);
  child.kill("SIGINT");
  expect((await child).exitCode).toBe(130);
  expect(await zmq(["zap", "--bind", endpoint()])).toMatchObject({
    status: 2,
    stderr: "zmq: say which peers are admitted, with --curve-allow, --plain-users or --allow-address\n",
  });
  for (const other of ["tcp://127.0.0.1:*", "ipc://@zap"]) {
    expect(await zmq(["zap", "--bind", other, "--curve-allow", "any"])).toMatchObject({
      status: 2,
      stderr: `zmq: ${other}: zmq zap binds to files only, such as ipc:///run/zap.sock\n`,
    });
  }
});
