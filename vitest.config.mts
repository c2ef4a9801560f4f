// Tests use the built package by its own name, as users do. Each file runs in a process of its own.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const built = (door: string) => fileURLToPath(new URL(`dist/${door}.mjs`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^zmq-native$/, replacement: built("index") },
      { find: /^zmq-native\/([\w-]+)$/, replacement: built("$1") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    server: { deps: { external: [/\/dist\//] } },
    typecheck: { enabled: true, include: ["test/types/*.test-d.ts"], tsconfig: "tsconfig.json" },
    reporters: ["default", "./test/helpers/count_reporter.ts"],
  },
});
