// Builds dist/ from lib/: declarations with the TypeScript compiler, JavaScript with rolldown.
//
// Node takes about 0.4 ms to load a module, whatever its size, and the library has about 50. So its modules become few
// files. Every program loads library.js. The others are v5-library.js for version 5, auth.js for authentication, streams.js,
// inspector.js and opentelemetry.js.
//
// index.js, draft.js and v5-compat.js are CommonJS modules as TypeScript emits them: they choose what is exported and how. So is binary.js, for the parsers of tracers
// (lib/binding/binary.ts).
//
// V8 takes 0.03 ms for each KB that it compiles. Rarely used functions are nevertheless not loaded later: their file would be
// out of reach when no descriptor is left, or after a process has given up its rights (`setuid`). auth.js is the exception:
// it would make `require` 10 % slower, and lib/auth/on-demand.ts throws an error with the remedy.

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { fail, run } from "./terminal.mjs";

// The published package, which has this file, lacks the parser of command lines.
if (process.argv.length > 2) fail(`build_lib.mjs takes no arguments, got ${process.argv.slice(2).join(" ")}`);

const require = createRequire(import.meta.url);
const ts = require("typescript");
const root = fileURLToPath(new URL("../", import.meta.url));
const lib = join(root, "lib");
const dist = join(root, "dist");

const { compilerOptions } = ts.parseConfigFileTextToJson(
  "tsconfig.json",
  readFileSync(join(root, "tsconfig.json"), "utf8"),
).config;

/** Names each constant of `export * from`: the file that the module becomes a part of exports more than these. */
const named = (source) =>
  source.replace(/^export \* from "\.\/(.+)\.js";$/gm, (_, module) => {
    const constants = readFileSync(join(lib, `${module}.ts`), "utf8").matchAll(/^export const (\w+)/gm);
    return `export { ${Array.from(constants, ([, name]) => name).join(", ")} } from "./${module}.js";`;
  });

/** JavaScript of one source file, with its map. `helpers`: with the functions by which TypeScript applies decorators. */
function transpile(path, module, helpers = true) {
  const source = readFileSync(path, "utf8");
  const { outputText, sourceMapText } = ts.transpileModule(path.endsWith(".ts") ? named(source) : source, {
    fileName: path,
    compilerOptions: { target: compilerOptions.target, module, sourceMap: true, noEmitHelpers: !helpers },
  });
  const code = outputText.replace(/^\/\/# sourceMappingURL=.*\n?/m, "");
  return { code, map: JSON.parse(sourceMapText) };
}

/**
 * Gets Node's modules from the process: `require` does not exist where a bundler has made this part of an ES module, and
 * the modules of a test runner may be replaced ones.
 */
const withoutRequire = (code) =>
  code.replace(/\brequire\("(node:[\w/]+)"\)/g, 'process.getBuiltinModule("$1")');

/** TypeScript's helpers for decorators, once for all classes: a copy for each takes 0.5 ms to compile. */
const [decoratorHelpers] = ts
  .transpileModule("@decorator class Decorated {}", { compilerOptions: { target: compilerOptions.target } })
  .outputText.replace(/^"use strict";\n/, "")
  .split("let Decorated");

/** Writes a file and its source map to dist/. */
/**
 * Escapes what is not ASCII. One character beyond Latin-1 makes V8 read, keep and compile the whole file in UTF-16, which
 * takes twice the memory.
 */
const ascii = (code) =>
  code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

function write(name, code, map) {
  const relative = { ...map, file: name, sources: map.sources.map((source) => `../lib/${source}`) };
  delete relative.sourceRoot;
  delete relative.sourcesContent;
  writeFileSync(join(dist, name), `${ascii(code.trimEnd())}\n//# sourceMappingURL=${name}.map\n`);
  writeFileSync(join(dist, `${name}.map`), JSON.stringify(relative));
}

/** The modules that a source file in a folder of lib/ takes values from, relative to lib/. */
function dependencies(code, folder = "") {
  const paths = code.matchAll(/\brequire\("(\.\.?\/.+?)\.js"\)/g);
  return Array.from(paths, ([, path]) => posix.join(folder, path));
}

/** The file of the modules that are loaded by `import()`. */
const onDemand = "auth.js";

/** Loads the file once. It gets the exports of this file, since bundlers warn if each of two files requires the other. */
const loader = `let later; const loadLater = () => (later ??= require("./${onDemand}")(exports));`;

/**
 * Makes `import()` a `require`, as TypeScript does for CommonJS: test runners that run modules in a context of their own
 * cannot import.
 */
const withoutImport = (code) =>
  code
    .replace(/^"use strict";/, `"use strict"; ${loader}`)
    .replace(/\bimport\("\.\/[\w.-]+"\)/g, "Promise.resolve().then(loadLater)");

/** Makes the file a function of the exports of library.js. Keeps its lines, which the source map counts. */
const takingLibrary = (code) =>
  `${code.replace(/^let (\w+) = require\("\.\/library\.js"\);$/m, "module.exports = ($1) => { const exports = {};")}return exports; };\n`;

/** The modules that library.js exports. */
let shared = new Set();

/**
 * Makes one file of modules and all that they import, except of what `external` names another file for. Returns the
 * modules in the file, and those that it loads on demand.
 */
async function bundle(name, modules, external) {
  const barrel = `\0${name}`;
  const exported = new Map();
  const own = new Set();
  const later = new Set();
  let decorates = false;
  const build = await rolldown({
    input: barrel,
    platform: "node",
    external: /^(?:node:|@opentelemetry\/)/,
    optimization: { inlineConst: { mode: "all" } },
    plugins: [
      {
        name: "sources",
        resolveId(id, importer, { kind }) {
          if (id === barrel) return id;
          if (!id.startsWith(".")) return null;
          const path = join(importer === barrel ? lib : dirname(importer), id.replace(/\.js$/, ".ts"));
          const module = path.slice(lib.length + 1);
          if (kind === "dynamic-import") {
            later.add(module.replace(/\.ts$/, ""));
            return { id: `./${onDemand}`, external: true };
          }
          const file = path === join(lib, "binding", "binary.ts") ? "binary.js" : external(module);
          // Its functions would be undefined.
          if (file === "library.js" && !shared.has(module.replace(/\.ts$/, "")))
            fail(`${name}.js needs lib/${module}, which library.js does not export: add it to "inside".`);
          return file ? { id: `./${file}`, external: true } : path;
        },
        load(id) {
          if (id !== barrel) own.add(id.slice(lib.length + 1));
          if (id === barrel) return modules.map((module) => `export * from "./${module}.js";`).join("\n");
          const module = transpile(id, ts.ModuleKind.ESNext, false);
          decorates ||= module.code.includes("__esDecorate");
          return module;
        },
        buildEnd() {
          for (const module of modules) {
            for (const key of this.getModuleInfo(join(lib, `${module}.ts`)).exports) {
              if (exported.has(key)) fail(`lib/${module}.ts and ${exported.get(key)} both export ${key}.`);
              exported.set(key, `lib/${module}.ts`);
            }
          }
        },
      },
    ],
    onLog: (_level, { message }) => fail(message),
  });
  const { output } = await build.generate({
    format: "cjs",
    sourcemap: true,
    strict: true,
    intro: () => (decorates ? decoratorHelpers : ""),
    comments: false,
    // Of the modules that programs load.
    esModule: ["draft", "streams", "opentelemetry", "inspector"].includes(name),
    externalLiveBindings: false,
    generatedCode: { symbols: false },
  });
  const [{ code, map }] = output;
  const sources = map.sources.map((source) => source.slice(source.lastIndexOf("lib/") + 4));
  const plain = withoutRequire(code.replace(/^\/\/#.*\n?/gm, ""));
  const adapt = `${name}.js` === onDemand ? takingLibrary : later.size > 0 ? withoutImport : String;
  write(`${name}.js`, adapt(plain), { ...map, sources });
  return { own, later };
}

/** Writes an entry point, with its imports from `files`. */
function entry(name, source, { fileOf, folder = "" }) {
  const code = source.code.replace(
    /\brequire\("\.\/(.+?)\.js"\)/g,
    (_, module) => `require("./${fileOf(module)}")`,
  );
  const sources = source.map.sources.map((file) => join(folder, file));
  write(`${name}.js`, withoutRequire(code), { ...source.map, sources });
}

const start = Date.now();
run(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  what: "the TypeScript compiler",
  shown: true,
});

const [index, draft, v5, binary] = ["index", "draft", "v5-compat", "binding/binary"].map((name) =>
  transpile(join(lib, `${name}.ts`), ts.ModuleKind.CommonJS),
);
const isV5 = (module) => module.startsWith("v5-compat/");
// Besides what the entry points import: what the code on demand, version 5 and the inspector use inside, and tests.
const inside = [
  "arguments/checks",
  "arguments/signal",
  "binding/index",
  "binding/load",
  "core/abort",
  "core/identity",
  "core/loop-queue",
  "core/open-socket",
  "message/frames",
  "message/slab",
  "endpoint/index",
  "endpoint/refusal",
  "options/kinds",
  "options/table",
  "runtime/features",
  "runtime/timers",
  "runtime/uncaught",
  "socket/peers/endpoints",
  "socket/peers/rows",
  "socket/statistics",
];
const isDraft = (module) => /^draft(?:\/|$)/.test(module);
const draftClasses = readdirSync(join(lib, "draft")).flatMap((file) =>
  dependencies(transpile(join(lib, "draft", file), ts.ModuleKind.CommonJS).code, "draft"),
);
const usedByDraft = [...dependencies(draft.code), ...draftClasses].filter((module) => !isDraft(module));
shared = new Set([...dependencies(index.code), ...usedByDraft, ...inside]);
shared.delete("binding/constants");
const library = await bundle("library", [...shared], () => undefined);
await bundle("auth", [...library.later], (path) =>
  path !== "binding/constants.ts" && library.own.has(path) ? "library.js" : undefined,
);
await bundle("draft", ["draft"], (path) =>
  isDraft(path.replace(/\.ts$/, "")) || path === "binding/constants.ts" ? undefined : "library.js",
);
const isStreams = (module) => /^streams(?:\/|\.ts$)/.test(module);
await bundle("streams", ["streams"], (path) =>
  isStreams(path) || path === "binding/constants.ts" ? undefined : "library.js",
);
const isInspector = (module) => /^inspector(?:\/|\.ts$)|^runtime\/version\.ts$/.test(module);
await bundle("inspector", ["inspector"], (path) =>
  isInspector(path) || path === "binding/constants.ts" ? undefined : "library.js",
);
// Needs nothing else of the library: programs create the instrumentation before they load the addon.
await bundle("opentelemetry", ["opentelemetry"], () => undefined);
await bundle("v5-library", dependencies(v5.code).filter(isV5), (path) => {
  if (isV5(path) || path === "binding/constants.ts") return undefined;
  return path === "index.ts" ? "index.js" : "library.js";
});
entry("index", index, { fileOf: () => "library.js" });
entry("binary", binary, { folder: "binding" });
entry("v5-compat", v5, {
  fileOf: (module) => (isV5(module) ? "v5-library.js" : `${basename(module)}.js`),
});
for (const name of ["index", "draft", "v5-compat", "streams", "opentelemetry", "inspector"]) {
  const { code, map } = transpile(join(lib, `${name}.mts`), ts.ModuleKind.ESNext);
  write(`${name}.mjs`, code, map);
}

// Removes the files of an earlier build whose sources are gone.
for (const file of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(file.parentPath, file.name);
  if (file.parentPath === join(dist, "command")) continue;
  if (file.isFile() && statSync(path).mtimeMs < start - 1000) rmSync(path);
}

// The published package has dist/command/, but not its sources.
if (existsSync(join(root, "command"))) await import("./build_command.mjs");
