// Spans and metrics for OpenTelemetry: the exports of `zmq-native/opentelemetry`.

export { ZmqInstrumentation, type ZmqInstrumentationConfig } from "./opentelemetry/instrumentation.js";
export { contextOf, processMessage } from "./opentelemetry/received.js";
