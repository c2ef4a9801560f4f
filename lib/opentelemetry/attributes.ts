// Attributes of spans and metrics, by OpenTelemetry's semantic conventions for messaging.

import type { Attributes } from "@opentelemetry/api";

export const systemName = "zeromq";

/** The kind of an operation: `messaging.operation.type`. */
export type OperationType = "send" | "receive" | "process";

const address = /^(?:tcp|ws|wss|udp):\/\/(?:[^/]*;)?(\[[^\]]+\]|[^/:]+):(\d+)/;

/** The attributes that name a destination and an endpoint. */
export function placeOf(destination: string | null, endpoint: string | null): Attributes {
  const [, host, port] = (endpoint === null ? null : address.exec(endpoint)) ?? [];
  return {
    ...(destination === null ? {} : { "messaging.destination.name": destination }),
    ...(host === undefined
      ? {}
      : { "server.address": host.replace(/^\[|\]$/g, ""), "server.port": Number(port) }),
  };
}

/** Attributes that spans and durations have in common. They have few values, as metrics require. */
export function attributesOf(
  type: OperationType,
  destination: string | null,
  endpoint: string | null,
): Attributes {
  return {
    "messaging.system": systemName,
    // The first part of the span's name, by the conventions.
    "messaging.operation.name": type,
    "messaging.operation.type": type,
    ...placeOf(destination, endpoint),
  };
}

/** `error.type`: the code of the error, or the name of its class. */
export function errorTypeOf(error: unknown): string {
  try {
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (typeof code === "string") return code;
    return typeof name === "string" && name !== "" ? name : "_OTHER";
  } catch {
    // The reason of an abort can be anything, also an object whose getters throw.
    return "_OTHER";
  }
}

/** The name of a span. */
export const spanName = (name: string, destination: string | null): string =>
  destination === null ? name : `${name} ${destination}`;
