// Builds dist/command/ from command/ with rolldown: the `zmq` command with the packages that it uses, so that the package
// has no dependencies for it. Each command is a file of its own, which loads when it runs.

import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { fail } from "./terminal.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "dist", "command");

rmSync(folder, { recursive: true, force: true });
const build = await rolldown({
  input: join(root, "command", "main.ts"),
  platform: "node",
  transform: { target: "node20" },
  // The library: it finds its own package by name.
  external: [/^node:/, /^zmq-native(?:\/|$)/],
  onLog: (_level, { message }) => fail(message),
});
await build.write({
  dir: folder,
  format: "esm",
  entryFileNames: "[name].mjs",
  chunkFileNames: "[name].mjs",
  banner: (chunk) => (chunk.isEntry ? "#!/usr/bin/env node" : ""),
  minify: false,
});
chmodSync(join(folder, "main.mjs"), 0o755);

// The licenses of the packages ask that their texts go with them.
const packages = [
  "@dagrejs/dagre",
  "@dagrejs/graphlib",
  "@msgpack/msgpack",
  "cborg",
  "commander",
  "fast-string-truncated-width",
];
const licenses = packages.map((name) => {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  const files = readdirSync(join(root, "node_modules", name));
  const license = files.find((file) => file.toLowerCase() === "license");
  return `${name} ${version}\n\n${readFileSync(join(root, "node_modules", name, license), "utf8").trim()}\n`;
});
writeFileSync(join(folder, "LICENSES.txt"), licenses.join(`\n${"-".repeat(80)}\n\n`));
