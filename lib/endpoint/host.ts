// Hosts, ports and interfaces in the endpoints of all IP transports.

import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { ZmqError } from "../binding/errors.js";
import { inNetwork, isIPv4, isIPv6, isSame } from "./ip.js";
import { refusal, type Use } from "./refusal.js";

export type Family = "ipv4" | "ipv6";

/** A parsed host. */
export type Host =
  | { readonly kind: "any" }
  | { readonly kind: Family; readonly address: string; readonly scope: string | undefined }
  | { readonly kind: "interface"; readonly name: string }
  | { readonly kind: "name"; readonly name: string };

/** The part of a use that is needed to parse a host. */
type HostUse = Pick<Use, "endpoint" | "call">;

/** libzmq's code for an invalid host: in a bind it looks for a network device. */
const hostCode = ({ call }: HostUse) => (call === "bind" ? "ENODEV" : "EINVAL");

/** Splits `host:port` at its last colon, since IPv6 addresses contain colons. */
export function splitPort(text: string, use: Use): [host: string, port: string] {
  const colon = text.lastIndexOf(":");
  if (colon < 0) throw refusal("EINVAL", "a port must follow the host, as in 127.0.0.1:5555", use);
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/**
 * Parses a port; 0 means that the system chooses one. libzmq would read only the leading digits, and use the lower 16
 * bits.
 */
export function portOf(text: string, use: Use, { wildcard = use.call === "bind" } = {}): number {
  if (text === "*" && wildcard) return 0;
  if (!/^\d+$/.test(text)) {
    const form = wildcard ? "a number, or * for any free port" : "a number";
    throw refusal("EINVAL", `port must be ${form}, got ${JSON.stringify(text)}`, use);
  }
  const port = Number(text);
  if (port > 65535) throw refusal("EINVAL", `port must be between 0 and 65535, got ${text}`, use);
  return port;
}

/** Parses a port of a transport that does not let the system choose one. */
export function fixedPortOf(text: string, use: Use): number {
  const port = portOf(text, use, { wildcard: false });
  if (port === 0) throw refusal("EINVAL", "port must be from 1 to 65535, got 0", use);
  return port;
}

/** An address of an interface of this machine. */
export type Interface = NetworkInterfaceInfo & { readonly name: string };

/** All of them. Reading them takes a descriptor. */
export function interfaces(): Interface[] {
  let found: ReturnType<typeof networkInterfaces>;
  try {
    found = networkInterfaces();
  } catch (error) {
    const { errno } = error as { errno?: unknown };
    throw typeof errno === "number" ? new ZmqError(Math.abs(errno)) : error;
  }
  return Object.entries(found).flatMap(([name, list = []]) => list.map((info) => ({ ...info, name })));
}

/** The names of this machine's interfaces, for a message. */
export function interfaceNames(): string {
  return [...new Set(interfaces().map(({ name }) => name))].join(", ");
}

/** The interface with this address. On Linux, all of 127.0.0.0/8 belongs to the loopback interface. */
export function interfaceWith(address: string): Interface | undefined {
  return interfaces().find((info) => {
    if (isSame(info.address, address)) return true;
    if (process.platform !== "linux" || !info.internal || info.cidr === null) return false;
    return inNetwork(address, info.cidr);
  });
}

/** Whether the resolver reads a text of digits and dots as an address: 127.1 is 127.0.0.1. */
function isShortIPv4(text: string): boolean {
  const parts = text.split(".");
  const last = parts.pop() as string;
  return (
    parts.length < 4 &&
    parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255) &&
    /^\d+$/.test(last) &&
    Number(last) < 256 ** (4 - parts.length)
  );
}

const hostName = /^[a-z0-9][a-z0-9._-]{0,252}$/i;

/** Parses a host. With `named`, interface names take precedence over host names; with `any`, `*` is allowed. */
export function hostOf(text: string, use: HostUse, { any = false, named = false } = {}): Host {
  const bad = (why: string) => refusal(hostCode(use), why, use);
  if (text === "*") {
    if (any) return { kind: "any" };
    throw refusal(
      "EINVAL",
      "* means all interfaces, which is only for bind: connect to an address or a host name",
      use,
    );
  }
  if (text === "") throw bad(any ? "the host is missing: an address, a name, or *" : "the host is missing");

  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  const [address, scope, ...rest] = (bracketed ?? text).split("%") as [string, string?, ...string[]];
  if (isIPv6(address) && rest.length === 0) {
    if (scope === "") throw refusal("EINVAL", "the interface after % is missing", use);
    return { kind: "ipv6", address, scope };
  }
  if (bracketed !== undefined) throw bad(`[${bracketed}] does not contain an IPv6 address`);
  if (/[[\]]/.test(text)) throw bad("an IPv6 address must be in brackets, as in [::1]:5555");
  if (isIPv4(text)) return { kind: "ipv4", address: text, scope: undefined };

  if (named && interfaces().some(({ name }) => name === text)) return { kind: "interface", name: text };
  if (/^[\d.]+$/.test(text) && !isShortIPv4(text)) throw bad(`${text} is not an IPv4 address`);
  if (!hostName.test(text)) {
    const ascii = /[^\x20-\x7e]/.test(text)
      ? ", and names in other alphabets must be in ASCII form (xn--…)"
      : "";
    throw bad(`host names may contain letters, digits, dots and hyphens${ascii}`);
  }
  return { kind: "name", name: text };
}

/** Rejects the zone of an IPv6 address if it names no interface. */
export function checkScope(host: Host, use: Use): void {
  if (!("scope" in host) || host.scope === undefined || /^[1-9]\d*$/.test(host.scope)) return;
  if (interfaces().some(({ name }) => name === host.scope)) return;
  throw refusal("EINVAL", `unknown network interface ${host.scope}: use one of ${interfaceNames()}`, use);
}

/** The error for an IPv6 address on a socket without `ipv6`. */
export function needsIpv6(use: Use): Error {
  return refusal(hostCode(use), "set `ipv6: true` before using an IPv6 address", use);
}

/**
 * Explains that a link-local address such as fe80::1 needs a zone. Linux rejects a bind without one. A connect, which
 * libzmq would silently retry forever, gets a warning.
 */
export function checkZone(host: Host, use: Use): void {
  if (host.kind !== "ipv6" || host.scope !== undefined || !/^fe[89ab][0-9a-f]:/i.test(host.address)) return;
  const zoned = use.endpoint.replace(host.address, `${host.address}%${linkName()}`);
  const why = `${host.address} is a link-local address: add the interface after a %, as in ${zoned}; interfaces are ${interfaceNames()}`;
  if (use.call === "connect") process.emitWarning(`${use.endpoint} cannot be reached: ${why}.`);
  else if (process.platform === "linux") throw refusal("EINVAL", why, use);
}

/** The name of an interface for an example of a zone. */
function linkName(): string {
  return interfaces().find(({ internal }) => !internal)?.name ?? "eth0";
}
