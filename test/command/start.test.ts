// The start of the command: help and completion must not wait for modules that they do not need.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { program } from "./zmq.js";

test("the program loads no module of a command before one runs", () => {
  const source = readFileSync(program, "utf8");
  const loaded = [...source.matchAll(/^import\b.*?"([^"]+)";$/gm)].map(([, name]) => name!);
  expect(loaded).not.toEqual([]);
  // The second one has the helpers of the bundler, the third one 1 KB that makes error messages harmless for a terminal.
  expect(loaded.filter((name) => !/^(?:node:.*|\.\/(?:rolldown-runtime|harmless)\.mjs)$/.test(name))).toEqual(
    [],
  );
});
