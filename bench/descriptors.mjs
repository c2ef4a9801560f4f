// Whether a process can have as many connections as a scenario wants.

import { execaSync } from "execa";

/** Connections of the scenario "connections". */
export const connections = 10_000;

/** Why a process cannot have so many connections; undefined if it can. Node raises its own limit to the hard one. */
export function descriptorsMissing() {
  const { stdout } = execaSync("sh", ["-c", "ulimit -Hn"]);
  const limit = stdout === "unlimited" ? Number.POSITIVE_INFINITY : Number(stdout);
  // A few hundred are for the rest of the process.
  if (limit >= connections + 500) return undefined;
  return `a process may have ${limit} descriptors, and ${connections} connections are measured: raise \`ulimit -Hn\``;
}
