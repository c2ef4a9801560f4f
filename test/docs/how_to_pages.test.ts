// The programs on the pages of docs/: each prints what its page shows. Tools that are no dependencies of this project come
// from npm, into the cache folder of scripts/prebuild.

import { expect } from "vitest";
import { testPage } from "../helpers/pages.js";
import { orSkip, treeOf } from "../helpers/tools.js";
import { root } from "../package/pack.js";

testPage("back-pressure", {
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
testPage("secure-a-server");
testPage("graceful-shutdown", {
  figures: {
    "ways-to-end": (exit, signal) => {
      expect(exit).toBeLessThan(1_000);
      expect(signal).toBeLessThan(1_000);
    },
  },
});
testPage("troubleshooting");
testPage("comparison", { packages: { zeromq: root } });

const jest = orSkip(() => treeOf({ jest: "30.5.2", "jest-environment-jsdom": "30.5.2" }));
testPage("testing-your-code", {
  packages: { vitest: root, ...(jest ? { jest, "jest-environment-jsdom": jest } : {}) },
  missing: jest ? [] : ["jest"],
});

const tools = orSkip(() => treeOf({ "@vercel/nft": "1.11.5", esbuild: "0.28.2" }));
testPage("deployment", {
  packages: tools ? { "@vercel/nft": tools, esbuild: tools } : {},
  missing: tools ? [] : ["nft", "esbuild"],
});
