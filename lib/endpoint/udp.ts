// udp://host:port, udp://group:port, udp://interface;group:port

import { ZMQ_DISH, ZMQ_RADIO } from "../binding/constants.js";
import { errorOf, type ZmqError } from "../binding/errors.js";
import type { WireFrame, WireMessage } from "../binding/index.js";
import {
  checkScope,
  checkZone,
  type Host,
  hostOf,
  interfaceNames,
  interfaces,
  interfaceWith,
  needsIpv6,
  portOf,
  splitPort,
} from "./host.js";
import { isMulticast } from "./ip.js";
import { bracketed, type Reading } from "./plan.js";
import { refusal, type Use } from "./refusal.js";

/** The longest datagram of libzmq, in bytes. A longer one would overrun its buffer. */
const maxDatagramLength = 8192;

const lengthOf = (frame: WireFrame | undefined): number =>
  frame === undefined ? 0 : Buffer.byteLength(frame as string | Uint8Array);

/**
 * The error for a message that is too long for udp. Undefined if it fits. The limit applies to the body of a Datagram.
 * For a Radio it applies to body and group together, plus a byte for the group's length.
 */
export function datagramRefusal(type: number, wire: WireMessage): ZmqError | undefined {
  const [first, second] = Array.isArray(wire) ? wire : [wire];
  const radio = type === ZMQ_RADIO;
  const most = radio ? maxDatagramLength - 1 : maxDatagramLength;
  const bytes = lengthOf(second) + (radio ? lengthOf(first) : 0);
  if (bytes <= most) return undefined;
  const what = radio ? "body and group of a udp message must together be" : "the body of a datagram must be";
  return errorOf("EMSGSIZE").explain(`${what} at most ${most} bytes, got ${bytes}`);
}

/** Parses the interface before a group. libzmq needs its name for IPv6, and accepts name or address for IPv4. */
function interfaceOf(text: string, family: "ipv4" | "ipv6", use: Use): string {
  if (text === "*") return text;
  const named = interfaces().filter(({ name }) => name === text);
  const wanted = family === "ipv4" ? "IPv4" : "IPv6";
  if (named.length > 0) {
    if (named.some((info) => info.family === wanted)) return text;
    throw refusal("ENODEV", `the interface ${text} has no ${wanted} address`, use);
  }
  const code = use.call === "bind" ? "ENODEV" : "EINVAL";
  const host = /^[\d.]+$|[:[\]]/.test(text)
    ? hostOf(text, { endpoint: use.endpoint, call: "bind" })
    : undefined;
  if (host?.kind !== "ipv4" && host?.kind !== "ipv6") {
    throw refusal("ENODEV", `unknown network interface ${text || '""'}: use one of ${interfaceNames()}`, use);
  }
  if (isMulticast(host.address)) {
    throw refusal("EINVAL", `the part before the ; must be an interface, got the group ${host.address}`, use);
  }
  if (host.kind === "ipv6" && !use.ipv6) throw needsIpv6(use);
  const found = interfaceWith(host.address);
  if (!found) throw refusal("EADDRNOTAVAIL", `no interface of this machine has ${host.address}`, use);
  if (host.kind !== family) {
    throw refusal(code, `the interface and the group must both be ${wanted}`, use);
  }
  return family === "ipv6" ? found.name : text;
}

/** Rejects a bind to an address of another machine: libzmq would retry forever, and its context would never end. */
function checkOwn(address: string, use: Pick<Use, "endpoint">): void {
  if (/^(?:0\.0\.0\.0|255\.255\.255\.255|::)$/.test(address) || isMulticast(address)) return;
  if (interfaceWith(address)) return;
  throw refusal("EADDRNOTAVAIL", `no interface of this machine has ${address}`, use);
}

export function udp(rest: string, use: Use): Reading {
  const semicolon = rest.lastIndexOf(";");
  const [hostText, portText] = splitPort(rest.slice(semicolon + 1), use);
  const bind = use.call === "bind";
  const port = portOf(portText, use);
  // A Datagram may use any free port, but peers of a Dish could not find it.
  if (port === 0 && (!bind || use.type === ZMQ_DISH)) {
    throw refusal(
      "EINVAL",
      `port must be from 1 to 65535, since peers need to know it, got ${portText}`,
      use,
    );
  }
  const host: Host = hostOf(hostText, use, { any: bind && semicolon < 0, named: bind });
  if (host.kind === "ipv6" && !use.ipv6) throw needsIpv6(use);
  checkScope(host, use);
  checkZone(host, use);

  if (semicolon >= 0) {
    if (!("address" in host) || !isMulticast(host.address)) {
      throw refusal("EINVAL", `the part after the ; must be a multicast group, got ${hostText}`, use);
    }
    const device = interfaceOf(rest.slice(0, semicolon), host.kind, use);
    return { endpoint: `udp://${device};${hostText}:${portText}` };
  }
  if (bind && "address" in host) checkOwn(host.address, use);
  const { endpoint } = use;
  if (host.kind !== "name") return { endpoint };
  return {
    endpoint,
    lookup: {
      name: host.name,
      ipv6: use.ipv6,
      with(address) {
        // Without `use`, which would keep an idle socket alive.
        if (bind) checkOwn(address, { endpoint });
        return `udp://${bracketed(address)}:${portText}`;
      },
    },
  };
}
