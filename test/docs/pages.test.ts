// The programs of the pages, except the guide's (test/examples): each prints what its page shows. Tools that are not
// dependencies of this project come from npm, into the cache folder of scripts/prebuild.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { capability } from "zmq-native";
import { executeSync } from "../helpers/execute.js";
import { readPage, testPage } from "../helpers/pages.js";
import { freeUdpPort } from "../helpers/ports.js";
import { orSkip, treeOf } from "../helpers/tools.js";
import { root } from "../package/pack.js";

const withPrograms = new Set<string>();
const testPrograms: typeof testPage = (page, options) => {
  withPrograms.add(page);
  testPage(page, options);
};

testPrograms("docs/back-pressure.md", {
  figures: {
    fill: (inproc, _inproc1k, _inproc100k, ipc, _ipc1k, ipc100k, tcp, tcp1k, tcp100k, ...smallBuffers) => {
      expect(inproc).toBe(20);
      expect(ipc).toBeGreaterThan(50);
      expect(ipc100k).toBeLessThan(30);
      expect(tcp).toBeGreaterThan(50_000);
      expect(tcp1k).toBeGreaterThan(500);
      expect(tcp100k).toBeLessThan(500);
      expect(smallBuffers[0]).toBeLessThan(tcp! / 10);
      expect(smallBuffers[1]).toBeLessThan(tcp1k! / 10);
    },
  },
});
testPrograms("docs/peers.md");
testPrograms("docs/statistics.md");
testPrograms("docs/command.md");
testPrograms("docs/streams.md");
const observed = ["api", "context-async-hooks", "core", "sdk-trace-base"].map(
  (name) => `@opentelemetry/${name}`,
);
testPrograms("docs/observability.md", {
  packages: Object.fromEntries([...observed, "prom-client"].map((name) => [name, root])),
});
testPrograms("docs/secure-a-server.md");
testPrograms("docs/graceful-shutdown.md", {
  figures: {
    "ways-to-end": (exit, signal) => {
      expect(exit).toBeLessThan(1_000);
      expect(signal).toBeLessThan(1_000);
    },
    drain: (before, sent, done) => {
      expect(before).toBeGreaterThanOrEqual(500);
      expect(sent).toBeGreaterThan(before!);
      expect(done).toBe(sent);
    },
    unbind: (readable) => {
      expect(readable).toBeGreaterThan(0);
      expect(readable).toBeLessThan(5_000);
    },
  },
});
for (const page of ["troubleshooting", "gotchas", "migrating", "performance", "transports"]) {
  testPrograms(`docs/${page}.md`);
}
testPrograms("docs/lost-messages.md", {
  figures: {
    slow: (queued, lost, accepted, waiting) => {
      expect(queued).toBeGreaterThan(500);
      expect(lost).toBeGreaterThan(1_000);
      expect(accepted).toBeLessThan(20_000);
      expect(waiting).toBeGreaterThan(500);
    },
  },
});
testPrograms("SECURITY.md");
testPrograms("README.md");
testPrograms("docs/authentication.md");
testPrograms("docs/comparison.md", { packages: { zeromq: root } });

const jest = orSkip(() => treeOf({ jest: "30.5.2", "jest-environment-jsdom": "30.5.2" }));
testPrograms("docs/testing-your-code.md", {
  packages: { vitest: root, ...(jest ? { jest, "jest-environment-jsdom": jest } : {}) },
  missing: jest ? [] : ["jest"],
});

const tools = orSkip(() => treeOf({ "@vercel/nft": "1.11.5", esbuild: "0.28.2" }));
testPrograms("docs/deployment.md", {
  packages: tools ? { "@vercel/nft": tools, esbuild: tools } : {},
  missing: tools ? [] : ["nft", "esbuild"],
});

if (capability.pgm) {
  // Multicast cannot bind to a free port, so the page shows one; a test needs another.
  const edit = async (text: string) => text.replace(/(epgm:.*):5555/g, `$1:${await freeUdpPort()}`);
  testPrograms("docs/multicast.md", { edit });
} else {
  withPrograms.add("docs/multicast.md");
  console.warn("SKIPPED: the program of docs/multicast.md: this build has no epgm");
}

const pages = [...readdirSync(join(root, "docs")).map((file) => `docs/${file}`), ...readdirSync(root)].filter(
  (file) => file.endsWith(".md"),
);

test("every page with a program is tested here", () => {
  const programs = /^```(?:[cm]?[jt]s|console)$/m;
  const found = pages.filter((page) => programs.test(readFileSync(join(root, page), "utf8")));
  // The landing page shows the program of README.md: test/package/readme.test.ts compares them.
  expect(found.filter((page) => page !== "docs/README.md").sort()).toEqual([...withPrograms].sort());
});

const folder = join(root, "out/page-programs");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the programs that a page does not run have no type errors", () => {
  const files = [...withPrograms].flatMap((page) => {
    const { files, notRun } = readPage(page);
    return [...notRun.keys()].map((name) => [join(folder, name), files.get(name)!] as const);
  });
  for (const [file, text] of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const compiler = createRequire(__filename).resolve("typescript/bin/tsc");
  const settings =
    "--ignoreConfig --noEmit --allowJs --checkJs --strict --skipLibCheck --module nodenext --target es2022";
  const parameters = [compiler, ...settings.split(" "), "--types", "node", ...files.map(([file]) => file)];
  const { status, stdout } = executeSync(process.execPath, parameters, { cwd: root });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
});
