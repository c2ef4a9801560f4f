// The programs of examples/integrations, compiled, with the packages that they need.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { execa, execaSync } from "execa";
import { onTestFinished } from "vitest";
import { slowness } from "../helpers/program.js";

const root = join(__dirname, "../..");

export const sources = join(root, "examples/integrations");
export const programs = join(root, "out/integrations");

/** Installs the packages and compiles the programs, if something has changed. */
export function compile(): void {
  execaSync(process.execPath, [join(root, "scripts/compile.mjs"), "integrations"]);
}

const { dependencies } = JSON.parse(readFileSync(join(sources, "package.json"), "utf8"));

/** The packages that the programs import. */
export const packages: string[] = Object.keys(dependencies);

const require = createRequire(join(sources, "package.json"));

// Their types are not available before they are installed, and `npm run check` does not install them.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Module = any;

/** Loads a package of examples/integrations. */
export const load = (name: string): Promise<Module> => import(pathToFileURL(require.resolve(name)).href);

/** Loads a compiled module, such as `nestjs/transport`. */
export const program = (name: string): Promise<Module> =>
  import(pathToFileURL(join(programs, `${name}.mjs`)).href);

/** Runs a module in a process of its own, which can import the compiled programs by `./NAME.mjs`, and their packages. */
export function startProcess(source: string) {
  const child = execa(process.execPath, ["--input-type=module", "-e", source], {
    cwd: programs,
    reject: false,
    timeout: 60_000 * slowness,
    killSignal: "SIGKILL",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  /** The next line that it prints. */
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (!done) return value;
    throw new Error(`the process has ended: ${(await child).stderr}`);
  };
  return { child, line };
}
