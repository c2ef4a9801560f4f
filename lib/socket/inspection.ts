// Formats a socket for `console.log`: its type, state, endpoints and pending calls.

import { type InspectOptionsStylized, inspect } from "node:util";
import { typeName } from "../core/identity.js";
import type { Core } from "../core/open-socket.js";

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
    type: typeName(core.type),
    state: stateOf(core),
    bound: closed ? [] : bound,
    connected: closed ? [] : connected,
    ...(sending && { sending }),
    ...(receiving && { receiving }),
  };
  return `${className} ${inspect(shown, options)}`;
}
