// The metrics: those of OpenTelemetry's semantic conventions for messaging, and two of our own.

import type { Meter } from "@opentelemetry/api";

/** The boundaries of the conventions, in seconds. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const seconds = { unit: "s", advice: { explicitBucketBoundaries: boundaries } };

export type Metrics = ReturnType<typeof metricsOf>;

// Counts by connection, such as bytes and queue lengths, belong here once sockets have statistics.
export const metricsOf = (meter: Meter) => ({
  operationDuration: meter.createHistogram("messaging.client.operation.duration", {
    ...seconds,
    description: "Duration of sends and receives.",
  }),
  processDuration: meter.createHistogram("messaging.process.duration", {
    ...seconds,
    description: "Duration of processing a message.",
  }),
  sent: meter.createCounter("messaging.client.sent.messages", {
    unit: "{message}",
    description: "Number of messages that libzmq has queued for sending.",
  }),
  consumed: meter.createCounter("messaging.client.consumed.messages", {
    unit: "{message}",
    description: "Number of messages that the program has received.",
  }),
  peers: meter.createUpDownCounter("zmq.peers", {
    unit: "{peer}",
    description: "Number of connected peers.",
  }),
  dropped: meter.createCounter("zmq.messages.dropped", {
    unit: "{message}",
    description: "Number of messages that were dropped, by reason.",
  }),
});
