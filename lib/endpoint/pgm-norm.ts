// pgm:// and epgm://interface;group:port, or interface;group,group;send-group:port; norm://id,interface;address:port

import { readFileSync } from "node:fs";
import {
  type Family,
  fixedPortOf,
  type Host,
  hostOf,
  type Interface,
  interfaceNames,
  interfaces,
  interfaceWith,
  splitPort,
} from "./host.js";
import { inNetwork, isMulticast } from "./ip.js";
import { bracketed, type Reading } from "./plan.js";
import { refusal, type Use } from "./refusal.js";

/** The longest endpoint after its scheme, in characters. OpenPGM truncates or rejects longer ones. */
const maxLength = 254;
/** The most groups that a socket may join: 20 for IPv4 on most systems. */
const maxGroups = 20;

/** Parses a host that must be an address. */
function addressOf(
  text: string,
  what: string,
  use: Pick<Use, "endpoint">,
): Extract<Host, { address: string }> {
  const host = hostOf(text, { endpoint: use.endpoint, call: "connect" });
  if ("address" in host) return host;
  throw refusal("EINVAL", `${what} must be an IP address, got ${text}`, use);
}

const wanted = { ipv4: "IPv4", ipv6: "IPv6" } as const;
const groupForms = "224.0.0.0 to 239.255.255.255, or [ff00::] and above";

/** Parses a list of groups, which must be of one family. */
function groupsOf(text: string, use: Use): { family: Family; groups: string[] } {
  const groups = text.split(",");
  const hosts = groups.map((group) => {
    const host = addressOf(group, "a group", use);
    if (!isMulticast(host.address)) {
      throw refusal("EINVAL", `${host.address} is not a multicast group: use ${groupForms}`, use);
    }
    return host;
  });
  const family = (hosts[0] as { kind: Family }).kind;
  if (hosts.some(({ kind }) => kind !== family)) {
    throw refusal("EINVAL", "the groups must all be IPv4, or all IPv6", use);
  }
  return { family, groups };
}

/** Adds the zone to a link-local address. */
const scoped = ({ address, name, scopeid }: Interface & { scopeid?: number }): string =>
  address.startsWith("fe80:") && scopeid !== 0 ? `${address}%${name}` : address;

/**
 * The address of the interface that is given by name, by a network such as 10.77.0.0/24, or by address. OpenPGM would
 * query a name server before it looks at the interfaces.
 */
function interfaceAddress(text: string, family: Family, use: Use): string {
  const ofFamily = interfaces().filter((info) => info.family === wanted[family]);
  const named = interfaces().filter(({ name }) => name === text);
  if (named.length > 0) {
    const own = ofFamily.filter(({ name }) => name === text);
    // A link-local group needs a link-local sender. Other groups should have another one.
    const linkLocal = /;\[?ff.2:/i.test(use.endpoint);
    const best = own.find(({ address }) => address.startsWith("fe80:") === linkLocal) ?? own[0];
    if (best) return scoped(best);
    throw refusal("ENODEV", `interface ${text} has no ${wanted[family]} address, which the group needs`, use);
  }
  const network = /^([\d.]+|\[?[\da-f:.]+\]?)\/(\d{1,3})$/i.exec(text);
  if (network) {
    const base = addressOf(network[1] as string, "a network", use);
    const bits = Number(network[2]);
    if (bits > (base.kind === "ipv4" ? 32 : 128)) {
      throw refusal(
        "EINVAL",
        `the prefix length of a network must be at most ${base.kind === "ipv4" ? 32 : 128}, got ${bits}`,
        use,
      );
    }
    if (base.kind !== family) throw differentFamilies(use);
    const own = ofFamily.find(({ address }) => inNetwork(address, `${base.address}/${bits}`));
    if (own) return scoped(own);
    throw refusal("EADDRNOTAVAIL", `no interface of this machine is in the network ${text}`, use);
  }
  if (!/^[\d.]+$|[:[\]]/.test(text)) {
    throw refusal("ENODEV", `unknown network interface ${text || '""'}: use one of ${interfaceNames()}`, use);
  }
  const host = addressOf(text, "an interface", use);
  if (isMulticast(host.address)) {
    throw refusal("EINVAL", `the part before the ; must be an interface, got the group ${host.address}`, use);
  }
  if (host.kind !== family) throw differentFamilies(use);
  const own = interfaceWith(host.address);
  if (!own) throw refusal("EADDRNOTAVAIL", `no interface of this machine has ${host.address}`, use);
  return host.scope === undefined
    ? scoped({ ...own, address: host.address })
    : `${host.address}%${host.scope}`;
}

const differentFamilies = (use: Pick<Use, "endpoint">) =>
  refusal("EINVAL", "the interface and the group must both be IPv4, or both IPv6", use);

/** Rejects pgm without the right to open raw sockets: libzmq would abort. */
function mayOpenRawSockets(use: Use): void {
  const capNetRaw = 13n;
  let allowed = true;
  if (process.platform === "linux") {
    const status = readFileSync("/proc/self/status", "latin1");
    const capabilities = /^CapEff:\s*([\da-f]+)$/im.exec(status)?.[1];
    allowed = capabilities === undefined || ((BigInt(`0x${capabilities}`) >> capNetRaw) & 1n) === 1n;
  } else if (process.geteuid !== undefined) {
    allowed = process.geteuid() === 0;
  }
  if (allowed) return;
  const remedy =
    process.platform === "linux" ? `\`setcap cap_net_raw+ep ${process.execPath}\`` : "to run as root";
  throw refusal("EPERM", `pgm needs ${remedy} for its raw sockets; epgm, over UDP, does not`, use);
}

/** Parses an endpoint of pgm or epgm. Bind and connect are the same there. */
export function pgm(rest: string, use: Use, scheme: string): Reading {
  const [network, portText] = splitPort(rest, use);
  const port = fixedPortOf(portText, use);
  const fields = network.split(";");
  const form = "the address must be interface;group:port, as in 192.0.2.7;239.192.1.1:5555";
  // Without an interface OpenPGM resolves the machine's host name, which is often 127.0.0.1, or libzmq aborts.
  if (fields.length < 2 || fields.length > 3) throw refusal("EINVAL", form, use);
  const [device, receive, send] = fields as [string, string, string?];
  if (device === "") throw refusal("EINVAL", `the interface is missing: ${form}`, use);
  if (device.includes(",")) throw refusal("EINVAL", "only one interface is allowed", use);
  if (receive === "" || send === "") throw refusal("EINVAL", `the group is missing: ${form}`, use);
  const { family, groups } = groupsOf(receive, use);
  if (groups.length > maxGroups) {
    throw refusal("EINVAL", `a socket can join at most ${maxGroups} groups, got ${groups.length}`, use);
  }
  if (send !== undefined) {
    const sending = groupsOf(send, use);
    if (sending.groups.length > 1) throw refusal("EINVAL", "only one group to send to is allowed", use);
    if (sending.family !== family) throw differentFamilies(use);
  }
  const address = bracketed(interfaceAddress(device, family, use));
  const network2 = [address, ...fields.slice(1)].join(";");
  if (network2.length > maxLength) {
    throw refusal(
      "EINVAL",
      `interface and groups must be at most ${maxLength} characters, got ${network2.length}`,
      use,
    );
  }
  if (scheme === "pgm") mayOpenRawSockets(use);
  return { endpoint: `${scheme}://${network2}:${port}` };
}

/** Parses an endpoint of norm. Bind and connect are the same there. */
export function norm(rest: string, use: Use): Reading {
  if (rest.length > maxLength) {
    throw refusal(
      "EINVAL",
      `a norm endpoint must be at most ${maxLength} characters, got ${rest.length}`,
      use,
    );
  }
  const match = /^(?:([^,;]*),)?(?:([^;]*);)?([^;,]*)$/.exec(rest);
  if (!match)
    throw refusal(
      "EINVAL",
      "the address must be id,interface;address:port (id and interface are optional)",
      use,
    );
  const [, id, device, target] = match as unknown as [string, string?, string?, string?];
  const [hostText, portText] = splitPort(target ?? "", use);
  const port = fixedPortOf(portText, use);
  if (id !== undefined && !(/^\d+$/.test(id) && Number(id) >= 1 && Number(id) < 2 ** 31)) {
    throw refusal("EINVAL", `node id must be from 1 to ${2 ** 31 - 1}, got ${id || '""'}`, use);
  }
  const host = hostOf(hostText, { endpoint: use.endpoint, call: "connect" });
  // Without `use`, which would keep an idle socket alive.
  const { endpoint } = use;
  const plan = (address: string): string => {
    const family: Family = address.includes(":") ? "ipv6" : "ipv4";
    const { name } =
      device === undefined ? { name: undefined } : interfaceNamed(device, family, { endpoint });
    const prefix = [id === undefined ? "" : `${id},`, name === undefined ? "" : `${name};`].join("");
    return `norm://${prefix}${address}:${port}`;
  };
  if (host.kind === "name") {
    // Reports an unknown interface at once.
    if (device !== undefined) interfaceNamed(device, undefined, use);
    return { endpoint, lookup: { name: host.name, ipv6: use.ipv6, with: plan } };
  }
  return { endpoint: plan((host as { address: string }).address) };
}

/** The interface that is given by name or by address. */
function interfaceNamed(text: string, family: Family | undefined, use: Pick<Use, "endpoint">): Interface {
  const named = interfaces().filter(({ name }) => name === text);
  if (named.length > 0) {
    const own = named.find((info) => family === undefined || info.family === wanted[family]);
    if (own) return own;
    throw refusal("ENODEV", `the interface ${text} has no ${wanted[family as Family]} address`, use);
  }
  if (!/^[\d.]+$|[:[\]]/.test(text)) {
    throw refusal("ENODEV", `unknown network interface ${text || '""'}: use one of ${interfaceNames()}`, use);
  }
  const { address, kind } = addressOf(text, "an interface", use);
  if (family !== undefined && kind !== family) throw differentFamilies(use);
  const own = interfaceWith(address);
  if (own) return own;
  throw refusal("EADDRNOTAVAIL", `no interface of this machine has ${address}`, use);
}
