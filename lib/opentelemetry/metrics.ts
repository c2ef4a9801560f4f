// The instruments: those of OpenTelemetry's semantic conventions for messaging, and some of our own.

import type { Meter } from "@opentelemetry/api";

/** The boundaries of the conventions, in seconds. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const seconds = { unit: "s", advice: { explicitBucketBoundaries: boundaries } };

export type Durations = ReturnType<typeof durationsOf>;

/** Histograms, to which the spans of operations are recorded. */
export const durationsOf = (meter: Meter) => ({
  operationDuration: meter.createHistogram("messaging.client.operation.duration", {
    ...seconds,
    description: "Duration of sends and receives.",
  }),
  processDuration: meter.createHistogram("messaging.process.duration", {
    ...seconds,
    description: "Duration of processing a message.",
  }),
});

export type Observables = ReturnType<typeof observablesOf>;

/** Instruments whose values are read from the statistics of sockets when an exporter collects them. */
export const observablesOf = (meter: Meter) => ({
  sent: meter.createObservableCounter("messaging.client.sent.messages", {
    unit: "{message}",
    description: "Number of messages that were handed to the network, once for each peer.",
  }),
  consumed: meter.createObservableCounter("messaging.client.consumed.messages", {
    unit: "{message}",
    description: "Number of messages that the program has received.",
  }),
  bytes: meter.createObservableCounter("zmq.network.io", {
    unit: "By",
    description:
      "Number of bytes that were exchanged with the network, with those of handshakes and headers.",
  }),
  dropped: meter.createObservableCounter("zmq.messages.dropped", {
    unit: "{message}",
    description: "Number of messages that were dropped, by reason.",
  }),
  queued: meter.createObservableUpDownCounter("zmq.queue.messages", {
    unit: "{message}",
    description: "Number of messages in the queues of open sockets.",
  }),
  peers: meter.createObservableUpDownCounter("zmq.peers", {
    unit: "{peer}",
    description: "Number of connected peers.",
  }),
});
