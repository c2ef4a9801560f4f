// The scripts of prebuilt binaries as the tests use them: tools and runtimes out of npm, the reader of shared objects.

import { createRequire } from "node:module";

const require = createRequire(__filename);

interface Packages {
  /** The folder of a package in the cache folder. */
  fromNpm(name: string, version: string): string;
  /** A program of a package. */
  program(name: string, version: string, path: string): string;
}
export const { fromNpm, program }: Packages = require("../../scripts/prebuild/npm.mjs");

interface Runtimes {
  bun(): string;
  deno(): string;
}
export const { bun, deno }: Runtimes = require("../../scripts/prebuild/runtimes.mjs");

interface SharedObject {
  arch: string;
  exported: string[];
  imported: string[];
  stripped: boolean;
  stays: boolean;
  executableStack: boolean;
  textRelocations: boolean;
}
export const { readBinary }: { readBinary(file: string): SharedObject } =
  require("../../scripts/prebuild/readobj.mjs");

/** What `find` finds; undefined, and told, where it cannot be had. */
export function orSkip<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    console.warn(`SKIPPED: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

interface Trees {
  /** A folder whose `node_modules` has packages with all that they depend on, by name and version. */
  treeOf(dependencies: Record<string, string>): string;
}
export const { treeOf }: Trees = require("../../scripts/prebuild/tree.mjs");

interface Ended {
  exitCode?: number;
  signal?: string;
  all?: string;
  killed: boolean;
}
interface Groups {
  /** Runs a program in a process group of its own, and kills the group after so many seconds. */
  runGroup(command: string, args: string[], seconds: number, options: object): Promise<Ended>;
}
export const { runGroup }: Groups = require("../../scripts/process_group.mjs");
