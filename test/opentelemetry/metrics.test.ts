// Metrics from the statistics of sockets, with the SDK of OpenTelemetry and its exporter in memory.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { metrics } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, onTestFinished, test } from "vitest";
import { Publisher, Pull, Push, Request, type Socket, Subscriber } from "zmq-native";
import { ZmqInstrumentation, type ZmqInstrumentationConfig } from "zmq-native/opentelemetry";
import { runProgram } from "../helpers/program.js";

/** A provider whose exporter is read by `points`. */
function createProvider() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  return {
    provider,
    async points(name: string): Promise<DataPoint<number>[]> {
      exporter.reset();
      await reader.forceFlush();
      return exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap((scope) => scope.metrics)
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints as DataPoint<number>[]);
    },
  };
}

type Points = ReturnType<typeof createProvider>["points"];

/** The sum of the values with these attributes. */
async function sum(points: Points, name: string, attributes: Record<string, unknown> = {}): Promise<number> {
  const matches = (point: DataPoint<number>) =>
    Object.entries(attributes).every(([key, value]) => point.attributes[key] === value);
  return (await points(name)).filter(matches).reduce((total, { value }) => total + value, 0);
}

function instrument(config: ZmqInstrumentationConfig = {}) {
  const { provider, points } = createProvider();
  const instrumentation = new ZmqInstrumentation({ spans: false, ...config });
  instrumentation.setMeterProvider(provider);
  onTestFinished(() => instrumentation.disable());
  return { instrumentation, points };
}

function kept<S extends Socket>(socket: S): S {
  onTestFinished(() => void socket.close());
  return socket;
}

async function pair(): Promise<{ push: Push; pull: Pull }> {
  const [push, pull] = [kept(new Push({ linger: 0 })), kept(new Pull())];
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint!);
  return { push, pull };
}

const sent = "messaging.client.sent.messages";
const consumed = "messaging.client.consumed.messages";
const dropped = "zmq.messages.dropped";
const queued = "zmq.queue.messages";

test("count messages by socket type, destination and endpoint", async () => {
  const { points } = instrument({ destination: () => "jobs" });
  const { push, pull } = await pair();
  await push.send("1");
  await push.sendMany(["2", "3"]);
  push.trySend("4");
  for (let count = 0; count < 4; count++) await pull.receive();
  const place = {
    "messaging.system": "zeromq",
    "messaging.destination.name": "jobs",
    "server.address": "127.0.0.1",
    "server.port": Number(pull.lastEndpoint!.split(":")[2]),
  };
  expect(await points(sent)).toMatchObject([
    {
      value: 4,
      attributes: {
        ...place,
        "zmq.socket.type": "PUSH",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
      },
    },
  ]);
  const [received, ...others] = await points(consumed);
  expect(others).toEqual([]);
  expect(received!.value).toBe(4);
  expect(received!.attributes).toEqual({
    ...place,
    "zmq.socket.type": "PULL",
    "messaging.operation.name": "receive",
    "messaging.operation.type": "receive",
  });
});

test("count bytes of the network in both directions", async () => {
  const { points } = instrument();
  const { push, pull } = await pair();
  await push.send("x".repeat(1000));
  await pull.receive();
  const io = (type: string, direction: string) =>
    sum(points, "zmq.network.io", { "zmq.socket.type": type, "network.io.direction": direction });
  expect(await io("PUSH", "transmit")).toBeGreaterThan(1000);
  expect(await io("PUSH", "transmit")).toBe(await io("PULL", "receive"));
  expect(await io("PULL", "transmit")).toBe(await io("PUSH", "receive"));
});

test("count drops by reason", async () => {
  const { points } = instrument();
  const publisher = kept(new Publisher({ sendHighWaterMark: 2 }));
  await publisher.bind("inproc://metrics-of-drops");
  await publisher.send("nobody is connected");
  const subscriber = kept(new Subscriber({ receiveHighWaterMark: 2 }));
  subscriber.subscribe("EUR");
  subscriber.connect("inproc://metrics-of-drops");
  await publisher.waitForSubscribers(1);
  await publisher.send("GBP");
  for (let count = 0; count < 10; count++) await publisher.send("EUR");
  const lossy = kept(new Push({ sendQueue: { max: 1, overflow: "dropOldest" }, linger: 0 }));
  lossy.send("1").catch(() => {});
  lossy.send("2").catch(() => {});
  const by = (type: string, reason: string) =>
    sum(points, dropped, { "zmq.socket.type": type, "zmq.drop.reason": reason });
  expect(await by("PUB", "noPeer")).toBe(1);
  expect(await by("PUB", "filtered")).toBe(1);
  expect(await by("PUB", "highWaterMark")).toBe(6);
  expect(await by("PUSH", "overflow")).toBe(1);
  // Reasons that have not occurred have no series.
  const reasons = (await points(dropped)).map(({ attributes }) => attributes["zmq.drop.reason"]);
  expect(new Set(reasons)).toEqual(new Set(["noPeer", "filtered", "highWaterMark", "overflow"]));
});

test("report queues and peers of the open sockets", async () => {
  const { points } = instrument();
  const { push, pull } = await pair();
  await pull.waitForPeers();
  await push.waitForPeers();
  for (let count = 0; count < 5; count++) await push.send("x");
  const waiting = () => sum(points, queued, { "messaging.operation.type": "receive" });
  while ((await waiting()) !== 5) await new Promise(setImmediate);
  expect(await sum(points, consumed)).toBe(0);
  for (let count = 0; count < 3; count++) await pull.receive();
  expect(await waiting()).toBe(2);
  expect(await sum(points, consumed)).toBe(3);
  expect(await sum(points, queued, { "messaging.operation.type": "send" })).toBe(0);
  const peers = (type: string) => sum(points, "zmq.peers", { "zmq.socket.type": type });
  expect([await peers("PUSH"), await peers("PULL")]).toEqual([1, 1]);
  push.close();
  while ((await peers("PULL")) !== 0) await new Promise(setImmediate);
  pull.close();
  // The series stay, so that dashboards see zeros.
  expect((await points("zmq.peers")).map(({ value }) => value)).toEqual([0, 0]);
  expect(await waiting()).toBe(0);
  expect(await sum(points, consumed)).toBe(3);
});

test("peers: false records no peers", async () => {
  const { points } = instrument({ peers: false });
  await pair();
  expect(await points("zmq.peers")).toEqual([]);
  expect(await points(sent)).toHaveLength(1);
});

test("keep the counts of closed sockets, also of those that no collection has seen", async () => {
  const { points } = instrument({ destination: () => "jobs" });
  const pull = kept(new Pull());
  await pull.bind("inproc://metrics-of-closed");
  const messages = async () => [await sum(points, sent), await sum(points, consumed)];
  for (let round = 1; round <= 3; round++) {
    const push = new Push();
    push.connect("inproc://metrics-of-closed");
    await push.send("x");
    await pull.receive();
    if (round === 2) expect(await messages()).toEqual([2, 2]);
    push.close();
    // `socket:close` has not been published yet.
    expect(await messages()).toEqual([round, round]);
  }
  pull.close();
  expect(await messages()).toEqual([3, 3]);
  expect(await points(sent)).toHaveLength(1);
});

test("stay monotonic when a socket gets another endpoint", async () => {
  const { points } = instrument();
  const push = kept(new Push({ linger: 0 }));
  for (const endpoint of ["inproc://metrics-first", "inproc://metrics-second"]) {
    const pull = kept(new Pull());
    await pull.bind(endpoint);
    push.connect(endpoint);
    await push.send(endpoint);
    await pull.receive();
    expect(await sum(points, sent)).toBe(endpoint.endsWith("first") ? 1 : 2);
    push.disconnect(endpoint);
  }
  const byEndpoint = (await points(sent)).map(({ attributes, value }) => [
    attributes["messaging.destination.name"],
    value,
  ]);
  expect(byEndpoint).toEqual([
    ["inproc://metrics-first", 1],
    ["inproc://metrics-second", 1],
  ]);
});

test("have a limited number of attribute sets", async () => {
  let number = 0;
  const { points } = instrument({ destination: () => `destination ${number++}`, peers: false });
  const pull = kept(new Pull());
  await pull.bind("inproc://metrics-of-many");
  for (let count = 0; count < 1100; count++) {
    const push = new Push();
    push.connect("inproc://metrics-of-many");
    await push.send("x");
    await pull.receive();
    push.close();
  }
  const all = await points(sent);
  expect(all.length).toBeLessThanOrEqual(1001);
  expect(all.reduce((total, { value }) => total + value, 0)).toBe(1100);
  const rest = all.filter(({ attributes }) => attributes["otel.metric.overflow"] === true);
  expect(rest).toHaveLength(1);
  expect(rest[0]!.attributes).not.toHaveProperty("messaging.destination.name");
  expect(rest[0]!.value).toBeGreaterThanOrEqual(100);
});

test("subscribe to no message, so that sends and receives are not traced", async () => {
  const { instrumentation } = instrument();
  const channel = process.getBuiltinModule("node:diagnostics_channel");
  const subscribed = (name: string) => channel.hasSubscribers(name);
  expect(subscribed("zmq-native:socket:open")).toBe(true);
  expect(subscribed("zmq-native:socket:close")).toBe(true);
  const phases = ["start", "end", "asyncStart", "asyncEnd", "error"];
  const others = ["zmq-native:peer:join", "zmq-native:peer:leave", "zmq-native:message:drop"].concat(
    phases.flatMap((phase) => [`tracing:zmq-native:send:${phase}`, `tracing:zmq-native:receive:${phase}`]),
  );
  expect(others.filter(subscribed)).toEqual([]);
  instrumentation.setConfig({ metrics: false });
  expect(subscribed("zmq-native:socket:open")).toBe(false);
  expect(subscribed("tracing:zmq-native:send:start")).toBe(true);
  instrumentation.setConfig({ spans: false, propagate: true });
  expect(subscribed("tracing:zmq-native:send:start")).toBe(true);
  instrumentation.disable();
  for (const name of ["zmq-native:socket:open", ...others]) expect(subscribed(name)).toBe(false);
  instrumentation.setConfig({});
  expect(subscribed("zmq-native:socket:open")).toBe(false);
});

test("classes of programs may have members of the same names", async () => {
  class Own extends Push {
    override statistics(): never {
      throw new Error("of the program");
    }
    override get peers(): never {
      throw new Error("of the program");
    }
    override get endpoints(): never {
      throw new Error("of the program");
    }
    override get closed(): never {
      throw new Error("of the program");
    }
  }
  const { points } = instrument();
  const pull = kept(new Pull());
  await pull.bind("inproc://metrics-of-own");
  const push = kept(new Own());
  push.connect("inproc://metrics-of-own");
  await push.send("x");
  await pull.receive();
  const [point] = await points(sent);
  expect(point).toMatchObject({
    value: 1,
    attributes: { "messaging.destination.name": "inproc://metrics-of-own" },
  });
  expect(await sum(points, "zmq.peers")).toBe(2);
});

test("destination may throw, or close the socket", async () => {
  const { points } = instrument({
    destination: (socket, endpoint) => {
      if (endpoint === "inproc://metrics-throwing") throw new Error("of the configuration");
      if (socket instanceof Push) socket.close();
      return endpoint;
    },
  });
  const pull = kept(new Pull());
  await pull.bind("inproc://metrics-throwing");
  const push = kept(new Push());
  await push.bind("inproc://metrics-closing");
  expect(await points(consumed)).toHaveLength(1);
  expect(push.closed).toBe(true);
  expect(await points(sent)).toHaveLength(1);
});

test("the payload of socket:close has the last endpoint and counts", async () => {
  const payloads: unknown[] = [];
  const subscriber = (payload: unknown) => payloads.push(payload);
  subscribe("zmq-native:socket:close", subscriber);
  onTestFinished(() => void unsubscribe("zmq-native:socket:close", subscriber));
  const pull = new Pull();
  await pull.bind("inproc://metrics-last");
  const push = new Push();
  push.connect("inproc://metrics-last");
  await push.send("x");
  await pull.receive();
  for (const socket of [push, pull, new Request()]) socket.close();
  while (payloads.length < 3) await new Promise(setImmediate);
  expect(payloads).toMatchObject([
    { socketType: "PUSH", endpoint: "inproc://metrics-last", statistics: { messagesSent: 1 } },
    { socketType: "PULL", endpoint: "inproc://metrics-last", statistics: { messagesReceived: 1 } },
    { socketType: "REQ", endpoint: null, statistics: { messagesSent: 0, dropped: { total: 0 } } },
  ]);
});

test("the global provider may be set after the instrumentation, before the first socket", async () => {
  const instrumentation = new ZmqInstrumentation({ spans: false });
  onTestFinished(() => instrumentation.disable());
  const { provider, points } = createProvider();
  metrics.setGlobalMeterProvider(provider);
  onTestFinished(() => void metrics.disable());
  await pair();
  expect(await points(sent)).toHaveLength(1);
});

test("registerInstrumentations enables it, and passes its providers", async () => {
  const exporter = new InMemorySpanExporter();
  const { provider, points } = createProvider();
  const instrumentation = new ZmqInstrumentation({ enabled: false, destination: () => "jobs" });
  const unload = registerInstrumentations({
    instrumentations: [instrumentation],
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    meterProvider: provider,
  });
  onTestFinished(unload);
  const { push, pull } = await pair();
  await push.send("x");
  await pull.receive();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["send jobs", "receive jobs"]);
  expect([await sum(points, sent), await sum(points, consumed)]).toEqual([1, 1]);
  expect((await points("messaging.client.operation.duration")).length).toBe(2);
  unload();
  await push.send("y");
  expect(exporter.getFinishedSpans()).toHaveLength(2);
});

test("keep no socket from being garbage-collected, and keep its counts", async () => {
  const body = `
    const { ZmqInstrumentation } = require(${JSON.stringify(require.resolve("../../dist/opentelemetry.js"))});
    const { MeterProvider, MetricReader } = require(${JSON.stringify(require.resolve("@opentelemetry/sdk-metrics"))});
    class Reader extends MetricReader { async onForceFlush() {} async onShutdown() {} }
    const reader = new Reader();
    const instrumentation = new ZmqInstrumentation({ spans: false });
    instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }));
    const read = async () => {
      const { resourceMetrics } = await reader.collect();
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
      const named = all.find(({ descriptor }) => descriptor.name === "messaging.client.sent.messages");
      return named.dataPoints.map(({ value }) => value).join();
    };
    const pull = new zmq.Pull();
    pull.bindSync("tcp://127.0.0.1:*");
    await (async () => {
      const push = new zmq.Push();
      push.connect(pull.lastEndpoint);
      await push.send("x");
      await pull.receive();
      console.log(await read());
    })();
    const left = () => pull.peers.size;
    for (let round = 0; round < 10000 && left() > 0; round++) { gc(); await new Promise(setImmediate); }
    console.log(left(), await read());
    process.exit();`;
  const { code, stdout, stderr } = await runProgram(body, { flags: ["--expose-gc"] });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "1\n0 1\n", stderr: "" });
});
