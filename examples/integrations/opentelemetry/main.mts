// opentelemetry/main.mts
// A service with the SDK of OpenTelemetry: spans that continue the trace of each request, and metrics of all sockets.

import { metrics, NodeSDK, tracing } from "@opentelemetry/sdk-node";
import { Reply, Request } from "zmq-native";
import { processMessage, ZmqInstrumentation } from "zmq-native/opentelemetry";

// In memory, so that the program can print them. Without them, `NodeSDK` exports to a collector.
const spans = new tracing.InMemorySpanExporter();
const processor = new tracing.SimpleSpanProcessor(spans);
const counts = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE);

const sdk = new NodeSDK({
  serviceName: "greeter",
  spanProcessors: [processor],
  metricReaders: [new metrics.PeriodicExportingMetricReader({ exporter: counts })],
  instrumentations: [new ZmqInstrumentation({ propagate: true, destination: () => "greetings" })],
});
sdk.start();

const reply = new Reply();
await reply.bind("tcp://127.0.0.1:*");
const serving = (async () => {
  for await (const message of reply) {
    await processMessage(message, async ([name]) => reply.send(`Hello, ${name}!`));
  }
})();

const request = new Request({ receiveTimeout: 5_000 });
request.connect(reply.lastEndpoint!);
for (const name of ["Ada", "Grace"]) {
  await request.send(name);
  console.log(`${await request.receive()}`);
}
request.close();
reply.close();
await serving;

await processor.forceFlush();
const finished = spans.getFinishedSpans();
for (const { name, parentSpanContext } of finished) {
  const parent = finished.find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
  console.log(`${name}${parent ? ` in ${parent.name}` : ""}`);
}

// The last export has the counts of closed sockets, too.
await sdk.shutdown();
const { scopeMetrics } = counts.getMetrics().at(-1)!;
for (const { descriptor, dataPoints } of scopeMetrics.flatMap((scope) => scope.metrics)) {
  if (!/^messaging\.client\..*\.messages$/.test(descriptor.name)) continue;
  for (const { attributes, value } of dataPoints) {
    console.log(`${descriptor.name} of ${attributes["zmq.socket.type"]}: ${value}`);
  }
}
