// Parses IP addresses. node:net is not used: it takes Node 2 ms to load, and on Node 20 its first check of an IPv6
// address takes 5 ms more, to compile a regular expression.

/** The four bytes of an IPv4 address in dotted decimal form. */
function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** The bytes of groups of an IPv6 address. The last group of an address may be an IPv4 address. */
function groupBytes(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (/^[\da-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else {
      const four = last && index === groups.length - 1 ? ipv4Bytes(group) : undefined;
      if (four === undefined) return undefined;
      bytes.push(...four);
    }
  }
  return bytes;
}

/** The 16 bytes of an IPv6 address without a zone. */
function ipv6Bytes(text: string): number[] | undefined {
  const [before, after, ...rest] = text.split("::") as [string, string?, ...string[]];
  if (rest.length > 0) return undefined;
  const head = groupBytes(before, after === undefined);
  if (after === undefined) return head?.length === 16 ? head : undefined;
  const tail = groupBytes(after, true);
  if (head === undefined || tail === undefined) return undefined;
  const zeros = 16 - head.length - tail.length;
  return zeros >= 2 ? [...head, ...new Array<number>(zeros).fill(0), ...tail] : undefined;
}

/** Whether a text is an IPv4 address: four numbers without leading zeros. */
export const isIPv4 = (text: string): boolean => ipv4Bytes(text) !== undefined;

/** Whether a text is an IPv6 address, without a zone. */
export const isIPv6 = (text: string): boolean => text.includes(":") && ipv6Bytes(text) !== undefined;

/** The 16 bytes of any address. An IPv4 address is mapped to IPv6: `::ffff:a.b.c.d`. */
function bytesOf(address: string): number[] | undefined {
  const four = ipv4Bytes(address);
  return four ? [...new Array<number>(10).fill(0), 255, 255, ...four] : ipv6Bytes(address);
}

/** Whether an address is in a network such as `10.77.0.0/24` or `ff00::/8`. */
export function inNetwork(address: string, network: string): boolean {
  const [base, length] = network.split("/") as [string, string];
  const [a, b] = [bytesOf(address), bytesOf(base)];
  if (a === undefined || b === undefined) return false;
  const bits = isIPv4(base) ? 96 + Number(length) : Number(length);
  return a.every((byte, index) => {
    const compared = Math.min(Math.max(bits - 8 * index, 0), 8);
    return (byte ^ b[index]!) >> (8 - compared) === 0;
  });
}

/** Whether two texts are the same address. */
export const isSame = (a: string, b: string): boolean => inNetwork(a, `${b}/${isIPv4(b) ? 32 : 128}`);

export function isMulticast(address: string): boolean {
  return inNetwork(address, isIPv4(address) ? "224.0.0.0/4" : "ff00::/8");
}

/**
 * Whether an endpoint is a TCP port of an IPv4 address, such as `tcp://127.0.0.1:5555`: the most common form, which
 * libzmq accepts unchanged. Parsing it with the whole grammar would make the first connect of a process 0.4 ms slower,
 * nearly all of it to compile functions and regular expressions.
 */
export function isPlainTcp(endpoint: string): boolean {
  if (!endpoint.startsWith("tcp://")) return false;
  let at = 6;
  for (let part = 0; ; part++) {
    const start = at;
    let value = 0;
    for (; at < endpoint.length; at++) {
      const digit = endpoint.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === start || at - start > 5) return false;
    if (part === 4) return at === endpoint.length && value > 0 && value <= 65535;
    if (value > 255 || (at - start > 1 && endpoint[start] === "0")) return false;
    if (endpoint[at++] !== (part === 3 ? ":" : ".")) return false;
  }
}
