// `npm run test:unit`: the tests of the library itself, on the sources in lib/. A change of TypeScript needs no build, and in
// watch mode only the tests that depend on a changed file run again.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("./", import.meta.url));

/** The folders with tests of the library itself. Those of lib/ have the same names there. */
const folders = [
  "arguments",
  "binding",
  "context",
  "core",
  "curve",
  "diagnostics",
  "draft",
  "endpoint",
  "message",
  "observer",
  "options",
  "patterns",
  "proxy",
  "socket",
  "streams",
];

/** Tests of dist/, of programs that load it, and of other packages: `npm test` runs them. */
const needsPackage = /(?:dist|out)\/|helpers\/(?:program|tools|v5)\b/;
const include = folders
  .flatMap((folder) => readdirSync(`${root}test/${folder}`).map((name) => `test/${folder}/${name}`))
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) => !needsPackage.test(readFileSync(root + path, "utf8")));

/** As scripts/build_lib.mjs compiles them: vite does not compile decorators. */
const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  inlineSourceMap: true,
};
const typescript = {
  name: "typescript",
  enforce: "pre" as const,
  transform(source: string, id: string) {
    if (!id.startsWith(`${root}lib/`)) return undefined;
    const { outputText } = ts.transpileModule(source, { fileName: id, compilerOptions });
    // The entry points complete the `exports` of CommonJS, which ES modules do not have.
    return /lib\/(?:index|draft|v5-compat)\.ts$/.test(id) ? `const exports = {};${outputText}` : outputText;
  },
};

export default defineConfig({
  plugins: [typescript],
  resolve: {
    alias: [
      { find: /^zmq-native$/, replacement: `${root}lib/index.ts` },
      {
        find: /^zmq-native\/(draft|inspector|opentelemetry|streams|v5-compat)$/,
        replacement: `${root}lib/$1.ts`,
      },
    ],
  },
  test: {
    include,
    pool: "forks",
    maxWorkers: 2,
    // A loaded machine needs several times as long as a quiet one.
    testTimeout: 60_000,
    forceRerunTriggers: ["build/Release/zmq_native.node"],
    typecheck: { enabled: false },
    reporters: ["default", "./test/helpers/count_reporter.ts"],
  },
});
