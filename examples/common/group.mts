// A multicast group within this machine, that no other run of an example uses.

/** An endpoint of a transport that is for groups: `udp` or `epgm`. */
export function group(transport: "udp" | "epgm"): string {
  const { pid } = process;
  return `${transport}://127.0.0.1;239.192.${pid % 256}.${1 + ((pid >> 8) % 254)}:${20_000 + (pid % 10_000)}`;
}
