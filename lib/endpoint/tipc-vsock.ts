// tipc://{type,lower,upper}, tipc://{type,instance}@zone.cluster.node, tipc://<zone.cluster.node:reference>, tipc://<*>;
// vmci://cid:port, vsock://cid:port: transports of clusters and virtual machines.

import type { Reading } from "./plan.js";
import { refusal, type Use } from "./refusal.js";

/** Smaller types are reserved by TIPC. */
const reservedTypes = 64;
const maxUint32 = 2 ** 32 - 1;

const name = /^\{ ?(\d+), ?(\d+)(?:, ?(\d+))?\}(?:@(\d+)\.(\d+)\.(\d+))?$/;
const port = /^<(\d+)\.(\d+)\.(\d+):(\d+)>$/;

function checkNumbers(numbers: string[], use: Use): void {
  const large = numbers.find((number) => Number(number) > maxUint32);
  if (large !== undefined) throw refusal("EINVAL", `numbers must be at most ${maxUint32}, got ${large}`, use);
}

/** Zone, cluster and node share 32 bits. */
function checkNode([zone, cluster, node]: string[], use: Use): void {
  if (Number(zone) > 255 || Number(cluster) > 4095 || Number(node) > 4095) {
    throw refusal("EINVAL", "a node must be zone.cluster.node, at most 255.4095.4095", use);
  }
}

export function tipc(rest: string, use: Use): Reading {
  const { endpoint, call } = use;
  if (rest === "<*>") {
    if (call === "bind") return { endpoint };
    throw refusal("EINVAL", "<*> is for bind: connect to the `lastEndpoint` of the bound socket", use);
  }
  const portMatch = port.exec(rest);
  if (portMatch) {
    const numbers = portMatch.slice(1);
    checkNumbers(numbers, use);
    checkNode(numbers, use);
    if (call === "connect") return { endpoint };
    throw refusal("EINVAL", "a port's own name cannot be chosen: bind to <*> or {type,lower,upper}", use);
  }
  const nameMatch = name.exec(rest);
  if (!nameMatch) {
    throw refusal(
      "EINVAL",
      "the address must be {type,lower,upper}, {type,instance} or <zone.cluster.node:ref>",
      use,
    );
  }
  const [type, lower, upper, ...node] = nameMatch.slice(1);
  checkNumbers([type, lower, upper, ...node].filter((number) => number !== undefined) as string[], use);
  checkNode(
    node.map((number) => number ?? "0"),
    use,
  );
  // libzmq accepts 64 only for a range.
  const least = upper === undefined ? reservedTypes + 1 : reservedTypes;
  if (Number(type) < least) throw refusal("EINVAL", `type must be at least ${least}, got ${type}`, use);
  if (upper !== undefined && Number(upper) < Number(lower)) {
    throw refusal("EINVAL", `the upper bound ${upper} is below the lower bound ${lower}`, use);
  }
  return { endpoint };
}

/** Parses a context id (`@` for any) and a port (`*` for any). */
export function vm(rest: string, use: Use): Reading {
  const match = /^(\d+|@|\*):(\d+|\*|@)$/.exec(rest);
  if (!match) throw refusal("EINVAL", "the address must be cid:port, both numbers", use);
  const numbers = match.slice(1).filter((text) => /^\d/.test(text));
  checkNumbers(numbers, use);
  if (use.call === "connect" && numbers.length < 2) {
    throw refusal("EINVAL", "wildcards are only for bind: connect needs a context id and a port", use);
  }
  return { endpoint: use.endpoint };
}
