// Bundles the core of the test suite for runtimes other than vitest's: out/core/main.cjs.
//
//   node test/core/bundle.mjs && bun out/core/main.cjs [PART OF A FILE'S NAME]

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = join(root, "test/core");

/** Left out is what starts programs by flags of Node's, looks at files of the project, or needs a network of its own. */
const core = [
  "context",
  "curve",
  "draft",
  "message",
  "observer",
  "options",
  "proxy",
  "readiness",
  "receiver",
  "sender",
  "socket",
  "subscribers",
  "websocket",
  "patterns/patterns",
  "patterns/stream",
  "patterns/transports",
  "v5-compat/patterns",
  "v5-compat/receiving",
  "v5-compat/sending",
];

const list = core.map(
  (name) => `"${name}": () => import(${JSON.stringify(join(root, "test", `${name}.test.ts`))})`,
);

const bundle = await rolldown({
  input: { main: join(here, "entry.mjs") },
  platform: "node",
  // The package is loaded as it is built, not taken in.
  external: [/\/dist\/(index|draft|v5-compat)\.js$/],
  resolve: {
    alias: {
      vitest: join(here, "vitest.mjs"),
      "zmq-native/draft": join(root, "dist/draft.js"),
      "zmq-native/v5-compat": join(root, "dist/v5-compat.js"),
      "zmq-native": join(root, "dist/index.js"),
    },
  },
  transform: { target: "es2022" },
  plugins: [
    {
      name: "core-files",
      resolveId: (id) => (id === "virtual:core" ? "\0virtual:core" : undefined),
      load: (id) => (id === "\0virtual:core" ? `export const files = {${list.join(",\n")}};` : undefined),
    },
  ],
});
// As CommonJS, which has a `__dirname`, two folders below the root as that of the tests' helpers.
await bundle.write({
  dir: join(root, "out/core"),
  format: "cjs",
  entryFileNames: "main.cjs",
  chunkFileNames: "[name]-[hash].cjs",
});
