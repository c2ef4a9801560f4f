import { execFileSync } from "node:child_process";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as ip from "../lib/endpoint/ip.js";
import { packagePath } from "./helpers/program.js";

/** Runs code in a process that has loaded the package, and answers what it prints as JSON. */
function after(code: string): { files: string[]; modules: string[] } {
  const program = `
    const before = new Set(process.moduleLoadList);
    const zmq = require(${JSON.stringify(packagePath)});
    ${code}
    const modules = process.moduleLoadList.filter((name) => !before.has(name));
    process.stdout.write(JSON.stringify({ files: Object.keys(require.cache), modules }));
    process.exit();`;
  return JSON.parse(execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }));
}

/** Modules of Node's that take it 1 ms or more to load, or load such modules. */
const slow = ["child_process", "dns", "http", "net", "perf_hooks", "stream", "url", "worker_threads"];
const slowOf = (modules: string[]) => slow.filter((name) => modules.includes(`NativeModule ${name}`));

describe("loading the package", () => {
  const names = (files: string[]) => files.map((file) => file.split(/[\\/]/).slice(-2).join("/"));
  const needed = ["dist/index.js", "dist/library.js"];

  // The addon is not in `require.cache`, and node-gyp-build is for binaries that the library does not find.
  it("loads two files of its own, and no package", () => {
    expect(names(after("").files)).toEqual(needed);
  });

  it("loads rarely used functions with the first call of one", () => {
    const { files } = after("require('util').inspect(new zmq.Push());");
    expect(names(files)).toEqual([...needed, "dist/later.js"]);
  });

  it("loads none of Node's modules that are slow to load", () => {
    expect(slowOf(after("").modules)).toEqual([]);
  });

  it("loads none of them for a connect, a bind or a send", () => {
    const { files, modules } = after(`
      const push = new zmq.Push({ linger: 0 });
      push.bindSync("tcp://127.0.0.1:*");
      push.connect("tcp://127.0.0.1:5555");
      push.connect("tcp://[::1]:5555");
      push.send("message");`);
    expect(slowOf(modules)).toEqual([]);
    expect(names(files)).toEqual(needed);
  });
});

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
