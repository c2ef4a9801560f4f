// The library's own parser of IP addresses against node:net, which takes 1 ms to load.

import { BlockList, isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as ip from "../../lib/endpoint/ip.js";

describe("addresses are read as node:net reads them", () => {
  const number = fc.oneof(
    fc.integer({ min: 0, max: 300 }).map(String),
    fc.constantFrom("00", "01", "255", "256"),
  );
  const ipv4 = fc.array(number, { minLength: 4, maxLength: 4 }).map((parts) => parts.join("."));
  const group = fc.oneof(
    fc.stringMatching(/^[0-9a-fA-F]{1,4}$/),
    fc.constantFrom("", "0", "ffff", "12345", "g"),
  );
  const ipv6 = fc
    .tuple(fc.array(group, { minLength: 1, maxLength: 9 }), fc.option(ipv4, { nil: undefined, freq: 4 }))
    .map(([groups, last]) => [...groups, ...(last === undefined ? [] : [last])].join(":"))
    .filter((text) => text.includes(":"));

  const any = fc.oneof(fc.ipV4(), ipv4, fc.ipV6(), ipv6);

  it("tells IPv4 and IPv6 addresses from other texts", () => {
    fc.assert(
      fc.property(any, (text) => {
        expect(ip.isIPv4(text)).toBe(isIPv4(text));
        expect(ip.isIPv6(text)).toBe(isIPv6(text));
      }),
      { numRuns: 5000 },
    );
  });

  it("tells endpoints of an IPv4 address and a port from others", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), ipv4),
        fc.oneof(fc.nat(99999), fc.constantFrom("", "*", "1x")),
        (host, port) => {
          const plain =
            isIPv4(host) && /^[0-9]+$/.test(String(port)) && Number(port) > 0 && Number(port) < 65536;
          expect(ip.isPlainTcp(`tcp://${host}:${port}`)).toBe(plain);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("finds addresses in networks", () => {
    const family = (text: string) => (isIPv4(text) ? "ipv4" : "ipv6");
    const address = fc.oneof(
      fc.constantFrom("10.0.0.1", "10.0.255.1", "224.0.0.1", "ff02::1", "fe80::1", "::1"),
      fc.ipV4(),
      fc.ipV6(),
    );
    fc.assert(
      fc.property(address, address, fc.nat(128), (inside, base, length) => {
        fc.pre(family(inside) === family(base));
        const bits = Math.min(length, isIPv4(base) ? 32 : 128);
        const list = new BlockList();
        list.addSubnet(base, bits, family(base));
        expect(ip.inNetwork(inside, `${base}/${bits}`)).toBe(list.check(inside, family(inside)));
      }),
      { numRuns: 3000 },
    );
  });
});
