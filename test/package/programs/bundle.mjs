// Bundles a program as one ES module (esm) or CommonJS module (cjs) with a bundler's defaults, and prints the warnings
// as JSON.
//
//   node bundle.mjs TOOL FORMAT FOLDER_OF_TOOLS INPUT OUTPUT

import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [tool, format, tools, input, output] = process.argv.slice(2);
const { resolve } = createRequire(`${tools}/package.json`);
/** Loads a module of the tools. For a CommonJS module, returns its exports. */
const load = async (name) => {
  const { default: main, ...named } = await import(pathToFileURL(resolve(name)));
  return { main, ...named };
};
const warnings = [];

/** webpack and rspack, which have the same interface. */
async function pack(compile, experiments) {
  const esm = format === "esm";
  const stats = await new Promise((done, failed) => {
    const options = {
      entry: input,
      mode: "production",
      target: "node",
      experiments: esm ? experiments : {},
      output: {
        path: dirname(output),
        filename: basename(output),
        ...(esm ? { module: true, library: { type: "module" } } : {}),
      },
    };
    compile({ ...options, optimization: { minimize: false } }, (error, result) =>
      error ? failed(error) : done(result),
    );
  });
  const { errors, warnings: given } = stats.toJson();
  warnings.push(...[...errors, ...given].map(({ message }) => message));
}

const bundlers = {
  async esbuild() {
    const { build } = await load("esbuild");
    const options = { bundle: true, platform: "node", format, logLevel: "silent" };
    const result = await build({ ...options, entryPoints: [input], outfile: output });
    warnings.push(...result.warnings.map(({ text }) => text));
  },
  async rollup() {
    const { rollup } = await load("rollup");
    const { main: commonjs } = await load("@rollup/plugin-commonjs");
    const { main: nodeResolve } = await load("@rollup/plugin-node-resolve");
    const bundle = await rollup({
      input,
      plugins: [nodeResolve({ preferBuiltins: true }), commonjs()],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ file: output, format: format === "esm" ? "es" : "cjs" });
  },
  async rolldown() {
    const { rolldown } = await import("rolldown");
    const bundle = await rolldown({
      input,
      platform: "node",
      onLog: (_, { message }) => warnings.push(message),
    });
    await bundle.write({ file: output, format });
  },
  async vite() {
    const { build } = await load("vite");
    await build({
      configFile: false,
      root: dirname(input),
      logLevel: "silent",
      ssr: { noExternal: true },
      build: {
        ssr: input,
        outDir: dirname(output),
        emptyOutDir: false,
        rollupOptions: {
          output: { entryFileNames: basename(output) },
          onwarn: ({ message }) => warnings.push(message),
        },
      },
    });
  },
  async webpack() {
    await pack((await load("webpack")).main, { outputModule: true });
  },
  /** Writes assets, such as the addon, next to the bundle. */
  async ncc() {
    const ncc = (await load("@vercel/ncc")).main;
    const { code, assets } = await ncc(input, { quiet: true, cache: false });
    const files = { [basename(output)]: { source: code }, ...assets };
    for (const [name, { source, permissions }] of Object.entries(files)) {
      const file = join(dirname(output), name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, source, { mode: permissions });
    }
  },
  async rspack() {
    await pack((await load("@rspack/core")).rspack, {});
  },
};

await bundlers[tool]();
process.stdout.write(JSON.stringify(warnings));
