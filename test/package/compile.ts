// Compiles users' programs with several versions of TypeScript. Checks all declaration files except those of TypeScript
// and @types/node, which are not ours and take most of the time.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as TypeScript from "typescript";

const require = createRequire(__filename);

/** The oldest supported version, and the newest. */
const compilers = { "5.0": load("typescript-5.0/node_modules/typescript"), "6.0": load("typescript") };
export type CompilerVersion = keyof typeof compilers;

function load(path: string): typeof TypeScript {
  return require(path);
}

/** Parsed once, since every compilation needs the same ones. */
const parsed = new Map<string, TypeScript.SourceFile>();

/** Compiles a program of one file to JavaScript next to it. Returns the compiler's errors, one per line. */
export function compile(
  version: CompilerVersion,
  file: string,
  options: Record<string, unknown> = {},
): string[] {
  const ts = compilers[version];
  const settings = {
    target: "es2020",
    lib: ["es2020"],
    module: "nodenext",
    strict: true,
    skipLibCheck: false,
    types: [],
    // Needed also for programs outside of the project.
    typeRoots: [],
    ...options,
  };
  const { options: parsedOptions, errors } = ts.convertCompilerOptionsFromJson(settings, dirname(file));
  const host = ts.createCompilerHost(parsedOptions);
  const { getSourceFile } = host;
  host.getSourceFile = (path, languageVersion, ...rest) => {
    if (!isForeign(path)) return getSourceFile(path, languageVersion, ...rest);
    const format = typeof languageVersion === "object" ? languageVersion.impliedNodeFormat : "";
    const key = `${version} ${format} ${path}`;
    const known = parsed.get(key) ?? getSourceFile(path, languageVersion, ...rest);
    if (known) parsed.set(key, known);
    return known;
  };
  const program = ts.createProgram([file], parsedOptions, host);
  // Emits this file only: to emit all, the compiler would check all.
  const { diagnostics } = program.emit(program.getSourceFile(file));
  const wrong = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...diagnostics,
  ];
  for (const source of program.getSourceFiles()) {
    if (isForeign(source.fileName)) continue;
    wrong.push(...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source));
  }
  return wrong.map(({ file, start, code, messageText }) => {
    const line = file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start ?? 0).line + 1} ` : "";
    return `${line}TS${code} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
}

const foreign = [
  /\/node_modules\/typescript\/lib\//,
  /\/node_modules\/@types\/node\//,
  /\/node_modules\/undici-types\//,
];

function isForeign(path: string): boolean {
  return foreign.some((pattern) => pattern.test(path));
}

/** The folder in which the compiler finds the types of Node.js. */
export const nodeTypes = join(__dirname, "../../node_modules/@types/node");
