// Bundles the core of the test suite for runtimes that cannot run vitest: out/core/main.cjs.
//
//   node test/runtimes/bundle.mjs && bun out/core/main.cjs socket/receiver
//
// One file per process, as with vitest: shared modules clean up when the first file is done.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = join(root, "test/runtimes");

/**
 * Files, and whether each is brief. Excludes files that start programs with flags of Node, read files of the project,
 * or need their own network.
 */
const core = {
  "auth/authenticate": true,
  "auth/certificate": true,
  "auth/disconnect": false,
  "auth/hostile": false,
  "core/readiness": true,
  "curve/curve": true,
  "diagnostics/messages": true,
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
  // The package is loaded from its build and not bundled.
  external: ["index", "draft", "streams", "v5-compat"].map((name) => join(root, `dist/${name}.js`)),
  resolve: {
    alias: {
      vitest: join(here, "vitest.mjs"),
      "zmq-native/draft": join(root, "dist/draft.js"),
      "zmq-native/streams": join(root, "dist/streams.js"),
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
// As CommonJS, which has a `__dirname`, two folders below the root like the tests' helpers.
await bundle.write({
  dir: join(root, "out/core"),
  format: "cjs",
  // Strict mode, which modules have and tests of read-only properties expect.
  strict: true,
  entryFileNames: "main.cjs",
  chunkFileNames: "[name]-[hash].cjs",
});
writeFileSync(join(root, "out/core/files.json"), JSON.stringify(core));
