// Packs the package as it is published, with a binary for this machine, and installs it. Package managers reach one
// registry, on loopback, which has the dependencies of the package and nothing else.

import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";

export const root = join(__dirname, "../..");

/** Large, and none of what is published. */
const notPacked = new Set(
  [
    ".git",
    "bench",
    "build",
    "demo",
    "node_modules",
    "out",
    "prebuilds",
    "site",
    "test",
    "vendor/licences",
    "vendor/src",
  ].map((path) => join(path)),
);

/** The test's own environment, without what an npm above it has set for its scripts, and any other binary. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^ZMQ_NATIVE_|^LD_PRELOAD$/i.test(name)),
);

/** A registry with these folders as packages. */
async function serve(folders: Record<string, unknown>[], tarballs: Buffer[]): Promise<Server> {
  const server = createServer((request, response) => {
    const at = folders.findIndex(({ name }) => request.url === `/${name}` || request.url === `/${name}.tgz`);
    if (at < 0) return response.writeHead(404).end();
    if (request.url?.endsWith(".tgz")) return response.end(tarballs[at]);
    const [manifest, tarball] = [folders[at], tarballs[at]] as [Record<string, unknown>, Buffer];
    const { port } = server.address() as AddressInfo;
    const dist = {
      integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
      shasum: createHash("sha1").update(tarball).digest("hex"),
      tarball: `http://127.0.0.1:${port}/${manifest.name}.tgz`,
    };
    const { name, version } = manifest as { name: string; version: string };
    const versions = { [version]: { ...manifest, dist } };
    response.setHeader("content-type", "application/json");
    // yarn installs no version that was published within the last days.
    const time = { [version]: "2020-01-01T00:00:00.000Z" };
    response.end(JSON.stringify({ name, "dist-tags": { latest: version }, time, versions }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server.unref();
}

/** A folder of its own under the system's temporary one, and a way to remove it. */
export class Workshop {
  #registry: Server | undefined;

  /** Adds to the environment of what is run. */
  env: NodeJS.ProcessEnv = {};
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "zmq-native-package-")));

  /** Runs a program in a folder of the workshop: what it writes to stdout. Rejects with both outputs when it fails. */
  run(folder: string, command: string, ...parameters: string[]): Promise<string> {
    return this.runFor(60_000, folder, command, ...parameters);
  }

  /** The same, for so many milliseconds at most. */
  async runFor(timeout: number, folder: string, command: string, ...parameters: string[]): Promise<string> {
    // The message of its error has both outputs.
    const { stdout } = await execa(command, parameters, {
      cwd: join(this.folder, folder),
      env: { ...env, ...this.#registryEnv(), ...this.env },
      extendEnv: false,
      stripFinalNewline: false,
      timeout,
    });
    return stdout;
  }

  /** Names the registry to each package manager. A port that nothing listens on stands for a registry not started. */
  #registryEnv(): NodeJS.ProcessEnv {
    const { port } = (this.#registry?.address() ?? { port: 9 }) as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    return {
      NO_PROXY: "127.0.0.1",
      no_proxy: "127.0.0.1",
      npm_config_registry: url,
      YARN_NPM_REGISTRY_SERVER: url,
      YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
    };
  }

  npm(folder: string, ...parameters: string[]): Promise<string> {
    // A cache of its own, so that packages come from the tarballs and the registry only.
    const cache = `--cache=${join(this.folder, "cache")}`;
    return this.run(folder, "npm", ...parameters, "--no-audit", "--no-fund", cache);
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
    const [name] = (await this.npm("", "pack", folder, "--silent")).trim().split("\n");
    return join(this.folder, name as string);
  }

  /** Packs this package, with a binary for this machine, and starts the registry; the path of the tarball. */
  async packOurs(): Promise<string> {
    const dependency = join(root, "node_modules/node-gyp-build");
    const manifest = JSON.parse(readFileSync(join(dependency, "package.json"), "utf8"));
    this.#registry = await serve([manifest], [readFileSync(await this.pack(dependency))]);
    const copy = join(this.folder, "package");
    cpSync(root, copy, { recursive: true, filter: (path) => !notPacked.has(relative(root, path)) });
    // `prepack` does this; npm runs no scripts here.
    // The scripts of `prepack` parse their parameters with commander.
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    // xz takes a minute on a busy machine.
    await this.runFor(300_000, "package", "node", "scripts/vendor.mjs", "--pack");
    const prebuilds = join(copy, "prebuilds", `${process.platform}-${process.arch}`);
    const name = process.platform === "linux" ? "zmq-native.glibc.node" : "zmq-native.node";
    cpSync(join(root, "build/Release/zmq_native.node"), join(prebuilds, name));
    return this.pack("./package");
  }

  remove(): void {
    this.#registry?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
