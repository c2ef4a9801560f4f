// tcp://host:port, ws://host:port/path, wss://host:port/path

import { checkScope, checkZone, type Host, hostOf, needsIpv6, portOf, splitPort } from "./host.js";
import { bracketed, type Reading } from "./plan.js";
import { refusal, type Use } from "./refusal.js";

/** The longest host and path, in characters. libzmq asserts that the HTTP request fits in 8 KiB. */
const maxPathLength = 2048;

/** Parses the address for a bind. A name that is not an interface is resolved before libzmq sees it. */
function listen(scheme: string, authority: string, path: string, use: Use): Reading {
  const [hostText, portText] = splitPort(authority, use);
  // libzmq ignores spaces and slashes after the digits. They are accepted.
  portOf(portText.replace(/[\s/]+$/, ""), use);
  const host = hostOf(hostText, use, { any: true, named: true });
  checkScope(host, use);
  if (host.kind === "ipv6" && !use.ipv6) throw needsIpv6(use);
  checkZone(host, use);
  const { endpoint } = use;
  if (host.kind !== "name") return { endpoint };
  const { name } = host;
  return {
    endpoint,
    lookup: {
      name,
      ipv6: use.ipv6,
      with: (address) => `${scheme}://${bracketed(address)}:${portText}${path}`,
    },
  };
}

/** Checks the source address of a tcp endpoint. */
function checkSource(text: string, use: Use): void {
  const colon = text.lastIndexOf(":");
  if (colon < 0) {
    throw refusal(
      "EINVAL",
      `source address ${text || '""'} needs a port, as in 127.0.0.1:0;host:5555 (0 for any port)`,
      use,
    );
  }
  portOf(text.slice(colon + 1), use, { wildcard: true });
  hostOf(text.slice(0, colon), use, { any: true, named: true });
}

function target(text: string, use: Use): Host {
  const [hostText, portText] = splitPort(text, use);
  portOf(portText, use);
  const host = hostOf(hostText, use);
  checkZone(host, use);
  return host;
}

export function tcp(rest: string, use: Use): Reading {
  const { endpoint } = use;
  const parts = rest.split(";");
  if (use.call === "bind") {
    if (parts.length > 1)
      throw refusal("EINVAL", "source;destination is only for connect: bind takes one address", use);
    return listen("tcp", rest, "", use);
  }
  if (parts.length > 2)
    throw refusal(
      "EINVAL",
      "an endpoint has at most one source and one destination: source;destination",
      use,
    );
  if (parts.length === 2) checkSource(parts[0] as string, use);
  const host = target(parts.at(-1) as string, use);
  // libzmq would silently retry forever.
  if (host.kind === "ipv6" && !use.ipv6) {
    process.emitWarning(`${endpoint} cannot be reached without IPv6: set \`ipv6: true\` before connecting.`);
  }
  return { endpoint, looksUp: host.kind === "name" };
}

/** Returns what to resolve before an unbind. libzmq would resolve a name synchronously. */
export function undoTcp(rest: string, use: Use): Partial<Reading> {
  const target = rest.slice(rest.lastIndexOf(";") + 1);
  const colon = target.lastIndexOf(":");
  const portText = target.slice(colon + 1);
  // libzmq would read a wrong port and undo another endpoint.
  if (/^\d+$/.test(portText)) portOf(portText, use);
  let host: Host;
  try {
    host = hostOf(target.slice(0, colon), use, { any: true, named: true });
  } catch {
    // No endpoint has this address, which libzmq reports.
    return {};
  }
  if (host.kind !== "name") return {};
  const { name } = host;
  return {
    lookup: { name, ipv6: use.ipv6, with: (address) => `tcp://${bracketed(address)}:${portText}` },
  };
}

export function ws(rest: string, use: Use, scheme: string): Reading {
  const slash = rest.indexOf("/");
  const path = slash < 0 ? "" : rest.slice(slash);
  // libzmq copies the path into an HTTP request unchanged.
  if (!/^[\x21-\x7e]*$/.test(path)) {
    throw refusal("EINVAL", "path must be printable ASCII without spaces: use encodeURI", use);
  }
  if (rest.length > maxPathLength) {
    throw refusal(
      "EINVAL",
      `host and path must be at most ${maxPathLength} characters, got ${rest.length}`,
      use,
    );
  }
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  if (/[?#]/.test(authority))
    throw refusal("EINVAL", "a query must follow a path, as in host:80/?key=value", use);
  if (use.call === "bind") return listen(scheme, authority, path, use);
  const host = target(authority, use);
  if (host.kind === "ipv6" && !use.ipv6) throw needsIpv6(use);
  return { endpoint: use.endpoint };
}
