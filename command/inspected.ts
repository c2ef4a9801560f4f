// Asks a program that has called `inspector.listen` for the state of its sockets.

import * as zmq from "zmq-native";
import type { Snapshot } from "zmq-native/inspector";
import { exitCodes, Failure, interrupted, isTimeout, textOf } from "./exit.js";

/** The request of version 1 of the format, which docs/observability.md documents. */
const request = "zmq-inspector/1";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, check: (element: Record<string, unknown>) => boolean): boolean =>
  Array.isArray(value) && value.every((element) => isRecord(element) && check(element));

const counts = [
  "messagesReceived",
  "messagesSent",
  "bytesReceived",
  "bytesSent",
  "receiveQueue",
  "sendQueue",
];

/** Whether the value has the fields that the commands use: any program may have bound to the endpoint. */
function isSnapshot(value: unknown): value is Snapshot {
  if (!isRecord(value) || value.format !== "zmq-inspector" || value.version !== 1) return false;
  const isPeer = (peer: Record<string, unknown>) =>
    [peer.id, ...counts.map((name) => peer[name])].every(Number.isFinite) &&
    [peer.direction, peer.localAddress, peer.remoteAddress].every((text) => typeof text === "string");
  const isEndpoint = (endpoint: Record<string, unknown>) =>
    [endpoint.endpoint, endpoint.type, endpoint.state].every((text) => typeof text === "string");
  const isSocket = (socket: Record<string, unknown>) =>
    Number.isFinite(socket.id) &&
    typeof socket.type === "string" &&
    isRecord(socket.dropped) &&
    Number.isFinite(socket.dropped.total) &&
    Array.isArray(socket.pending) &&
    isListOf(socket.endpoints, isEndpoint) &&
    isListOf(socket.peers, isPeer);
  return (
    Number.isFinite(value.time) &&
    isRecord(value.process) &&
    [value.process.name, value.process.host, value.process.cwd].every((text) => typeof text === "string") &&
    [value.process.pid, value.process.uptime].every(Number.isFinite) &&
    isListOf(value.sockets, isSocket)
  );
}

function parse(address: string, text: string): Snapshot {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON.
  }
  if (isSnapshot(value)) return value;
  const reason =
    isRecord(value) && typeof value.error === "string" ? value.error : "it is not a snapshot of version 1";
  throw new Failure(`${address}: cannot read the answer: ${reason}`);
}

/** A program that is asked again and again. */
export class Inspected implements Disposable {
  readonly #address: string;
  readonly #timeout: number;
  readonly #socket = new zmq.Request({ linger: 0 });

  /** @throws Failure: the address is invalid. */
  constructor(address: string, timeout: number) {
    this.#address = address;
    this.#timeout = timeout;
    try {
      this.#socket.connect(address);
    } catch (error) {
      this.#socket.close();
      throw new Failure(textOf(error), exitCodes.usage);
    }
  }

  /** @throws Failure: there is no answer in time, or it is not a snapshot. The object cannot be used again then. */
  async ask(signal: AbortSignal = interrupted): Promise<Snapshot> {
    const limits = { timeout: this.#timeout, signal };
    try {
      await this.#socket.send(request, limits);
      const [answer] = await this.#socket.receive(limits);
      return parse(this.#address, String(answer));
    } catch (error) {
      if (!isTimeout(error)) throw error;
      throw new Failure(
        `${this.#address}: no answer within ${this.#timeout} ms${this.#reason()}`,
        exitCodes.timeout,
      );
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #reason(): string {
    const error = this.#socket.endpoints[0]?.lastError;
    return error === undefined ? "" : ` (${error.code}: ${error.message})`;
  }
}
