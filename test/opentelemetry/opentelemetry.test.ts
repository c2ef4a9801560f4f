// Spans and metrics, with the SDK of OpenTelemetry and its exporters in memory.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Pull, Push, Reply, Request, Subscriber, XPublisher } from "zmq-native";
import {
  contextOf,
  processMessage,
  ZmqInstrumentation,
  type ZmqInstrumentationConfig,
} from "zmq-native/opentelemetry";
import * as v5 from "zmq-native/v5-compat";
import { join as joined } from "../helpers/pairs.js";

const spanExporter = new InMemorySpanExporter();
const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({
  exporter: metricExporter,
  exportIntervalMillis: 3_600_000,
});
const meters = new MeterProvider({ readers: [reader] });

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(tracers);
  metrics.setGlobalMeterProvider(meters);
});
afterAll(async () => {
  await tracers.shutdown();
  await meters.shutdown();
});

const open: { close(): void }[] = [];
let instrumentation: ZmqInstrumentation | undefined;
const instrument = (config?: ZmqInstrumentationConfig) => {
  instrumentation = new ZmqInstrumentation(config);
  return instrumentation;
};
beforeEach(async () => {
  await reader.forceFlush();
  metricExporter.reset();
  spanExporter.reset();
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
  instrumentation?.disable();
});

async function pair(): Promise<{ push: Push; pull: Pull }> {
  const { bound: pull, connected: push } = await joined(new Pull(), new Push({ linger: 0 }), "tcp");
  open.push(push, pull);
  return { push, pull };
}

const spans = (): ReadableSpan[] => spanExporter.getFinishedSpans();
const named = (name: string): ReadableSpan => {
  const found = spans().filter((span) => span.name === name);
  expect(found.map((span) => span.name)).toEqual([name]);
  return found[0]!;
};

async function metric(name: string): Promise<MetricData["dataPoints"]> {
  await reader.forceFlush();
  return metricExporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap((scope) => scope.metrics)
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap(
      ({ dataPoints }) => dataPoints as MetricData["dataPoints"][number][],
    ) as MetricData["dataPoints"];
}

describe("spans", () => {
  test("of a send and a receive follow the conventions", async () => {
    instrument();
    const { push, pull } = await pair();
    await push.send(["topic", "body"]);
    await pull.receive();
    const endpoint = pull.lastEndpoint!;
    const send = named(`send ${endpoint}`);
    expect(send.kind).toBe(SpanKind.PRODUCER);
    expect(send.instrumentationScope).toMatchObject({ name: "zmq-native" });
    expect(send.attributes).toEqual({
      "messaging.system": "zeromq",
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
      "messaging.destination.name": endpoint,
      "messaging.message.body.size": 9,
      "server.address": "127.0.0.1",
      "server.port": Number(endpoint.split(":")[2]),
      "zmq.operation": "send",
      "zmq.socket.type": "PUSH",
    });
    const receive = named(`receive ${endpoint}`);
    expect(receive.kind).toBe(SpanKind.CLIENT);
    expect(receive.attributes).toMatchObject({
      "messaging.operation.name": "receive",
      "messaging.operation.type": "receive",
      "messaging.message.body.size": 9,
      "zmq.socket.type": "PULL",
    });
    expect(receive.links).toEqual([]);
  });

  test("of batches have the number of messages", async () => {
    instrument({ destination: () => "jobs", metrics: false });
    const { push, pull } = await pair();
    await push.sendMany(["1", "2", "3"]);
    let left = 3;
    for await (const batch of pull.batches()) {
      left -= batch.length;
      if (left === 0) break;
    }
    expect(named("send jobs").attributes).toMatchObject({
      "messaging.operation.name": "send",
      "zmq.operation": "sendMany",
      "messaging.batch.message_count": 3,
      "messaging.destination.name": "jobs",
    });
    const counts = spans().map(({ attributes }) => attributes["messaging.batch.message_count"] as number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
  });

  test("of a failed send have the error; an empty queue has no span", async () => {
    instrument({ destination: () => "jobs" });
    const push = new Push({ sendTimeout: 0 });
    const pull = new Pull();
    open.push(push, pull);
    await push.send("x").catch(() => {});
    expect(push.trySend("x")).toBe(false);
    expect(pull.tryReceive()).toBeUndefined();
    await pull.receive({ timeout: 0 }).catch(() => {});
    expect(spans()).toHaveLength(1);
    const { attributes, status } = named("send jobs");
    expect(attributes["error.type"]).toBe("EAGAIN");
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: expect.stringContaining("timed out") });
  });

  test("do not exist for an empty array, which sends nothing", async () => {
    instrument();
    const { push } = await pair();
    await push.send([] as never);
    push.trySend([] as never);
    await push.sendMany([]);
    const signal = AbortSignal.abort(new Error("aborted"));
    await expect(push.sendMany(["x"], { signal })).rejects.toThrow("aborted");
    expect(spans().map(({ status }) => status.message)).toEqual(["aborted"]);
  });

  test("are children of the active span", async () => {
    instrument({ destination: () => "jobs" });
    const { push, pull } = await pair();
    await tracers.getTracer("test").startActiveSpan("parent", async (span) => {
      await push.send("x");
      await pull.receive();
      span.end();
    });
    const parent = named("parent").spanContext();
    for (const name of ["send jobs", "receive jobs"]) {
      expect(named(name).parentSpanContext).toMatchObject({ spanId: parent.spanId, traceId: parent.traceId });
    }
  });

  test("end with disable, and begin again with enable", async () => {
    const one = instrument({ destination: () => "jobs" });
    one.enable();
    const { push } = await pair();
    await push.send("1");
    one.disable();
    one.disable();
    await push.send("2");
    expect(spans()).toHaveLength(1);
    one.enable();
    await push.send("3");
    expect(spans()).toHaveLength(2);
  });
});

describe("propagation", () => {
  test("is off by default: messages have no additional frame", async () => {
    instrument();
    const { push, pull } = await pair();
    await push.send("x");
    expect(await pull.receive()).toHaveLength(1);
  });

  test("links the receiver to the sender, and processMessage continues the trace", async () => {
    instrument({ propagate: true, destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.send(["topic", "body"]);
    const message = await pull.receive();
    expect(message.map(String)).toEqual(["topic", "body"]);
    const sent = named("send jobs").spanContext();
    expect(trace.getSpanContext(contextOf(message))).toMatchObject({ spanId: sent.spanId, isRemote: true });
    const result = await processMessage(message, async ([topic]) => {
      await Promise.resolve();
      tracers.getTracer("test").startSpan("inside").end();
      return String(topic);
    });
    expect(result).toBe("topic");
    expect(named("receive jobs").links.map((link) => link.context.spanId)).toEqual([sent.spanId]);
    const process = named("process jobs");
    expect(process.kind).toBe(SpanKind.CONSUMER);
    expect(process.parentSpanContext).toMatchObject({ spanId: sent.spanId, traceId: sent.traceId });
    expect(named("inside").parentSpanContext?.spanId).toBe(process.spanContext().spanId);
    expect(process.attributes).toEqual({
      "messaging.system": "zeromq",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "jobs",
      "messaging.message.body.size": 9,
      "server.address": "127.0.0.1",
      "server.port": Number(pull.lastEndpoint!.split(":")[2]),
      "zmq.socket.type": "PULL",
    });
  });

  test("does not count as a part of the messages of a batch", async () => {
    instrument({ propagate: true, destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.sendMany(["1", "22", ["33", "3"]]);
    let left = 3;
    for await (const batch of pull.batches()) {
      for (const message of batch) processMessage(message, () => {});
      left -= batch.length;
      if (left === 0) break;
    }
    const processed = spans().filter(({ name }) => name === "process jobs");
    expect(processed.map(({ attributes }) => attributes["messaging.message.body.size"])).toEqual([1, 2, 3]);
  });

  test("does not count as a part of the body", async () => {
    instrument({ propagate: true, destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.send("hello");
    expect((await pull.receive()).map(String)).toEqual(["hello"]);
    for (const name of ["send jobs", "receive jobs"]) {
      expect(named(name).attributes).toMatchObject({ "messaging.message.body.size": 5 });
    }
  });

  test("works with every way to send and receive", async () => {
    instrument({ propagate: true });
    const { push, pull } = await pair();
    await push.send("1");
    push.trySend("2");
    await push.sendMany(["3", "4", "5", "6", "7"]);
    const got: object[] = [await pull.receive(), ...(await pull.receiveMany({ max: 1 }))];
    got.push((await pull.receiveWithMetadata()).message);
    let tried: object | undefined;
    while (tried === undefined) tried = pull.tryReceive();
    got.push(tried);
    for await (const message of pull) {
      got.push(message);
      break;
    }
    for await (const [message] of pull.batches({ max: 1 })) {
      got.push(message!);
      break;
    }
    for await (const { message } of pull.messagesWithMetadata()) {
      got.push(message);
      break;
    }
    expect(got.map(String)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    for (const message of got) expect(trace.getSpanContext(contextOf(message))?.isRemote).toBe(true);
  });

  test("works for requests and replies, topics, and v5-compat", async () => {
    instrument({ propagate: true });
    const [request, reply] = [new Request(), new Reply()];
    const [publisher, subscriber] = [new XPublisher(), new Subscriber()];
    open.push(request, reply, publisher, subscriber);
    await reply.bind("tcp://127.0.0.1:*");
    request.connect(reply.lastEndpoint!);
    await request.send("question");
    expect((await reply.receive()).map(String)).toEqual(["question"]);
    await reply.send("answer");
    expect((await request.receive()).map(String)).toEqual(["answer"]);
    await publisher.bind("tcp://127.0.0.1:*");
    subscriber.connect(publisher.lastEndpoint!);
    subscriber.subscribe("news");
    expect(String(await publisher.receive())).toBe("\x01news");
    await publisher.send(["news", "text"]);
    expect((await subscriber.receive()).map(String)).toEqual(["news", "text"]);
    const [push, pull] = [v5.socket("push"), v5.socket("pull")];
    open.push(push, pull);
    pull.bindSync("tcp://127.0.0.1:*");
    const message = new Promise<string[]>((resolve) =>
      pull.on("message", (...frames: Buffer[]) => resolve(frames.map(String))),
    );
    push.connect(String(pull.last_endpoint));
    push.send(["a", "b"]);
    expect(await message).toEqual(["a", "b"]);
  });

  test("can be limited to some sockets; other receivers get the frame", async () => {
    const { push, pull } = await pair();
    instrument({ propagate: (socket) => socket === push });
    await push.send("x");
    const [body, frame, ...rest] = await pull.receive();
    expect([String(body), rest]).toEqual(["x", []]);
    expect(String(frame)).toMatch(/^zmq-trace\/1\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test("leaves other frames, and broken trace contexts, harmless", async () => {
    instrument({ propagate: (socket) => socket instanceof Pull });
    const { push, pull } = await pair();
    const messages = [
      ["one frame"],
      ["x", "zmq-trace/2\ntraceparent: y"],
      ["x", Buffer.alloc(20_000, "zmq-trace/1\n")],
      ["zmq-trace/1\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
    ];
    for (const message of messages) {
      await push.send(message);
      expect((await pull.receive()).map(String)).toEqual(message.map(String));
    }
    for (const text of [
      "zmq-trace/1",
      "zmq-trace/1\n\n:\n: \ntraceparent: \xff\0",
      "zmq-trace/1\n__proto__: x",
    ]) {
      await push.send(["x", Buffer.from(text, "latin1")]);
      const message = await pull.receive();
      expect(message.map(String)).toEqual(["x"]);
      expect(trace.getSpanContext(contextOf(message))).toBeUndefined();
    }
  });
});

describe("processMessage", () => {
  test("reports errors, thrown and rejected", async () => {
    instrument({ destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.send("x");
    const message = await pull.receive();
    const fail = () => {
      throw new RangeError("too far");
    };
    expect(() => processMessage(message, fail)).toThrow("too far");
    await expect(processMessage(message, async () => fail())).rejects.toThrow("too far");
    const processed = spans().filter(({ name }) => name === "process jobs");
    expect(processed).toHaveLength(2);
    for (const span of processed) {
      expect(span.status.code).toBe(SpanStatusCode.ERROR);
      expect(span.attributes["error.type"]).toBe("RangeError");
      expect(span.events).toMatchObject([{ name: "exception" }]);
    }
  });

  test("only calls the function for a message without instrumentation", () => {
    const message = [Buffer.from("x")];
    expect(processMessage(message, (same) => same === message)).toBe(true);
    expect(contextOf(message)).toBe(context.active());
    expect(spans()).toEqual([]);
  });
});

describe("metrics", () => {
  test("count messages and measure operations", async () => {
    instrument({ destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.send("1");
    await push.sendMany(["2", "3"]);
    let left = 3;
    for await (const message of pull) {
      await processMessage(message, async () => {});
      if (--left === 0) break;
    }
    const sum = (points: MetricData["dataPoints"]) =>
      points.reduce((total, { value }) => total + (typeof value === "number" ? value : value.count!), 0);
    expect(sum(await metric("messaging.client.sent.messages"))).toBe(3);
    const consumed = await metric("messaging.client.consumed.messages");
    expect(sum(consumed)).toBe(3);
    expect(consumed[0]!.attributes).toMatchObject({
      "messaging.system": "zeromq",
      "messaging.destination.name": "jobs",
      "messaging.operation.name": "receive",
    });
    const durations = await metric("messaging.client.operation.duration");
    expect(sum(durations)).toBe(5);
    const of = (name: string) => new Set(durations.map(({ attributes }) => attributes[name]));
    expect(of("messaging.operation.name")).toEqual(new Set(["send", "receive"]));
    expect(of("zmq.operation")).toEqual(new Set(["send", "sendMany", "for await"]));
    expect(sum(await metric("messaging.process.duration"))).toBe(3);
  });

  test("measure failures by their type, and do not count their messages", async () => {
    instrument({ destination: () => "failures" });
    const push = new Push({ sendTimeout: 0 });
    open.push(push);
    await push.send("x").catch(() => {});
    const [point] = await metric("messaging.client.operation.duration");
    expect(point!.attributes["error.type"]).toBe("EAGAIN");
    const counted = (await metric("messaging.client.sent.messages")).filter(
      ({ attributes }) => attributes["messaging.destination.name"] === "failures",
    );
    expect(counted.filter(({ value }) => value !== 0)).toEqual([]);
  });

  test("do not measure durations without spans", async () => {
    const one = instrument({ destination: () => "jobs", spans: false });
    const { push, pull } = await pair();
    await push.send("1");
    await processMessage(await pull.receive(), async () => {});
    expect(await metric("messaging.client.operation.duration")).toEqual([]);
    expect(await metric("messaging.process.duration")).toEqual([]);
    expect(spans()).toEqual([]);
    one.setConfig({ destination: () => "jobs" });
    await push.send("2");
    expect(await metric("messaging.client.operation.duration")).toHaveLength(1);
    expect(spans()).toHaveLength(1);
  });

  test("count peers and drops", async () => {
    instrument({ destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.send("x");
    await pull.receive();
    const lossy = new Push({ sendQueue: { max: 1, overflow: "dropOldest" }, linger: 0 });
    open.push(lossy);
    void lossy.send("1");
    void lossy.send("2").catch(() => {});
    const valueOf = async (name: string, type: string) =>
      (await metric(name)).find(({ attributes }) => attributes["zmq.socket.type"] === type)?.value;
    while ((await valueOf("zmq.peers", "PULL")) !== 1) await new Promise(setImmediate);
    const [drop] = await metric("zmq.messages.dropped");
    expect(drop).toMatchObject({ value: 1, attributes: { "zmq.drop.reason": "overflow" } });
  });
});

describe("the interface of OpenTelemetry's instrumentations", () => {
  test("names, versions and configuration", () => {
    const one = instrument({ enabled: false, propagate: true });
    expect(one.instrumentationName).toBe("zmq-native");
    const { version } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8"));
    expect(one.instrumentationVersion).toBe(version);
    expect(one.getConfig()).toEqual({ enabled: false, propagate: true });
    one.setConfig({ spans: false });
    expect(one.getConfig()).toEqual({ enabled: true, spans: false });
    expect(() => new ZmqInstrumentation(null as never)).toThrow("must be an object, got null");
    expect(() => one.setConfig("x" as never)).toThrow(TypeError);
  });

  test("uses the providers that it is given", async () => {
    const exporter = new InMemorySpanExporter();
    const one = instrument({ destination: () => "jobs" });
    one.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    const own = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const ownReader = new PeriodicExportingMetricReader({ exporter: own, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [ownReader] });
    one.setMeterProvider(provider);
    const { push } = await pair();
    await push.send("x");
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["send jobs"]);
    expect(spans()).toEqual([]);
    await ownReader.forceFlush();
    expect(own.getMetrics()[0]!.scopeMetrics[0]!.scope.name).toBe("zmq-native");
    await provider.shutdown();
  });
});

describe("functions of the configuration that throw", () => {
  const failing = () => {
    throw new Error("of the configuration");
  };

  test("count as if they were missing, and messages pass", async () => {
    instrument({ propagate: failing, destination: failing, peers: true });
    const { push, pull } = await pair();
    await push.send("message");
    expect((await pull.receive()).map(String)).toEqual(["message"]);
    expect(spans().length).toBeGreaterThan(0);
  });

  test("a propagator that throws is left out, and messages pass", async () => {
    propagation.disable();
    propagation.setGlobalPropagator({ inject: failing, extract: failing, fields: () => [] });
    onTestFinished(() => {
      propagation.disable();
      propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    });
    instrument({ propagate: true, destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.send("without a context");
    expect((await pull.receive()).map(String)).toEqual(["without a context"]);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await push.send(["from elsewhere", `zmq-trace/1\ntraceparent: ${traceparent}`]);
    expect((await pull.receive()).map(String)).toEqual(["from elsewhere"]);
    expect(spans().map(({ name }) => name)).toEqual([
      "send jobs",
      "receive jobs",
      "send jobs",
      "receive jobs",
    ]);
  });

  test("a sampler that throws is left out, and messages pass", async () => {
    const sampler = { shouldSample: failing, toString: () => "failing" };
    trace.disable();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler }));
    onTestFinished(() => {
      trace.disable();
      trace.setGlobalTracerProvider(tracers);
    });
    instrument({ propagate: true });
    const { push, pull } = await pair();
    await push.send("message");
    const message = await pull.receive();
    expect(message.map(String)).toEqual(["message"]);
    expect(processMessage(message, ([frame]) => String(frame))).toBe("message");
  });

  test("a processor of spans that throws is left out, and messages pass", async () => {
    const ended: string[] = [];
    const processor = {
      onStart() {},
      onEnd({ name }: { name: string }) {
        ended.push(name);
        return failing();
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    trace.disable();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
    onTestFinished(() => {
      trace.disable();
      trace.setGlobalTracerProvider(tracers);
    });
    instrument({ propagate: true, destination: () => "jobs" });
    const { push, pull } = await pair();
    await push.send("message");
    const message = await pull.receive();
    expect(message.map(String)).toEqual(["message"]);
    expect(processMessage(message, ([frame]) => String(frame))).toBe("message");
    expect(await processMessage(message, async ([frame]) => String(frame))).toBe("message");
    const own = new Error("the program's own");
    expect(() =>
      processMessage(message, () => {
        throw own;
      }),
    ).toThrow(own);
    await expect(processMessage(message, () => Promise.reject(own))).rejects.toBe(own);
    expect(ended).toEqual(["send jobs", "receive jobs", ...Array(4).fill("process jobs")]);
  });

  test("and may use the socket, although it is closed during a receive", async () => {
    instrument({ propagate: (socket) => socket.lastEndpoint !== null });
    const { pull } = await pair();
    const receiving = pull.receive();
    pull.close();
    await expect(receiving).rejects.toMatchObject({ code: "EAGAIN" });
    expect(() => pull.receive()).toThrow(expect.objectContaining({ code: "EBADF" }));
  });
});
