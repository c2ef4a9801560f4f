// Turns the channels of messages into spans, and the statistics of sockets into metrics.

import {
  type Attributes,
  type BatchObservableResult,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
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
  MessagesPayload,
  ReceivePayload,
  SendPayload,
  SocketClosePayload,
  SocketPayload,
} from "../socket/payloads.js";
import type { Socket } from "../socket/socket.js";
import { attributesOf, errorTypeOf, type OperationType, spanName } from "./attributes.js";
import { Census } from "./census.js";
import { guarded } from "./guarded.js";
import { type Durations, durationsOf, observablesOf } from "./metrics.js";
import { linkTo, remember } from "./received.js";
import { decodeFields, encodeFields, type TraceFields } from "./trace-frame.js";

const name = "zmq-native";

/** Links of one span: the default limit of OpenTelemetry. */
const mostLinks = 128;

/** Options of {@link ZmqInstrumentation}. */
export interface ZmqInstrumentationConfig {
  /** Whether the constructor enables the instrumentation. Default true. */
  enabled?: boolean | undefined;
  /** Whether to create spans, and to measure the durations of operations. Default true. */
  spans?: boolean | undefined;
  /**
   * Whether to record metrics. Default true. They count the messages of sockets that are created while the instrumentation is
   * enabled, and cost nothing for each message: the counts are read when they are exported.
   */
  metrics?: boolean | undefined;
  /**
   * Whether messages carry the trace context in an additional frame: for all sockets, or for those for which the function
   * returns true. Enable it on both sides: other receivers get the frame as the last one of the message. Default false.
   */
  propagate?: boolean | ((socket: Socket) => boolean) | undefined;
  /**
   * Returns `messaging.destination.name` for a socket, such as `"orders"`. It is also a part of the names of spans.
   * Default: the endpoint of the socket. For metrics it is called again whenever they are exported, and when the socket has been
   * closed.
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
  /** Whether to record `zmq.peers`, for which sockets keep a list of their peers: see `socket.peers`. Default true. */
  peers?: boolean | undefined;
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

type Subscribers = [channel: string, subscriber: (payload: object) => void][];

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
  #durations: Durations | undefined;
  /** The provider whose instruments are used. */
  #provider: MeterProvider | undefined;
  /** Removes the callback by which the provider reads the counts. */
  #detach: (() => void) | undefined;
  readonly #census: Census;
  readonly #started = new WeakMap<object, Started>();
  /** The channels of every message. */
  readonly #messages: Subscribers;
  readonly #sockets: Subscribers;
  readonly #subscribed = new Set<Subscribers>();

  /**
   * Creates an instrumentation and enables it, unless `enabled` is false. Use one in a process.
   *
   * @throws TypeError: the configuration is not an object.
   */
  constructor(config: ZmqInstrumentationConfig = {}) {
    this.#config = { ...expectConfig(config) };
    this.#census = new Census((socket, endpoint) => this.#destinationOf({ socket, endpoint }));
    this.#messages = [
      ["tracing:zmq-native:send:start", (payload) => this.#sendStarted(payload as SendPayload)],
      ["tracing:zmq-native:send:end", (payload) => this.#sendReturned(payload as SendPayload)],
      ["tracing:zmq-native:send:asyncEnd", (payload) => this.#sent(payload as SendPayload)],
      ["tracing:zmq-native:receive:start", (payload) => this.#receiveStarted(payload as ReceivePayload)],
      ["tracing:zmq-native:receive:end", (payload) => this.#receiveReturned(payload as ReceivePayload)],
      ["tracing:zmq-native:receive:asyncEnd", (payload) => this.#received(payload as ReceivePayload)],
    ];
    this.#sockets = [
      ["zmq-native:socket:open", (payload) => this.#opened(payload as SocketPayload)],
      ["zmq-native:socket:close", (payload) => this.#census.closed(payload as SocketClosePayload)],
    ];
    if (config.enabled !== false) this.enable();
  }

  /** Starts to create spans and metrics. Does nothing if it is enabled. Never throws. */
  enable(): void {
    this.#enabled = true;
    this.#update();
  }

  /** Stops to create spans and metrics. Operations that are pending get no span. Never throws. */
  disable(): void {
    this.#enabled = false;
    this.#update();
  }

  /** Sets the provider of the tracer. Default: the global one. Never throws. */
  setTracerProvider(provider: TracerProvider): void {
    this.#tracers = provider;
  }

  /**
   * Sets the provider of the meter. Default: the global one, which has to be set before the sockets are created. Never throws.
   */
  setMeterProvider(provider: MeterProvider): void {
    this.#meters = provider;
    this.#update();
  }

  /**
   * Replaces the configuration. `enabled` is read by the constructor only.
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
    this.#update();
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
    return guarded(() => (this.#tracers ?? trace.getTracerProvider()).getTracer(name, version), undefined);
  }

  /** Subscribes to what the configuration needs, and registers the metrics. */
  #update(): void {
    const { spans, propagate = false } = this.#config;
    this.#subscribe(this.#messages, this.#enabled && (spans !== false || propagate !== false));
    this.#subscribe(this.#sockets, this.#measures);
    this.#attach();
  }

  #subscribe(subscribers: Subscribers, wanted: boolean): void {
    if (this.#subscribed.has(subscribers) === wanted) return;
    const { subscribe, unsubscribe } = process.getBuiltinModule("node:diagnostics_channel");
    for (const [channel, subscriber] of subscribers) {
      (wanted ? subscribe : unsubscribe)(channel, subscriber as never);
    }
    if (wanted) this.#subscribed.add(subscribers);
    else this.#subscribed.delete(subscribers);
  }

  get #measures(): boolean {
    return this.#enabled && this.#config.metrics !== false;
  }

  /** Uses the instruments of the current provider: the global one may be set after the instrumentation was created. */
  #attach(): void {
    const provider = this.#measures ? (this.#meters ?? metrics.getMeterProvider()) : undefined;
    if (this.#provider === provider) return;
    this.#detach?.();
    this.#detach = undefined;
    this.#durations = undefined;
    this.#provider = provider;
    if (provider === undefined) return;
    const meter = provider.getMeter(name, version);
    this.#durations = durationsOf(meter);
    const observables = observablesOf(meter);
    const all = Object.values(observables);
    const observe = (result: BatchObservableResult) =>
      this.#census.observe(observables, result, this.#config.peers !== false);
    meter.addBatchObservableCallback(observe, all);
    this.#detach = () => meter.removeBatchObservableCallback(observe, all);
  }

  /** The histograms of durations, which come with spans. */
  get #measured(): Durations | undefined {
    if (this.#config.spans === false) return undefined;
    guarded(() => this.#attach(), undefined);
    return this.#durations;
  }

  #opened(payload: SocketPayload): void {
    guarded(() => this.#attach(), undefined);
    this.#census.opened(payload);
  }

  #destinationOf({ socket, endpoint }: Pick<MessagesPayload, "socket" | "endpoint">): string | null {
    const { destination } = this.#config;
    const given = destination && guarded(() => destination(socket, endpoint), endpoint);
    return typeof given === "string" || given === null ? given : endpoint;
  }

  #propagates(socket: Socket): boolean {
    const { propagate = false } = this.#config;
    return typeof propagate === "function" ? guarded(() => propagate(socket), false) : propagate;
  }

  #attributes(type: OperationType, payload: MessagesPayload & { readonly operation: string }): Attributes {
    const attributes = attributesOf(type, this.#destinationOf(payload), payload.endpoint);
    return { ...attributes, "zmq.operation": payload.operation };
  }

  #sendStarted(payload: SendPayload): void {
    const parent = context.active();
    const attributes = this.#attributes("send", payload);
    const name = spanName("send", this.#destinationOf(payload));
    const options = { kind: SpanKind.PRODUCER, attributes: { ...attributes, ...sizesOf(payload) } };
    const span = guarded(() => this.#tracer?.startSpan(name, options, parent), undefined);
    const propagates = this.#propagates(payload.socket);
    this.#started.set(payload, { time: now(), epoch: Date.now(), parent, span, propagates });
    if (!propagates) return;
    const fields: TraceFields = {};
    const active = span === undefined ? parent : trace.setSpan(parent, span);
    const frame = guarded(() => {
      propagation.inject(active, fields);
      return encodeFields(fields);
    }, undefined);
    if (frame !== undefined) payload.append(frame);
  }

  /** A send that has thrown, or is synchronous, has ended. */
  #sendReturned(payload: SendPayload): void {
    if (payload.operation === "trySend" || payload.error !== undefined) this.#sent(payload);
  }

  #sent(payload: SendPayload): void {
    const started = this.#take(payload);
    if (started === undefined) return;
    // Nothing is sent for a message that `trySend` could not queue, and for an empty array: the span never ends, so it is not
    // exported.
    if (payload.result === false || (payload.count === 0 && payload.error === undefined)) return;
    const { error } = payload;
    guarded(() => {
      if (error !== undefined) fail(started.span, error);
      started.span?.end();
    }, undefined);
    this.#measure("send", payload, started);
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
    const { endpoint, socketType } = payload;
    const destination = this.#destinationOf(payload);
    const tracer = this.#tracer;
    const duration = this.#measured?.processDuration;
    let { bytes } = payload;
    const links = messages.flatMap((message) => {
      const taken = started.propagates ? takeContext(message) : undefined;
      const sender = taken?.sender;
      // The program does not get the frame.
      bytes -= taken?.bytes ?? 0;
      remember(message, { sender, tracer, duration, socketType, destination, endpoint });
      return linkTo(sender);
    });
    if (messages.length > 0) {
      const options = {
        kind: SpanKind.CLIENT,
        attributes: { ...this.#attributes("receive", payload), ...sizesOf(payload, bytes) },
        links: links.slice(0, mostLinks),
        startTime: started.epoch,
      };
      guarded(
        () => tracer?.startSpan(spanName("receive", destination), options, started.parent).end(),
        undefined,
      );
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
    guarded(() => this.#measured?.operationDuration.record((now() - time) / 1000, attributes), undefined);
  }
}

/** Attributes that only spans have, since they have many values. */
function sizesOf(payload: SendPayload | ReceivePayload, bytes = payload.bytes): Attributes {
  const { operation, count, socketType } = payload;
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

/** Removes the frame with the sender's context from a message. Returns the context, and the length of the frame. */
function takeContext(message: object): { sender: Context; bytes: number } | undefined {
  // A message that is nothing but a context was not sent by an instrumentation.
  if (!Array.isArray(message) || message.length < 2) return undefined;
  const frame = message.at(-1);
  const fields = decodeFields(frame);
  if (fields === undefined) return undefined;
  message.pop();
  const sender = guarded(() => usable(propagation.extract(ROOT_CONTEXT, fields)), ROOT_CONTEXT);
  return { sender, bytes: (frame as Uint8Array).byteLength };
}

/** Throws unless the result of a propagator can be used as a context. */
function usable(context: Context): Context {
  trace.setSpan(context, trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  trace.getSpanContext(context);
  return context;
}

function expectConfig(config: unknown): ZmqInstrumentationConfig {
  if (typeof config === "object" && config !== null) return config;
  throw new TypeError(`The configuration must be an object, got ${config === null ? "null" : typeof config}`);
}
