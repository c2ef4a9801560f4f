// What `console.log` prints of a socket: its type, its state, its endpoints, and which calls are pending.

import { type InspectOptionsStylized, inspect } from "node:util";
import type { EndpointCall } from "./endpoints.js";
import type { Core } from "../core/open-socket.js";

/** libzmq's names of the types, by number. */
const typeNames = [
  ...["PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "STREAM"],
  ...["SERVER", "CLIENT", "RADIO", "DISH", "GATHER", "SCATTER", "DGRAM", "PEER", "CHANNEL"],
];

/** The endpoints of a socket as its program knows them. */
export class Endpoints {
  /** What an address has become, wildcards resolved, with the address. */
  readonly #bound = new Map<string, string>();
  /** One disconnect undoes all connects of an address. */
  readonly #connected = new Set<string>();

  /** To be called after a call has succeeded; `last`: the socket's last endpoint, after a bind. */
  record(call: EndpointCall, address: string, last: string | null): void {
    if (call === "bind") this.#bound.set(last ?? address, address);
    else if (call === "unbind") this.#unbound(address);
    else if (call === "disconnect") this.#connected.delete(address);
    else this.#connected.add(address);
  }

  get bound(): string[] {
    return [...this.#bound.keys()];
  }

  get connected(): string[] {
    return [...this.#connected];
  }

  /** By what it has become, or by the address that was given. */
  #unbound(address: string): void {
    if (this.#bound.delete(address)) return;
    for (const [endpoint, given] of this.#bound) if (given === address) this.#bound.delete(endpoint);
  }
}

function stateOf({ handle, blocked }: Core): string {
  if (handle === 0) return "closed";
  return blocked ? "blocked" : "open";
}

/** @internal */
export function inspectSocket(
  className: string,
  core: Core,
  { bound, connected }: Endpoints,
  depth: number,
  options: InspectOptionsStylized,
): string {
  if (depth < 0) return options.stylize(`[${className}]`, "special");
  const closed = core.handle === 0;
  const sending = core.sendingMany ? "sendMany()" : core.sending?.call;
  const receiving = core.receiving?.call;
  const shown = {
    type: typeNames[core.type] ?? core.type,
    state: stateOf(core),
    bound: closed ? [] : bound,
    connected: closed ? [] : connected,
    ...(sending && { sending }),
    ...(receiving && { receiving }),
  };
  return `${className} ${inspect(shown, options)}`;
}
