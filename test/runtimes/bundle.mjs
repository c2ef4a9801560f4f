// Bundles the core of the test suite for runtimes other than vitest's: out/core/main.cjs.
//
//   node test/runtimes/bundle.mjs && bun out/core/main.cjs socket/receiver
//
// One file a process, as under vitest: modules that they share clean up when the first of them is done.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = join(root, "test/runtimes");

/**
 * Files, and whether each is brief. Left out is what starts programs by flags of Node's, looks at files of the project, or
 * needs a network of its own.
 */
const core = {
  "core/readiness": true,
  "curve/curve": true,
  "draft/draft": true,
  "endpoint/websocket": true,
  "message/message": false,
  "observer/observer": false,
  "options/table": true,
  "patterns/patterns": true,
  "patterns/stream": true,
  "patterns/transports": false,
  "proxy/proxy": false,
  "socket/receiver": true,
  "socket/sender": true,
  "socket/socket": true,
  "socket/subscribers": true,
  "v5-compat/patterns": true,
  "v5-compat/receiving": false,
  "v5-compat/sending": true,
};

const list = Object.keys(core).map(
  (name) => `"${name}": () => import(${JSON.stringify(join(root, "test", `${name}.test.ts`))})`,
);

const bundle = await rolldown({
  input: { main: join(here, "entry.mjs") },
  platform: "node",
  // The package is loaded as it is built, not taken in.
  external: ["index", "draft", "v5-compat"].map((name) => join(root, `dist/${name}.js`)),
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
  // As modules are, and tests of what cannot be assigned expect.
  strict: true,
  entryFileNames: "main.cjs",
  chunkFileNames: "[name]-[hash].cjs",
});
writeFileSync(join(root, "out/core/files.json"), JSON.stringify(core));
