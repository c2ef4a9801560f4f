// Warns of a CURVE server that asks no authenticator, although the program has set `zapEnforceDomain`.

import type { Core } from "../core/open-socket.js";
import type { Transport } from "../endpoint/index.js";
import { commonOptions, curveOptions, statusOptions } from "../options/table.js";

/**
 * libzmq does not ask the ZAP handler about the clients of a CURVE server that has `zapEnforceDomain` and no `zapDomain`
 * (`curve_server_t::process_initiate`). Emits a warning, once after each time that the option was set. Call it before `bind`
 * or `connect`: it may run hooks of async_hooks.
 */
export function warnOfOpenServer(core: Core, address: string, transport: Transport): void {
  if (transport.inProcess || transport.datagrams || transport.multicast !== "none") return;
  // Other mechanisms have no such gap, and a libzmq without CURVE lacks the option `curveServer`.
  if (core.getOption(statusOptions.securityMechanism) !== "curve") return;
  if (!core.getOption(curveOptions.curveServer)) return;
  if (!core.getOption(commonOptions.zapEnforceDomain) || core.getOption(commonOptions.zapDomain) !== null)
    return;
  core.zapEnforceDomainSet = false;
  process.emitWarning(
    `${address}: this CURVE server admits every client that knows its public key, since zapEnforceDomain needs a domain: set zapDomain, too.`,
  );
}
