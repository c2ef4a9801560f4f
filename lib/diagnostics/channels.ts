// The channels of node:diagnostics_channel that report what sockets do: their names, and whether something subscribes to
// them. docs/observability.md describes them.

import { nextTick } from "../runtime/timers.js";

type Module = typeof import("node:diagnostics_channel");
type Channel = ReturnType<Module["channel"]>;
type TracingChannel = ReturnType<Module["tracingChannel"]>;

/** Operations, each with a tracing channel. */
export type Traced = "send" | "receive" | "connect" | "bind" | "handshake";
/** Events, each with a plain channel. */
export type Noticed = "socket:open" | "socket:close" | "peer:join" | "peer:leave" | "message:drop";

const prefix = "zmq-native:";
const phases = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
/** The names of the channels of a tracing channel. */
const namesOf = (name: Traced): string[] => phases.map((phase) => `tracing:${prefix}${name}:${phase}`);
const traces: Record<Traced, string[]> = {
  send: namesOf("send"),
  receive: namesOf("receive"),
  connect: namesOf("connect"),
  bind: namesOf("bind"),
  handshake: namesOf("handshake"),
};
/** The channels that report events of an observer. */
const observed = [
  ...traces.handshake,
  ...["peer:join", "peer:leave", "message:drop"].map((name) => prefix + name),
];
const notices: readonly Noticed[] = [
  "socket:open",
  "socket:close",
  "peer:join",
  "peer:leave",
  "message:drop",
];

/**
 * Whether something subscribes to the operations of every message. Properties instead of variables: V8 treats a property
 * that never changed as a constant, so the check disappears from compiled code until the first subscription.
 */
export const traced = { send: false, receive: false };

/** Loaded with the first socket, since loading it takes Node 20 half a millisecond. Null if the runtime lacks it. */
let diagnostics: Module | null | undefined;

/** The tracing channels of messages, once they are loaded. */
const messageChannels: { send?: TracingChannel; receive?: TracingChannel } = {};

/** Keeps the channels of `traced`, which Node holds weakly, and what updates `traced`. */
const kept: [channel: Channel, update: () => void][] = [];

/** The functions to call when subscribers of a channel change. Several copies of the library share the channel. */
const watchers = Symbol.for("zmq-native.watchers");
type Watched = Channel & { [watchers]?: Set<WeakRef<() => void>> };

const changing = ["subscribe", "unsubscribe", "bindStore", "unbindStore"] as const;

/** Calls `update` after each change of the channel's subscribers, for which Node has no event. */
function watch(channel: Watched, update: () => void): void {
  kept.push([channel, update]);
  const known = channel[watchers];
  if (known !== undefined) {
    known.add(new WeakRef(update));
    return;
  }
  // Weak, so that this channel does not keep other copies of the library alive.
  const updates = new Set([new WeakRef(update)]);
  Object.defineProperty(channel, watchers, { value: updates });
  for (const name of changing) {
    const own = Object.hasOwn(channel, name) ? channel[name] : undefined;
    Object.defineProperty(channel, name, {
      value(this: Channel, ...parameters: unknown[]): unknown {
        // Looked up at each call: Node changes the prototype of a channel that gets or loses its subscribers.
        const method = own ?? (Object.getPrototypeOf(this) as Channel)[name];
        try {
          return Reflect.apply(method, this, parameters);
        } finally {
          for (const reference of updates) {
            const change = reference.deref();
            if (change === undefined) updates.delete(reference);
            else change();
          }
        }
      },
      writable: true,
      configurable: true,
    });
  }
}

function load(): Module | null {
  const found: Module | undefined = process.getBuiltinModule("node:diagnostics_channel");
  if (typeof found?.tracingChannel !== "function") return null;
  for (const name of ["send", "receive"] as const) {
    const channels = traces[name].map((full) => found.channel(full));
    const update = () => {
      const active = channels.some((channel) => channel.hasSubscribers);
      // The first write ends V8's treatment as a constant, even if it writes the same value.
      if (traced[name] !== active) traced[name] = active;
    };
    for (const channel of channels) watch(channel, update);
    messageChannels[name] = found.tracingChannel(`${prefix}${name}`);
    // Something may have subscribed before.
    update();
  }
  return found;
}

/** Starts to watch the channels of messages. Called when a socket is opened. */
export function prepare(): void {
  diagnostics ??= load();
}

/** The tracing channel of an operation. Undefined if nothing subscribes to it. */
export function tracing(name: Traced): TracingChannel | undefined {
  if (!diagnostics) return undefined;
  if (name === "send" || name === "receive") return traced[name] ? messageChannels[name] : undefined;
  const { hasSubscribers } = diagnostics;
  return traces[name].some(hasSubscribers) ? diagnostics.tracingChannel(`${prefix}${name}`) : undefined;
}

/** Whether something subscribes to an event. */
export function isNoticed(name: Noticed): boolean {
  return diagnostics?.hasSubscribers(`${prefix}${name}`) === true;
}

/** Whether something subscribes to what only the observer of a socket reports. */
export function wantsObservers(): boolean {
  if (!diagnostics) return false;
  const { hasSubscribers } = diagnostics;
  return observed.some(hasSubscribers);
}

/** Publishes an event, whose payload is made only if something subscribes to it. */
export function notice(name: Noticed, payload: () => object): void {
  if (isNoticed(name)) diagnostics!.channel(`${prefix}${name}`).publish(payload());
}

/** Publishes an event in a turn of its own, where subscribers may use any socket. */
export function noticeLater(name: Noticed, payload: () => object): void {
  if (isNoticed(name)) nextTick(() => notice(name, payload));
}

/** Subscribes to all channels. Loads them if needed. */
export function subscribeAll(
  onTrace: (name: Traced, phase: (typeof phases)[number], payload: object) => void,
  onNotice: (name: Noticed, payload: object) => void,
): void {
  prepare();
  if (!diagnostics) return;
  for (const name of Object.keys(traces) as Traced[]) {
    for (const [index, full] of traces[name].entries()) {
      diagnostics.subscribe(full, (payload) => onTrace(name, phases[index]!, payload as object));
    }
  }
  for (const name of notices) {
    diagnostics.subscribe(`${prefix}${name}`, (payload) => onNotice(name, payload as object));
  }
}
