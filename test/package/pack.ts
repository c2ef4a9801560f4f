// Packs the package as it is published, with a binary for this machine, and installs it where there is no network.

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const root = join(__dirname, "../..");

/** Large, and none of what is published. */
const notPacked = new Set(
  [".git", "bench", "build", "demo", "node_modules", "out", "prebuilds", "test", "vendor/src"].map((path) =>
    join(path),
  ),
);

/** The test's own environment, without what an npm above it has set for its scripts, and any other binary. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^ZMQ_NATIVE_|^LD_PRELOAD$/i.test(name)),
);

/** A folder of its own under the system's temporary one, and a way to remove it. */
export class Workshop {
  /** Adds to the environment of what is run. */
  env: NodeJS.ProcessEnv = {};
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "zmq-native-package-")));

  /** Runs a program in a folder of the workshop: what it writes to stdout. Rejects with both outputs when it fails. */
  run(folder: string, command: string, ...parameters: string[]): Promise<string> {
    return this.runFor(60_000, folder, command, ...parameters);
  }

  /** The same, for so many milliseconds at most. */
  async runFor(timeout: number, folder: string, command: string, ...parameters: string[]): Promise<string> {
    const { stdout } = await run(command, parameters, {
      cwd: join(this.folder, folder),
      env: { ...env, ...this.env },
      maxBuffer: 2 ** 26,
      timeout,
    });
    return stdout;
  }

  npm(folder: string, ...parameters: string[]): Promise<string> {
    // With a cache of its own, so that nothing comes from anywhere but the tarballs.
    const cache = `--cache=${join(this.folder, "cache")}`;
    return this.run(folder, "npm", ...parameters, "--offline", "--no-audit", "--no-fund", cache);
  }

  /** Writes a folder's files; values that are no strings as JSON. */
  write(folder: string, files: Record<string, unknown>): void {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.folder, folder, name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    }
  }

  /** Packs a folder; the path of the tarball. */
  async pack(folder: string): Promise<string> {
    const [name] = (await this.npm("", "pack", folder, "--silent", "--ignore-scripts")).trim().split("\n");
    return join(this.folder, name as string);
  }

  /** Packs this package, with a binary for this machine; the path of the tarball. */
  async packOurs(): Promise<string> {
    const copy = join(this.folder, "package");
    cpSync(root, copy, { recursive: true, filter: (path) => !notPacked.has(relative(root, path)) });
    // `prepack` does this; npm runs no scripts here.
    await this.run("package", "node", "scripts/vendor.mjs", "--pack");
    const prebuilds = join(copy, "prebuilds", `${process.platform}-${process.arch}`);
    const name = process.platform === "linux" ? "zmq-native.glibc.node" : "zmq-native.node";
    cpSync(join(root, "build/Release/zmq_native.node"), join(prebuilds, name));
    return this.pack("./package");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
