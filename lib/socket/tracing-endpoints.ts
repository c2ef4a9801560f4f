// Reports binds and connects to the tracing channels of node:diagnostics_channel.

import { Identified } from "../core/identity.js";
import type { Core } from "../core/open-socket.js";
import { type Traced, tracing, wantsObservers } from "../diagnostics/channels.js";
import { observeFor } from "../observer/observer.js";

/** The calls that the channels `bind` and `connect` report. */
type Call = "bind" | "bindSync" | "unbind" | "unbindSync" | "connect" | "disconnect" | "connectPeer";

class EndpointOperation extends Identified {
  readonly operation: Call;
  readonly endpoint: string;
  /** The endpoint with its port, once it is bound. */
  boundEndpoint: string | null = null;

  constructor(core: Core, operation: Call, endpoint: string) {
    super(core);
    this.operation = operation;
    this.endpoint = endpoint;
  }
}

const channelOf = (call: Call): Traced => (call.includes("bind") ? "bind" : "connect");
const lastBound = ({ record }: Core): string | null => record.bound.at(-1) ?? null;
const binds = (call: Call): boolean => call === "bind" || call === "bindSync";

/** Opens the observer of a socket if something subscribes to what only an observer reports. */
function observe(core: Core): void {
  // Any observer reports, also one of the program, which another one would replace.
  if (core.monitor === undefined && core.socket !== undefined && wantsObservers()) observeFor(core);
}

/** Calls `act`, and reports it. */
export function traceEndpointSync(core: Core, call: Call, endpoint: string, act: () => number): number {
  observe(core);
  const channel = tracing(channelOf(call));
  if (channel === undefined) return act();
  const payload = new EndpointOperation(core, call, endpoint);
  return channel.traceSync(() => {
    const result = act();
    if (binds(call)) payload.boundEndpoint = lastBound(core);
    return result;
  }, payload);
}

/** Calls `act`, and reports it. */
export function traceEndpoint(
  core: Core,
  call: "bind" | "unbind",
  endpoint: string,
  act: () => Promise<void>,
): Promise<void> {
  observe(core);
  const channel = tracing(channelOf(call));
  if (channel === undefined) return act();
  const payload = new EndpointOperation(core, call, endpoint);
  return channel.tracePromise(
    () =>
      act().then(() => {
        if (binds(call)) payload.boundEndpoint = lastBound(core);
      }),
    payload,
  );
}
