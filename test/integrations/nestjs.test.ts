// The transporter of docs/frameworks/nestjs.md with NestJS: many requests, malformed messages, missing and restarted servers,
// shutdown.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { Dealer, Router } from "zmq-native";
import { patience } from "../helpers/program.js";
import { compile, load, program, startProcess } from "./integrations.js";

let start: (endpoint: string) => Promise<{ endpoint: string; calls: number[]; close(): Promise<void> }>;
let connect: (options: { endpoint: string; timeout?: number }) => {
  ask(pattern: unknown, data: unknown): Promise<unknown>;
  /** All values of a stream. */
  all(pattern: unknown, data: unknown): Promise<unknown>;
  close(): Promise<void>;
};

beforeAll(async () => {
  compile();
  await load("reflect-metadata");
  const { Controller, Module } = await load("@nestjs/common");
  const { NestFactory } = await load("@nestjs/core");
  const { MessagePattern, RpcException } = await load("@nestjs/microservices");
  const { firstValueFrom, from, toArray } = await load("rxjs");
  const { ZmqServer } = await program("nestjs/server");
  const { ZmqClient } = await program("nestjs/client");

  start = async (endpoint) => {
    const calls: number[] = [];
    class Numbers {
      double(number: number) {
        calls.push(number);
        return 2 * number;
      }
      never() {
        return new Promise(() => {});
      }
      strange(kind: string) {
        const circular: { self?: object } = {};
        circular.self = circular;
        if (kind === "error") throw new RpcException(circular);
        return kind === "circular" ? circular : from(["first", 2n]);
      }
    }
    class App {}
    for (const name of ["double", "never", "strange"]) {
      const descriptor = Object.getOwnPropertyDescriptor(Numbers.prototype, name);
      MessagePattern({ name })(Numbers.prototype, name, descriptor);
    }
    Controller()(Numbers);
    Module({ controllers: [Numbers] })(App);
    const strategy = new ZmqServer(endpoint);
    const app = await NestFactory.createMicroservice(App, { strategy, logger: false });
    await app.listen();
    return { endpoint: strategy.unwrap().lastEndpoint, calls, close: () => app.close() };
  };
  connect = (options) => {
    const client = new ZmqClient(options);
    onTestFinished(() => client.close());
    return {
      ask: (pattern, data) => firstValueFrom(client.send(pattern, data)),
      all: (pattern, data) => firstValueFrom(client.send(pattern, data).pipe(toArray())),
      close: () => client.close(),
    };
  };
}, 300_000);

/** An ipc endpoint of the test's own. */
function ipc(): string {
  const folder = mkdtempSync(join(tmpdir(), "zmq-nestjs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return `ipc://${folder}/server`;
}

test("two clients with many requests at once get their own replies", async () => {
  const server = await start("tcp://127.0.0.1:*");
  const clients = [connect(server), connect(server)];
  const numbers = Array.from({ length: 500 }, (_, index) => index + 1);
  const asked = clients.map(({ ask }) =>
    Promise.all(numbers.map((number) => ask({ name: "double" }, number))),
  );
  const doubled = numbers.map((number) => 2 * number);
  expect(await Promise.all(asked)).toEqual([doubled, doubled]);
  await server.close();
});

test("ClientsModule provides the client", async () => {
  const { Module } = await load("@nestjs/common");
  const { NestFactory } = await load("@nestjs/core");
  const { ClientsModule } = await load("@nestjs/microservices");
  const { firstValueFrom } = await load("rxjs");
  const { ZmqClient } = await program("nestjs/client");
  const { endpoint, close } = await start("tcp://127.0.0.1:*");
  class App {}
  const options = { endpoint };
  Module({ imports: [ClientsModule.register([{ name: "NUMBERS", customClass: ZmqClient, options }])] })(App);
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  expect(await firstValueFrom(app.get("NUMBERS").send({ name: "double" }, 4))).toBe(8);
  // Closes the client, too.
  await app.close();
  await close();
});

const malformed = ["", "not json", "null", "1", "[]", "{}", '{"id":"1"}', '{"pattern":null,"id":{}}'];

test("the client ignores malformed replies", async () => {
  const router = new Router();
  onTestFinished(() => router.close());
  await router.bind("tcp://127.0.0.1:*");
  const client = connect({ endpoint: router.lastEndpoint! });
  const asked = client.ask({ name: "double" }, 1);
  const [id, body] = await router.receive();
  for (const reply of malformed) await router.send([id!, reply]);
  await router.send([id!, "not json", "two frames"]);
  await router.send([
    id!,
    JSON.stringify({ id: JSON.parse(String(body)).id, response: 2, isDisposed: true }),
  ]);
  expect(await asked).toBe(2);
});

test("the server survives malformed requests", async () => {
  const server = await start("tcp://127.0.0.1:*");
  const dealer = new Dealer();
  onTestFinished(() => dealer.close());
  dealer.connect(server.endpoint);
  for (const request of malformed) await dealer.send(request);
  await dealer.send(["", "two frames"]);
  await dealer.send(JSON.stringify({ pattern: { name: "double" }, data: 3, id: 7 }));
  let reply: { id?: unknown; response?: unknown };
  do reply = JSON.parse(String((await dealer.receive())[0]));
  while (reply.id !== 7);
  expect(reply.response).toBe(6);
  await server.close();
});

test("a response that is not JSON rejects the request", async () => {
  const server = await start("tcp://127.0.0.1:*");
  const client = connect({ ...server, timeout: patience });
  for (const kind of ["circular", "stream", "error"]) {
    await expect(client.all({ name: "strange" }, kind)).rejects.toBe("the response is not JSON");
  }
  expect(await client.ask({ name: "double" }, 4)).toBe(8);
  await server.close();
});

test("a request that has timed out is not executed by a server that starts later", async () => {
  const endpoint = ipc();
  const client = connect({ endpoint, timeout: 200 });
  await expect(client.ask({ name: "double" }, 1)).rejects.toThrow(`${endpoint}: no server within 200 ms`);
  const server = await start(endpoint);
  const patient = connect({ endpoint });
  expect(await patient.ask({ name: "double" }, 2)).toBe(4);
  expect(server.calls).toEqual([2]);
  await server.close();
});

test("a request without a reply rejects after the timeout, and when the client closes", async () => {
  const server = await start("tcp://127.0.0.1:*");
  const hasty = connect({ ...server, timeout: 300 });
  await expect(hasty.ask({ name: "never" }, {})).rejects.toThrow(/: no (?:reply|server) within 300 ms$/);
  const client = connect(server);
  const pending = expect(client.ask({ name: "never" }, {})).rejects.toThrow("the client was closed");
  await client.close();
  await pending;
  await expect(client.ask({ name: "double" }, 1)).rejects.toThrow("the client was closed");
  await server.close();
});

test("a client reaches a server that has restarted", async () => {
  const endpoint = ipc();
  const client = connect({ endpoint, timeout: 1_000 });
  for (let round = 1; round <= 2; round++) {
    const server = await start(endpoint);
    // A request that was sent to the first server when it ended is lost.
    const ask = (): Promise<unknown> => client.ask({ name: "double" }, round).catch(ask);
    expect(await ask()).toBe(2 * round);
    await server.close();
  }
});

/** More than the buffers of a connection hold. */
const large = { count: 40, bytes: 1_000_000 };

/** A service in a process of its own that replies with large texts. SIGTERM ends it by NestJS, SIGUSR2 by `close` alone. */
async function startService() {
  const service = startProcess(`
    import "reflect-metadata";
    import { Controller, Module } from "@nestjs/common";
    import { NestFactory } from "@nestjs/core";
    import { MessagePattern } from "@nestjs/microservices";
    import { ZmqServer } from "./nestjs/server.mjs";

    let calls = 0;
    class Texts {
      text() {
        if (++calls === ${large.count}) setImmediate(() => console.log("replied"));
        return "x".repeat(${large.bytes});
      }
      beforeApplicationShutdown() {
        console.log("closing");
      }
    }
    MessagePattern("text")(Texts.prototype, "text", Object.getOwnPropertyDescriptor(Texts.prototype, "text"));
    Controller()(Texts);
    class App {}
    Module({ controllers: [Texts] })(App);
    const strategy = new ZmqServer("tcp://127.0.0.1:*");
    const app = await NestFactory.createMicroservice(App, { strategy, logger: false });
    app.enableShutdownHooks(["SIGTERM"]);
    process.once("SIGUSR2", () => app.close());
    await app.listen();
    console.log(strategy.unwrap().lastEndpoint);`);
  const dealer = new Dealer({ receiveHighWaterMark: 1, receiveTimeout: patience });
  onTestFinished(() => dealer.close());
  dealer.connect(await service.line());
  for (let id = 0; id < large.count; id++)
    await dealer.send(JSON.stringify({ pattern: "text", data: 0, id }));
  expect(await service.line()).toBe("replied");
  return { ...service, dealer };
}

test("a process that NestJS ends delivers its replies first", async () => {
  const { child, line, dealer } = await startService();
  child.kill("SIGTERM");
  expect(await line()).toBe("closing");
  for (let id = 0; id < large.count; id++) {
    expect(JSON.parse(String((await dealer.receive())[0]))).toMatchObject({ id });
  }
  const { signal, stderr } = await child;
  expect({ signal, stderr }).toEqual({ signal: "SIGTERM", stderr: "" });
});

test("a server ends although a client does not receive its replies", async () => {
  const { child } = await startService();
  child.kill("SIGUSR2");
  const { exitCode, timedOut } = await child;
  expect({ exitCode, timedOut }).toEqual({ exitCode: 0, timedOut: false });
});

test("close of a client delivers its events", async () => {
  const router = new Router({ receiveHighWaterMark: 1, receiveTimeout: patience });
  onTestFinished(() => router.close());
  await router.bind("tcp://127.0.0.1:*");
  const { child, line } = startProcess(`
    import "reflect-metadata";
    import { firstValueFrom } from "rxjs";
    import { ZmqClient } from "./nestjs/client.mjs";

    const client = new ZmqClient({ endpoint: "${router.lastEndpoint}", timeout: ${patience} });
    for (let id = 0; id < ${large.count}; id++) {
      const event = client.emit("created", { id, text: "x".repeat(${large.bytes}) });
      await firstValueFrom(event, { defaultValue: undefined });
    }
    console.log("closing");
    await client.close();
    process.exit(0);`);
  expect(await line()).toBe("closing");
  for (let id = 0; id < large.count; id++) {
    expect(JSON.parse(String((await router.receive())[1]))).toMatchObject({ data: { id } });
  }
  const { exitCode, stderr } = await child;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});
