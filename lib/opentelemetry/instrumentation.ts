// Turns the channels of node:diagnostics_channel into spans and metrics.

import {
  type Attributes,
  type Context,
  context,
  diag,
  type MeterProvider,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { now } from "../runtime/clock.js";
import { packageVersion as version } from "../runtime/version.js";
import type {
  DropPayload,
  MessagesPayload,
  PeerLeavePayload,
  PeerPayload,
  ReceivePayload,
  SendPayload,
} from "../socket/payloads.js";
import type { Socket } from "../socket/socket.js";
import { attributesOf, errorTypeOf, type OperationType, spanName, systemName } from "./attributes.js";
import { type Metrics, metricsOf } from "./metrics.js";
import { linkTo, remember } from "./received.js";
import { decodeFields, encodeFields, type TraceFields } from "./trace-frame.js";

const name = "zmq-native";

/** Links of one span: the default limit of OpenTelemetry. */
const mostLinks = 128;

/** Options of {@link ZmqInstrumentation}. */
export interface ZmqInstrumentationConfig {
  /** Whether the constructor enables the instrumentation. Default true. */
  enabled?: boolean | undefined;
  /** Whether to create spans. Default true. */
  spans?: boolean | undefined;
  /** Whether to record metrics. Default true. */
  metrics?: boolean | undefined;
  /**
   * Whether messages carry the trace context in an additional frame: for all sockets, or for those for which the function
   * returns true. Enable it on both sides: other receivers get the frame as the last one of the message. Default false.
   */
  propagate?: boolean | ((socket: Socket) => boolean) | undefined;
  /**
   * Returns `messaging.destination.name` for a socket, such as `"orders"`. It is also a part of the names of spans.
   * Default: the endpoint of the socket.
   *
   * @throws Error: an error that the function throws is passed to the `diag` of OpenTelemetry, and the endpoint is used.
   *
   * @example
   * ```ts
   * import { Push } from "zmq-native";
   * import { ZmqInstrumentation } from "zmq-native/opentelemetry";
   *
   * new ZmqInstrumentation({
   *   destination: (socket, endpoint) => (socket instanceof Push ? "jobs" : endpoint),
   * }).disable();
   * ```
   */
  destination?: ((socket: Socket, endpoint: string | null) => string | null) | undefined;
  /**
   * Whether to record `zmq.peers` and `zmq.messages.dropped`. Each socket that is bound or connected then needs a second
   * socket, as {@link Socket.events} does. Default false.
   */
  peers?: boolean | undefined;
}

/** The fields that name a socket and an endpoint. */
interface Endpointed {
  readonly socket: Socket | undefined;
  readonly socketType: string;
  readonly endpoint: string | null;
}

/** An operation that has started. */
interface Started {
  /** Whether messages carry a context. Asked at the start: at the end the socket may be closed. */
  readonly propagates: boolean;
  readonly time: number;
  readonly epoch: number;
  readonly parent: Context;
  /** Of a send. Receives create their spans at the end, when the contexts of the senders are known. */
  readonly span: Span | undefined;
}

type Subscriber = (payload: object) => void;

/**
 * Creates spans and metrics of all sockets of the process. It has the interface of OpenTelemetry's instrumentations, for
 * `registerInstrumentations` and `NodeSDK`. Without those, it uses the global providers.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 * import { ZmqInstrumentation } from "zmq-native/opentelemetry";
 *
 * const instrumentation = new ZmqInstrumentation({ propagate: true, destination: () => "jobs" });
 * const [push, pull] = [new Push(), new Pull()];
 * await pull.bind("inproc://instrumentation");
 * push.connect("inproc://instrumentation");
 * await push.send("job"); // the span "send jobs"
 * console.log(String(await pull.receive())); // job
 * instrumentation.disable();
 * ```
 */
export class ZmqInstrumentation {
  /** The name of the tracer and of the meter. */
  readonly instrumentationName: string = name;
  /** The version of the tracer and of the meter. */
  readonly instrumentationVersion: string = version;
  #config: ZmqInstrumentationConfig;
  #enabled = false;
  #tracers: TracerProvider | undefined;
  #meters: MeterProvider | undefined;
  #metrics: Metrics | undefined;
  /** The provider of `#metrics`. */
  #provider: MeterProvider | undefined;
  /** The destination under which peers were counted, by socket and endpoint, while there are any. */
  readonly #counted = new Map<string, { destination: string | null; peers: number }>();
  readonly #started = new WeakMap<object, Started>();
  readonly #channels: [name: string, subscriber: Subscriber][];

  /**
   * Creates an instrumentation and enables it, unless `enabled` is false. Use one in a process.
   *
   * @throws TypeError: the configuration is not an object.
   */
  constructor(config: ZmqInstrumentationConfig = {}) {
    this.#config = { ...expectConfig(config) };
    this.#channels = [
      ["tracing:zmq-native:send:start", (payload) => this.#sendStarted(payload as SendPayload)],
      ["tracing:zmq-native:send:end", (payload) => this.#sendReturned(payload as SendPayload)],
      ["tracing:zmq-native:send:asyncEnd", (payload) => this.#sent(payload as SendPayload)],
      ["tracing:zmq-native:receive:start", (payload) => this.#receiveStarted(payload as ReceivePayload)],
      ["tracing:zmq-native:receive:end", (payload) => this.#receiveReturned(payload as ReceivePayload)],
      ["tracing:zmq-native:receive:asyncEnd", (payload) => this.#received(payload as ReceivePayload)],
    ];
    if (config.peers === true) {
      this.#channels.push(
        ["zmq-native:peer:join", (payload) => this.#peers(1, payload as PeerPayload)],
        ["zmq-native:peer:leave", (payload) => this.#peers(-1, payload as PeerLeavePayload)],
        ["zmq-native:message:drop", (payload) => this.#dropped(payload as DropPayload)],
      );
    }
    if (config.enabled !== false) this.enable();
  }

  /** Starts to create spans and metrics. Does nothing if it is enabled. Never throws. */
  enable(): void {
    if (this.#enabled) return;
    this.#enabled = true;
    const { subscribe } = process.getBuiltinModule("node:diagnostics_channel");
    for (const [channel, subscriber] of this.#channels) subscribe(channel, subscriber as never);
  }

  /** Stops to create spans and metrics. Operations that are pending get no span. Never throws. */
  disable(): void {
    if (!this.#enabled) return;
    this.#enabled = false;
    const { unsubscribe } = process.getBuiltinModule("node:diagnostics_channel");
    for (const [channel, subscriber] of this.#channels) unsubscribe(channel, subscriber as never);
  }

  /** Sets the provider of the tracer. Default: the global one. Never throws. */
  setTracerProvider(provider: TracerProvider): void {
    this.#tracers = provider;
  }

  /** Sets the provider of the meter. Default: the global one. Never throws. */
  setMeterProvider(provider: MeterProvider): void {
    this.#meters = provider;
  }

  /**
   * Replaces the configuration. `enabled` and `peers` are read by the constructor only.
   *
   * @throws TypeError: the configuration is not an object.
   *
   * @example
   * ```ts
   * import { ZmqInstrumentation } from "zmq-native/opentelemetry";
   *
   * const instrumentation = new ZmqInstrumentation();
   * instrumentation.setConfig({ propagate: (socket) => socket.lastEndpoint !== null });
   * instrumentation.disable();
   * ```
   */
  setConfig(config: ZmqInstrumentationConfig): void {
    this.#config = { ...expectConfig(config) };
  }

  /** Returns a copy of the configuration. Never throws. */
  getConfig(): ZmqInstrumentationConfig & {
    /** Whether the constructor enables the instrumentation. */
    enabled?: boolean;
  } {
    return { ...this.#config, enabled: this.#config.enabled !== false };
  }

  get #tracer() {
    if (this.#config.spans === false) return undefined;
    return (this.#tracers ?? trace.getTracerProvider()).getTracer(name, version);
  }

  get #recorded(): Metrics | undefined {
    if (this.#config.metrics === false) return undefined;
    // The global provider may be set after the instrumentation was created.
    const provider = this.#meters ?? metrics.getMeterProvider();
    if (this.#provider !== provider) {
      this.#provider = provider;
      this.#metrics = metricsOf(provider.getMeter(name, version));
    }
    return this.#metrics;
  }

  #destinationOf({ socket, endpoint }: Endpointed): string | null {
    const { destination } = this.#config;
    // A peer may leave after its socket was garbage-collected.
    if (destination === undefined || socket === undefined) return endpoint;
    return guarded(() => destination(socket, endpoint), endpoint);
  }

  #propagates(socket: Socket): boolean {
    const { propagate = false } = this.#config;
    return typeof propagate === "function" ? guarded(() => propagate(socket), false) : propagate;
  }

  #attributes(type: OperationType, payload: MessagesPayload & { readonly operation: string }): Attributes {
    return attributesOf(type, payload.operation, this.#destinationOf(payload), payload.endpoint);
  }

  #sendStarted(payload: SendPayload): void {
    const parent = context.active();
    const attributes = this.#attributes("send", payload);
    const span = this.#tracer?.startSpan(
      spanName("send", this.#destinationOf(payload)),
      { kind: SpanKind.PRODUCER, attributes: { ...attributes, ...sizesOf(payload) } },
      parent,
    );
    const propagates = this.#propagates(payload.socket);
    this.#started.set(payload, { time: now(), epoch: Date.now(), parent, span, propagates });
    if (!propagates) return;
    const fields: TraceFields = {};
    propagation.inject(span === undefined ? parent : trace.setSpan(parent, span), fields);
    const frame = encodeFields(fields);
    if (frame !== undefined) payload.append(frame);
  }

  /** A send that has thrown, or is synchronous, has ended. */
  #sendReturned(payload: SendPayload): void {
    if (payload.operation === "trySend" || payload.error !== undefined) this.#sent(payload);
  }

  #sent(payload: SendPayload): void {
    const started = this.#take(payload);
    // A message that `trySend` could not queue is not sent: its span never ends, so it is not exported.
    if (started === undefined || payload.result === false) return;
    const { error } = payload;
    const sent = error === undefined ? payload.count : sentOf(error);
    if (error !== undefined) fail(started.span, error);
    started.span?.end();
    this.#measure("send", payload, started);
    if (sent > 0) this.#recorded?.sent.add(sent, this.#attributes("send", payload));
  }

  #receiveStarted(payload: ReceivePayload): void {
    this.#started.set(payload, {
      time: now(),
      epoch: Date.now(),
      parent: context.active(),
      span: undefined,
      propagates: this.#propagates(payload.socket),
    });
  }

  #receiveReturned(payload: ReceivePayload): void {
    if (payload.operation === "tryReceive" || payload.error !== undefined) this.#received(payload);
  }

  #received(payload: ReceivePayload): void {
    const started = this.#take(payload);
    if (started === undefined) return;
    const { messages, error } = payload;
    // An empty queue or the end of a loop is not an operation on a message.
    if (messages.length === 0 && error === undefined) return;
    const destination = this.#destinationOf(payload);
    const tracer = this.#tracer;
    const recorded = this.#recorded;
    const links = messages.flatMap((message) => {
      const sender = started.propagates ? takeContext(message) : undefined;
      const duration = recorded?.processDuration;
      remember(message, { sender, tracer, duration, destination, endpoint: payload.endpoint });
      return linkTo(sender);
    });
    if (messages.length > 0) {
      tracer
        ?.startSpan(
          spanName("receive", destination),
          {
            kind: SpanKind.CLIENT,
            attributes: { ...this.#attributes("receive", payload), ...sizesOf(payload) },
            links: links.slice(0, mostLinks),
            startTime: started.epoch,
          },
          started.parent,
        )
        .end();
      recorded?.consumed.add(messages.length, this.#attributes("receive", payload));
    }
    this.#measure("receive", payload, started);
  }

  #take(payload: object): Started | undefined {
    const started = this.#started.get(payload);
    this.#started.delete(payload);
    return started;
  }

  #measure(type: OperationType, payload: SendPayload | ReceivePayload, { time }: Started): void {
    const { error } = payload;
    const attributes = this.#attributes(type, payload);
    if (error !== undefined) attributes["error.type"] = errorTypeOf(error);
    this.#recorded?.operationDuration.record((now() - time) / 1000, attributes);
  }

  #peers(change: number, payload: PeerPayload | PeerLeavePayload): void {
    const key = `${payload.socketId}\n${payload.endpoint}`;
    const counted = this.#counted.get(key) ?? { destination: this.#destinationOf(payload), peers: 0 };
    counted.peers += change;
    if (counted.peers > 0) this.#counted.set(key, counted);
    else this.#counted.delete(key);
    this.#recorded?.peers.add(change, this.#common(payload, counted.destination));
  }

  #dropped(payload: DropPayload): void {
    this.#recorded?.dropped.add(1, { ...this.#common(payload), "zmq.drop.reason": payload.reason });
  }

  #common(payload: Endpointed, destination = this.#destinationOf(payload)): Attributes {
    return {
      "messaging.system": systemName,
      "zmq.socket.type": payload.socketType,
      ...(destination === null ? {} : { "messaging.destination.name": destination }),
    };
  }
}

/** Attributes that only spans have, since they have many values. */
function sizesOf({ operation, count, bytes, socketType }: SendPayload | ReceivePayload): Attributes {
  const batch = ["sendMany", "receiveMany", "batches"].includes(operation);
  return {
    "zmq.socket.type": socketType,
    ...(batch ? { "messaging.batch.message_count": count } : { "messaging.message.body.size": bytes }),
  };
}

function fail(span: Span | undefined, error: unknown): void {
  span?.setAttribute("error.type", errorTypeOf(error));
  const message = guarded(() => (error as { message?: unknown } | null | undefined)?.message, undefined);
  span?.setStatus({
    code: SpanStatusCode.ERROR,
    ...(typeof message === "string" ? { message } : {}),
  });
}

/** The number of messages that a failed `sendMany` has sent. */
function sentOf(error: unknown): number {
  const sent = guarded(() => (error as { sent?: unknown } | null)?.sent, undefined);
  return typeof sent === "number" ? sent : 0;
}

/**
 * Calls a function of the program, or reads a property of an object that the program may have made. An error in a subscriber
 * would end the process.
 */
function guarded<T>(call: () => T, otherwise: T): T {
  try {
    return call();
  } catch (error) {
    diag.error("zmq-native: a function of the configuration threw", error);
    return otherwise;
  }
}

/** Removes the frame with the sender's context from a message. */
function takeContext(message: object): Context | undefined {
  // A message that is nothing but a context was not sent by an instrumentation.
  if (!Array.isArray(message) || message.length < 2) return undefined;
  const fields = decodeFields(message.at(-1));
  if (fields === undefined) return undefined;
  message.pop();
  return propagation.extract(ROOT_CONTEXT, fields);
}

function expectConfig(config: unknown): ZmqInstrumentationConfig {
  if (typeof config === "object" && config !== null) return config;
  throw new TypeError(`The configuration must be an object, got ${config === null ? "null" : typeof config}`);
}
