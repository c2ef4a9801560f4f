// Tests use the built package by its own name, as users do. Each file runs in a process of its own.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const dist = fileURLToPath(new URL("dist/", import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^zmq-native$/, replacement: `${dist}index.mjs` },
      {
        find: /^zmq-native\/(draft|inspector|opentelemetry|streams|v5-compat)$/,
        replacement: `${dist}$1.mjs`,
      },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    // Far more than any test takes, since other programs may keep the machine busy.
    testTimeout: 120_000,
    // Some hooks compile, or install packages, while the machine has other work.
    hookTimeout: 120_000,
    server: { deps: { external: [/\/dist\//] } },
    typecheck: { enabled: true, include: ["test/types/*.test-d.ts"], tsconfig: "tsconfig.json" },
    reporters: ["default", "./test/helpers/count_reporter.ts"],
  },
});
