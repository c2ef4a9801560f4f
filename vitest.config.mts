// Tests use the built package by its own name, as users do. Each file runs in a process of its own.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: { "zmq-native": fileURLToPath(new URL("dist/index.mjs", import.meta.url)) },
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
