// Programs written for zeromq 5 that load the interface of version 6: the error says what to do, and tests of what
// there is go on as before.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import ts from "typescript";
import { afterAll, describe, expect, test } from "vitest";
import { packagePath } from "../helpers/program.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-version5-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** Runs a module that is a file, with the package as `zmq`; answers its exports. */
function run(source: string): unknown {
  const file = join(folder, `program${files++}.cjs`);
  writeFileSync(file, `const zmq = require(${JSON.stringify(packagePath)});\n${source}`);
  return require(file);
}

const remedy = /^zmq\.socket is not a function: .*require\("zmq-native\/v5-compat"\)/;

describe("a call fails with the remedy:", () => {
  test.each([
    'zmq.socket("push")',
    'zmq\n  .socket("push")',
    "zmq.socket()",
    'typeof zmq.socket("push")',
    '"é☃💥", zmq.socket("push")',
  ])("%s", (call) => {
    const error = run(`try { ${call}; } catch (error) { module.exports = error; }`) as Error;
    expect([error.constructor.name, error.message]).toEqual(["TypeError", expect.stringMatching(remedy)]);
  });

  test("createSocket, of zmq 2", () => {
    expect(() => run('zmq.createSocket("push")')).toThrow(
      /^zmq\.createSocket is not a function: .*v5-compat/,
    );
  });

  test("as compilers write it", () => {
    const compile = (source: string) =>
      ts.transpileModule(source.replace("PACKAGE", packagePath), {
        compilerOptions: { module: ts.ModuleKind.CommonJS, esModuleInterop: true },
      }).outputText;
    for (const source of [
      'import { socket } from "PACKAGE"; socket("push");',
      'import * as zeromq from "PACKAGE"; (zeromq as any).socket("push");',
      'import zeromq from "PACKAGE"; (zeromq as any).socket("push");',
    ]) {
      expect(() => run(compile(source))).toThrow(/\.socket is not a function: .*v5-compat/);
    }
  });
});

describe("everything else reads undefined:", () => {
  test.each([
    ["typeof zmq.socket", "undefined"],
    ["zmq.socket", undefined],
    ["zmq.socket === undefined", true],
    ["Boolean(zmq.socket)", false],
    ['zmq.socket ? zmq.socket("push") : "version 6"', "version 6"],
    ['zmq.socket && zmq.socket("push")', undefined],
    ['zmq.socket?.("push")', undefined],
    ["(({ socket }) => socket)(zmq)", undefined],
    ['zmq["socket"]', undefined],
    ["Object.keys(zmq).includes('socket')", false],
    ["{ ...zmq }.socket", undefined],
    ["[zmq.socket].length", 1],
    ["eval('typeof zmq.socket')", "undefined"],
  ])("%s", (expression, value) => {
    expect(run(`module.exports = (${expression});`)).toBe(value);
  });

  test("a statement after a test of it", () => {
    expect(
      run("let called = false;\nif (zmq.socket) (() => { called = true; })();\nmodule.exports = called;"),
    ).toBe(false);
  });

  test("code without a file, where the engine's own error is left", () => {
    const call = runInThisContext("(zmq) => zmq.socket('push')") as (zmq: unknown) => void;
    expect(() => call(require(packagePath))).toThrow(/^zmq\.socket is not a function$/);
  });
});

test("a program's tests may put a double there", () => {
  expect(run('zmq.socket = () => "double"; module.exports = zmq.socket("push"); delete zmq.socket;')).toBe(
    "double",
  );
});
