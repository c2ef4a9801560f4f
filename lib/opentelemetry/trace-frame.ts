// The frame that carries a trace context: text, so that any language can read and write it in a few lines.
// docs/observability.md specifies it.

import { types } from "node:util";

/** The first line of the frame. */
const header = "zmq-trace/1";
/** A longer frame is not a trace context. W3C allows 512 bytes of tracestate and 8192 of baggage. */
const longest = 16 * 1024;

/** The fields of a trace context, such as `traceparent`. */
export type TraceFields = Record<string, string>;

/** Encodes fields. Fields that do not fit into a line of text are left out. */
export function encodeFields(fields: TraceFields): string | undefined {
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    /^[\x21-\x39\x3b-\x7e]+$/.test(name) && /^[\x20-\x7e]*$/.test(value) ? [`${name}: ${value}`] : [],
  );
  const text = [header, ...lines].join("\n");
  return lines.length === 0 || text.length > longest ? undefined : text;
}

/** Decodes a frame. Undefined if it is not a trace context. */
export function decodeFields(frame: unknown): TraceFields | undefined {
  if (!types.isUint8Array(frame) || frame.byteLength > longest || frame[0] !== 0x7a) return undefined;
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("latin1");
  const [first, ...lines] = text.split("\n");
  if (first !== header) return undefined;
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([^:]+): (.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value!]];
    }),
  );
}
