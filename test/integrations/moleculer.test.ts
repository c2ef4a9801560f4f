// The transporter of docs/frameworks/moleculer.md with Moleculer: large messages, balanced events, a node that ends, no proxy.

import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Publisher } from "zmq-native";
import { patience } from "../helpers/program.js";
import { compile, load, program } from "./integrations.js";

let libraries: Awaited<ReturnType<typeof loadAll>>;

async function loadAll() {
  const [moleculer, bus, transporter] = await Promise.all([
    load("moleculer"),
    program("bus/bus"),
    program("moleculer/transporter"),
  ]);
  return { moleculer: moleculer.default, ...bus, ...transporter };
}

beforeAll(async () => {
  compile();
  libraries = await loadAll();
}, 300_000);

const handled: string[] = [];

/** Starts a proxy and nodes, each with the service `echo`, and resolves when all know each other. */
async function cluster(names: string[]) {
  const { moleculer, startProxy, ZmqTransporter } = libraries;
  const proxy = await startProxy();
  const nodes = names.map((nodeID) => {
    const broker = new moleculer.ServiceBroker({
      nodeID,
      transporter: new ZmqTransporter(proxy.endpoints),
      logger: false,
    });
    broker.createService({
      name: "echo",
      actions: {
        back: ({ params }: { params: { value: unknown } }) => params.value,
        never: () => new Promise(() => {}),
        count({ params }: { params: { id: number } }) {
          handled.push(`${nodeID} ${params.id}`);
        },
      },
      events: {
        task(ctx: { params: { id: number } }) {
          handled.push(`${nodeID} ${ctx.params.id}`);
        },
      },
    });
    return broker;
  });
  onTestFinished(async () => {
    await Promise.all(nodes.map((broker) => broker.stop()));
    await proxy.close();
  });
  await Promise.all(nodes.map((broker) => broker.start()));
  for (const { registry } of nodes) {
    while (registry.nodes.list({ onlyAvailable: true }).length < names.length) await sleep(10);
  }
  return Object.assign(nodes, { proxy });
}

test("requests carry large parameters, and reject when the node does not answer", async () => {
  // One name is a prefix of the other: their topics must not be confused.
  const [client] = await cluster(["node", "node-2"]);
  const value = "x".repeat(1_000_000);
  expect(await client.call("echo.back", { value }, { nodeID: "node-2" })).toBe(value);
  const values = Array.from({ length: 200 }, (_, index) => index);
  const asked = values.map((value) => client.call("echo.back", { value }, { nodeID: "node-2" }));
  expect(await Promise.all(asked)).toEqual(values);
  await expect(client.call("echo.never", {}, { nodeID: "node-2", timeout: 200 })).rejects.toMatchObject({
    name: "RequestTimeoutError",
  });
});

test("an emitted event reaches one node, a broadcast reaches all", async () => {
  const [client] = await cluster(["a", "b", "c"]);
  handled.length = 0;
  for (let id = 1; id <= 6; id++) await client.emit("task", { id });
  while (handled.length < 6) await sleep(10);
  expect(handled.map((text) => text.split(" ")[1]).sort()).toEqual(["1", "2", "3", "4", "5", "6"]);
  handled.length = 0;
  await client.broadcast("task", { id: 7 });
  while (handled.length < 3) await sleep(10);
  expect(handled.sort()).toEqual(["a 7", "b 7", "c 7"]);
});

test("malformed packets do not end a node", async () => {
  const report = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => report.mockRestore());
  const { proxy, ...nodes } = await cluster(["client", "node"]);
  const publisher = new Publisher();
  onTestFinished(() => publisher.close());
  publisher.connect(proxy.endpoints.publish);
  await publisher.waitForSubscribers(1, { topic: "MOL.REQ.node\0", timeout: patience });
  const packets = ["", "not json", "null", "1", "{}", '{"ver":"4"}', '{"ver":"4","sender":"x"}'];
  for (const command of [
    "EVENT",
    "REQ",
    "RES",
    "DISCOVER",
    "INFO",
    "DISCONNECT",
    "HEARTBEAT",
    "PING",
    "PONG",
  ]) {
    for (const topic of [`MOL.${command}\0`, `MOL.${command}.node\0`]) {
      await publisher.send(topic);
      for (const packet of packets) await publisher.send([topic, packet]);
    }
  }
  await publisher.send(["MOL.EVENT.node\0", '{"ver":"4","sender":"x","event":"task","data":{"id":9}}']);
  while (!handled.includes("node 9")) await sleep(10);
  expect(await nodes[0].call("echo.back", { value: 1 }, { nodeID: "node" })).toBe(1);
});

test("a node that connects again handles each request once", async () => {
  const [client, node] = await cluster(["client", "node"]);
  await node.transit.tx.connect();
  handled.length = 0;
  for (let id = 1; id <= 3; id++) await client.call("echo.count", { id }, { nodeID: "node" });
  // Packets of one sender arrive in order, so earlier requests have arrived twice by now, if at all.
  await client.call("echo.back", { value: 1 }, { nodeID: "node" });
  expect(handled).toEqual(["node 1", "node 2", "node 3"]);
});

test("connect rejects without a proxy", async () => {
  const transporter = new libraries.ZmqTransporter({
    publish: "tcp://127.0.0.1:1",
    subscribe: "tcp://127.0.0.1:2",
    timeout: 100,
  });
  await expect(transporter.connect()).rejects.toThrow(
    "no proxy at tcp://127.0.0.1:1 and tcp://127.0.0.1:2 within 100 ms",
  );
});
