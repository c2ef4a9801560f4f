// Records what the channels of node:diagnostics_channel report.

import { subscribe, unsubscribe } from "node:diagnostics_channel";

const phases = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;

/** An event of a tracing channel: its phase, and the payload as it was then. */
export interface Seen<P> {
  readonly phase: (typeof phases)[number];
  readonly payload: P;
}

/** Records a tracing channel until it is disposed. */
export class TraceRecorder<P extends object> implements Disposable {
  readonly seen: Seen<P>[] = [];
  readonly #subscribers: [name: string, subscriber: (payload: unknown) => void][];
  #waiting: (() => void)[] = [];

  constructor(name: string, only: readonly string[] = phases) {
    this.#subscribers = phases
      .filter((phase) => only.includes(phase))
      .map((phase) => [
        `tracing:zmq-native:${name}:${phase}`,
        (payload) => {
          this.seen.push({ phase, payload: payload as P });
          for (const check of this.#waiting.splice(0)) check();
        },
      ]);
    for (const [channel, subscriber] of this.#subscribers) subscribe(channel, subscriber);
  }

  /** The phases of the payloads that match. */
  phases(matches: (payload: P) => boolean = () => true): string[] {
    return this.seen.filter(({ payload }) => matches(payload)).map(({ phase }) => phase);
  }

  /** The different payloads. */
  get payloads(): P[] {
    return [...new Set(this.seen.map(({ payload }) => payload))];
  }

  /** Resolves when the condition is true after an event. */
  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  [Symbol.dispose](): void {
    for (const [channel, subscriber] of this.#subscribers) unsubscribe(channel, subscriber);
  }
}

/** Records a plain channel until it is disposed. */
export class NoticeRecorder<P> implements Disposable {
  readonly payloads: P[] = [];
  readonly #name: string;
  #waiting: (() => void)[] = [];

  constructor(name: string) {
    this.#name = `zmq-native:${name}`;
    subscribe(this.#name, this.#add);
  }

  async until(condition: (payloads: P[]) => boolean): Promise<void> {
    while (!condition(this.payloads)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  readonly #add = (payload: unknown): void => {
    this.payloads.push(payload as P);
    for (const check of this.#waiting.splice(0)) check();
  };

  [Symbol.dispose](): void {
    unsubscribe(this.#name, this.#add);
  }
}
