// The subject of the drop-in suite: our package, or the one that DROP_IN_SUBJECT names. `DROP_IN_SUBJECT=zeromq npx
// vitest run test/drop-in` checks that each test is true of zeromq itself.

import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "vitest";
import { runProgram } from "../helpers/program.js";
import { type StableName, stableNames, stableTypes } from "../helpers/socket_types.js";

type Package = typeof import("zmq-native");

const name = process.env.DROP_IN_SUBJECT || undefined;
const require = createRequire(__filename);

/** Whether the suite runs against our package. */
export const ours = name === undefined;

/** The argument that a program passes to `require`. */
export const packagePath = name ? require.resolve(name) : join(__dirname, "../../dist/index.js");
export const draftPath = name ? require.resolve(`${name}/draft.js`) : join(__dirname, "../../dist/draft.js");

/** The package as `require` returns it, with our types. A test that needs more than these types uses `Loose`. */
export const zmq = require(packagePath) as Package;

/** A value that tests use in ways that its types forbid. */
export type Loose = Record<string, (...parameters: unknown[]) => unknown>;
export const loose = (object: unknown) => object as Loose;

export type SocketName = Extract<keyof Package, StableName>;

/** The socket classes and their type numbers. */
export const types: Readonly<Record<SocketName, number>> = stableTypes;
export const socketNames: readonly SocketName[] = stableNames;

/** Runs the body of an async function in its own process, with the subject as `zmq`. */
export const runSubject = (body: string, options: { stays?: RegExp } = {}) =>
  runProgram(body, { ...options, from: packagePath });

/**
 * A test of a deliberate difference from zeromq, for `reason`. It runs against our package only. Against zeromq it is
 * skipped and prints the reason.
 */
export function mended(reason: string, behaviour: string, run: () => unknown): void {
  const title = `${behaviour} (mended: ${reason})`;
  if (ours) test(title, async () => void (await run()));
  else
    test(title, ({ skip }) => {
      console.info(`skipped for ${name}: ${title}`);
      skip(reason);
    });
}
