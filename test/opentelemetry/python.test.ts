// One trace across Node and Python, with the Python functions of docs/observability.md.

import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import { processMessage, ZmqInstrumentation } from "zmq-native/opentelemetry";
import { readPage } from "../helpers/pages.js";
import { pythonMissing, startPython } from "../helpers/peers.js";

const missing = pythonMissing();
if (missing) console.warn(`SKIPPED: ${missing}`);

const program = `
import secrets

${readPage("docs/observability.md").files.get("trace_frames.py")}

pull = context.socket(zmq.PULL)
pull.connect(sys.argv[1])
push = context.socket(zmq.PUSH)
push.connect(sys.argv[2])
frames = pull.recv_multipart()
fields = take_trace(frames)
version, trace_id, parent_id, flags = fields["traceparent"].split("-")
span_id = secrets.token_hex(8)
print(trace_id, parent_id, span_id, fields.get("tracestate"))
answer = {"traceparent": f"{version}-{trace_id}-{span_id}-{flags}"}
push.send_multipart([frames[0].upper(), trace_frame(answer)])
context.destroy(linger=5000)
`;

test.skipIf(missing)(`a trace continues in Python and back${missing ? ` (${missing})` : ""}`, async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  const instrumentation = new ZmqInstrumentation({ propagate: true, destination: () => "jobs" });
  const [push, pull] = [new Push(), new Pull()];
  await push.bind("tcp://127.0.0.1:*");
  await pull.bind("tcp://127.0.0.1:*");
  const python = startPython(program, push.lastEndpoint!, pull.lastEndpoint!);

  await push.send("hello");
  const message = await pull.receive();
  expect(message.map(String)).toEqual(["HELLO"]);
  processMessage(message, () => {});

  const [traceId, parentId, spanId, traceState] = (await python.output).trim().split(" ");
  const spans = exporter.getFinishedSpans();
  const sent = spans.find(({ name }) => name === "send jobs")!.spanContext();
  expect([traceId, parentId, traceState]).toEqual([sent.traceId, sent.spanId, "None"]);
  const processed = spans.find(({ name }) => name === "process jobs")!;
  expect(processed.spanContext().traceId).toBe(sent.traceId);
  expect(processed.parentSpanContext).toMatchObject({ spanId, isRemote: true });
  push.close();
  pull.close();
  instrumentation.disable();
});
