// Formats a socket for `console.log`: its type, state, endpoints and pending calls.

import { type InspectOptionsStylized, inspect } from "node:util";
import type { Core } from "../core/open-socket.js";

/** The names of the socket types in libzmq, by number. */
const typeNames = [
  ...["PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "STREAM"],
  ...["SERVER", "CLIENT", "RADIO", "DISH", "GATHER", "SCATTER", "DGRAM", "PEER", "CHANNEL"],
];

function stateOf({ handle, blocked }: Core): string {
  if (handle === 0) return "closed";
  return blocked ? "blocked" : "open";
}

/** @internal */
export function inspectSocket(
  className: string,
  core: Core,
  depth: number,
  options: InspectOptionsStylized,
): string {
  if (depth < 0) return options.stylize(`[${className}]`, "special");
  const closed = core.handle === 0;
  const { bound, connected } = core.record;
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
