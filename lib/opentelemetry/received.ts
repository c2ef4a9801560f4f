// The trace contexts of received messages, by the arrays of frames that the program has, and spans for their processing.

import { types } from "node:util";
import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  type Link,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { now } from "../runtime/clock.js";
import { attributesOf, errorTypeOf, spanName } from "./attributes.js";
import { guarded } from "./guarded.js";

/** A message that an instrumentation has seen. */
export interface Received {
  /** The context of its sender. Undefined if the message carried none. */
  readonly sender: Context | undefined;
  readonly tracer: Tracer | undefined;
  readonly duration: Histogram | undefined;
  readonly socketType: string;
  readonly destination: string | null;
  readonly endpoint: string | null;
}

const known = new WeakMap<object, Received>();

/** Stores what is known about a message. */
export function remember(message: object, received: Received): void {
  known.set(message, received);
}

/** A link to the span of the sender. */
export function linkTo(sender: Context | undefined): Link[] {
  const spanContext = sender && trace.getSpanContext(sender);
  return spanContext ? [{ context: spanContext }] : [];
}

/**
 * Returns the context that a message carried: the span of its sender, to be the parent of other spans. Returns the active
 * context if the message carried none. Never throws.
 *
 * @param message The array of frames, as `receive` or a loop returned it.
 *
 * @example
 * ```ts
 * import { context } from "@opentelemetry/api";
 * import { Pull, Push } from "zmq-native";
 * import { contextOf } from "zmq-native/opentelemetry";
 *
 * const [push, pull] = [new Push(), new Pull()];
 * await pull.bind("inproc://context-of");
 * push.connect("inproc://context-of");
 * await push.send("job");
 * const message = await pull.receive();
 * context.with(contextOf(message), () => console.log("in the sender's trace")); // in the sender's trace
 * ```
 */
export function contextOf(message: object): Context {
  return known.get(message)?.sender ?? context.active();
}

/**
 * Calls a function in a `process` span, whose parent is the span of the message's sender, or else the active span. Returns
 * the result of the function. The span ends when the function returns, or when its promise settles. An error sets the
 * status of the span. Without an instrumentation, the function is just called.
 *
 * @param message The array of frames, as `receive` or a loop returned it.
 * @param process The function. It gets the message.
 *
 * @throws Error: `process` throws it.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 * import { processMessage, ZmqInstrumentation } from "zmq-native/opentelemetry";
 *
 * const instrumentation = new ZmqInstrumentation({ propagate: true });
 * const [push, pull] = [new Push(), new Pull()];
 * await pull.bind("inproc://process-message");
 * push.connect("inproc://process-message");
 * await push.send("job");
 * const message = await pull.receive();
 * await processMessage(message, async ([job]) => console.log(String(job))); // job
 * instrumentation.disable();
 * ```
 */
export function processMessage<M extends object, T>(message: M, process: (message: M) => T): T {
  const received = known.get(message);
  if (received === undefined) return process(message);
  const { sender, tracer, duration, socketType, destination, endpoint } = received;
  const attributes = attributesOf("process", destination, endpoint);
  const parent = sender ?? context.active();
  const options = {
    kind: SpanKind.CONSUMER,
    attributes: {
      ...attributes,
      "zmq.socket.type": socketType,
      "messaging.message.body.size": sizeOf(message),
    },
    links: linkTo(sender),
  };
  const span = guarded(() => tracer?.startSpan(spanName("process", destination), options, parent), undefined);
  const start = now();
  const end = (failure?: { error: unknown }) => {
    const outcome: Attributes = failure === undefined ? {} : { "error.type": errorTypeOf(failure.error) };
    guarded(() => {
      if (failure !== undefined) {
        span?.setAttributes(outcome);
        span?.recordException(failure.error as Error);
        span?.setStatus({ code: SpanStatusCode.ERROR });
      }
      span?.end();
    }, undefined);
    guarded(() => duration?.record((now() - start) / 1000, { ...attributes, ...outcome }), undefined);
  };
  let result: T;
  try {
    const active = span === undefined ? parent : trace.setSpan(parent, span);
    result = context.with(active, () => process(message));
  } catch (error) {
    end({ error });
    throw error;
  }
  if (!isThenable(result)) {
    end();
    return result;
  }
  return result.then(
    (value) => {
      end();
      return value;
    },
    (error) => {
      end({ error });
      throw error;
    },
  ) as T;
}

/** The bytes of a message's frames. The program may have changed the array. */
const sizeOf = (message: object): number =>
  Array.isArray(message)
    ? message.reduce((size, frame) => size + (types.isUint8Array(frame) ? frame.byteLength : 0), 0)
    : 0;

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
