// One trace across Node and Python, with the Python functions of docs/observability.md: alone, and with the package
// opentelemetry-api, as the page says.

import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { beforeAll, expect, test } from "vitest";
import { Pull, Push } from "zmq-native";
import { processMessage, ZmqInstrumentation } from "zmq-native/opentelemetry";
import { readPage } from "../helpers/pages.js";
import { pythonMissing, pythonTelemetryMissing, startPython } from "../helpers/peers.js";

/** Receives a message, and answers. `answer` is what a program does with the fields of the sender. */
const programOf = (answer: string) => `
import secrets

${readPage("docs/observability.md").files.get("trace_frames.py")}

pull = context.socket(zmq.PULL)
pull.connect(sys.argv[1])
push = context.socket(zmq.PUSH)
push.connect(sys.argv[2])
frames = pull.recv_multipart()
fields = take_trace(frames)
${answer}
print(trace_id, parent_id, span_id, fields.get("tracestate"))
push.send_multipart([frames[0].upper(), trace_frame(answer)])
context.destroy(linger=5000)
`;

const alone = programOf(`
version, trace_id, parent_id, flags = fields["traceparent"].split("-")
span_id = secrets.token_hex(8)
answer = {"traceparent": f"{version}-{trace_id}-{span_id}-{flags}"}
`);

const withPackage = programOf(`
from opentelemetry import trace
from opentelemetry.propagate import extract, inject

sender = trace.get_current_span(extract(fields)).get_span_context()
own = trace.SpanContext(sender.trace_id, secrets.randbits(64), False, sender.trace_flags)
answer = {}
inject(answer, trace.set_span_in_context(trace.NonRecordingSpan(own)))
trace_id = trace.format_trace_id(sender.trace_id)
parent_id, span_id = trace.format_span_id(sender.span_id), trace.format_span_id(own.span_id)
`);

const exporter = new InMemorySpanExporter();
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
});

for (const { title, program, missing } of [
  { title: "a trace continues in Python and back", program: alone, missing: pythonMissing() },
  {
    title: "a trace continues in Python and back, with opentelemetry.propagate",
    program: withPackage,
    missing: pythonTelemetryMissing(),
  },
]) {
  if (missing) console.warn(`SKIPPED: ${title}: ${missing}`);

  test.skipIf(missing)(`${title}${missing ? ` (${missing})` : ""}`, async () => {
    exporter.reset();
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
}
