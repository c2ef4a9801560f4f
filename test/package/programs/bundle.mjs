// Bundles a program as one ES module with a bundler at its defaults, and prints the warnings as JSON.
//
//   node bundle.mjs TOOL FOLDER_OF_TOOLS INPUT OUTPUT

import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";

const [tool, tools, input, output] = process.argv.slice(2);
const { resolve } = createRequire(`${tools}/package.json`);
/** A module of the tools; of a CommonJS module, its exports. */
const load = async (name) => {
  const { default: main, ...named } = await import(pathToFileURL(resolve(name)));
  return { main, ...named };
};
const warnings = [];

/** webpack and rspack, which have the same interface. */
async function pack(compile, experiments) {
  const stats = await new Promise((done, failed) => {
    const options = {
      entry: input,
      mode: "production",
      target: "node",
      experiments,
      output: {
        path: dirname(output),
        filename: basename(output),
        module: true,
        library: { type: "module" },
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
    const options = { bundle: true, platform: "node", format: "esm", logLevel: "silent" };
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
    await bundle.write({ file: output, format: "es" });
  },
  async rolldown() {
    const { rolldown } = await import("rolldown");
    const bundle = await rolldown({
      input,
      platform: "node",
      onLog: (_, { message }) => warnings.push(message),
    });
    await bundle.write({ file: output, format: "esm" });
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
  async rspack() {
    await pack((await load("@rspack/core")).rspack, {});
  },
};

await bundlers[tool]();
process.stdout.write(JSON.stringify(warnings));
