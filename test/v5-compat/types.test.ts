// Programs in TypeScript that were written for zeromq compile unchanged.

import { join } from "node:path";
import * as ts from "typescript";
import { expect, test } from "vitest";

const root = join(__dirname, "../..");
const program = join(__dirname, "programs/typed.ts");

/** Errors of the compiler, with the declarations that `paths` names. */
function errorsWith(paths: Record<string, string[]>): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    skipLibCheck: true,
    paths,
  };
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([program], options));
  return diagnostics.map(({ messageText, file, start }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

test("a program compiles with the declarations of zeromq/v5-compat", () => {
  expect(errorsWith({})).toEqual([]);
});

test("a program compiles with our declarations", () => {
  expect(errorsWith({ "zeromq/v5-compat": [join(root, "dist/v5-compat.d.ts")] })).toEqual([]);
});
