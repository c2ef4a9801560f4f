// Reads the documentation of the public interface from the declarations in dist/. Uses the functions of the TypeScript
// compiler that editors use, so inherited comments are included.

import { join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "../..");
const dist = join(root, "dist");
const entryPoints = ["index", "draft", "streams", "opentelemetry", "inspector", "v5-compat"];

/** A class, function, type or member of the public interface. */
export interface Documented {
  /** Its qualified name, such as `index.Push.send`. */
  readonly name: string;
  readonly kind: "class" | "constructor" | "function" | "type" | "property";
  /** The text in front of the tags. */
  readonly summary: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
  /** Whether its declaration is a row of an options table. */
  readonly isOption: boolean;
  readonly isReadonly: boolean;
  /** The programs of its `@example` tags. */
  readonly examples: readonly string[];
}

const settings: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts"],
  strict: true,
  types: ["node"],
  skipLibCheck: true,
};

type Source = Pick<ts.Symbol & ts.Signature, "getDocumentationComment">;

class Reader {
  readonly found: Documented[] = [];
  readonly #checker: ts.TypeChecker;
  readonly #seen = new Set<ts.Node>();

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  entryPoint(name: string, file: ts.SourceFile): void {
    const module = this.#checker.getSymbolAtLocation(file)!;
    for (const exported of this.#checker.getExportsOfModule(module)) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? this.#checker.getAliasedSymbol(exported) : exported;
      this.#exported(`${name}.${exported.name}`, symbol);
    }
  }

  #exported(name: string, symbol: ts.Symbol): void {
    const declaration = ownDeclaration(symbol);
    if (declaration === undefined || this.#seen.has(declaration)) return;
    const checker = this.#checker;
    if (symbol.flags & ts.SymbolFlags.Class) {
      this.#add(name, "class", symbol, symbol.getJsDocTags(checker), declaration);
      const type = checker.getTypeOfSymbol(symbol);
      for (const signature of type.getConstructSignatures()) {
        // A constructor marked @internal is not declared.
        if (signature.declaration === undefined) continue;
        this.#add(`${name}.constructor`, "constructor", signature, signature.getJsDocTags(), declaration);
      }
      for (const member of type.getProperties()) this.#member(`${name}.${member.name}`, member);
      this.#members(name, checker.getDeclaredTypeOfSymbol(symbol));
    } else if (symbol.flags & ts.SymbolFlags.Type) {
      this.#add(name, "type", symbol, symbol.getJsDocTags(checker), declaration);
      this.#members(name, checker.getDeclaredTypeOfSymbol(symbol));
    } else {
      this.#member(name, symbol);
    }
  }

  /** `owner`: the name of the type, for members that no named type declares. */
  #members(owner: string, type: ts.Type): void {
    const [entryPoint] = owner.split(".");
    for (const member of type.getProperties()) {
      const parent = member.declarations?.[0]?.parent;
      const isNamed = parent && (ts.isInterfaceDeclaration(parent) || ts.isClassDeclaration(parent));
      const named = isNamed && parent.name ? `${entryPoint}.${parent.name.text}` : owner;
      // TypeScript's name of a symbol, such as `__@asyncIterator@34`.
      this.#member(`${named}.${member.name.replace(/^__@(\w+)@\d+$/, "[$1]")}`, member);
    }
  }

  #member(name: string, symbol: ts.Symbol): void {
    const declaration = ownDeclaration(symbol);
    if (declaration === undefined || this.#seen.has(declaration)) return;
    this.#seen.add(declaration);
    const type = this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(symbol));
    const signatures = type.getCallSignatures();
    const kind = signatures.length > 0 ? "function" : "property";
    this.#add(name, kind, symbol, symbol.getJsDocTags(this.#checker), declaration);
    // Not the values of constants, whose names are their documentation.
    if (ts.isVariableDeclaration(declaration)) return;
    for (const nested of [type, ...signatures.map((signature) => signature.getReturnType())]) {
      if (nested.flags & ts.TypeFlags.Object && !nested.isClass()) this.#members(name, nested);
    }
  }

  #add(
    name: string,
    kind: Documented["kind"],
    source: Source,
    tags: readonly ts.JSDocTagInfo[],
    declaration: ts.Node,
  ): void {
    const text = (tag: ts.JSDocTagInfo) => ts.displayPartsToString(tag.text);
    const examples = tags.filter((tag) => tag.name === "example").map(text);
    this.found.push({
      name,
      kind,
      summary: ts.displayPartsToString(source.getDocumentationComment(this.#checker)),
      tags: tags.map((tag) => ({ name: tag.name, text: text(tag) })),
      examples: examples.map((example) => /^```ts\n(.*)\n```$/s.exec(example.trim())?.[1] ?? ""),
      isOption: declaration.getSourceFile().fileName.includes("/options/tables/"),
      isReadonly:
        (ts.getCombinedModifierFlags(declaration as ts.Declaration) & ts.ModifierFlags.Readonly) !== 0,
    });
  }
}

/** The declaration of a symbol that this package declares. Undefined for those of Node and TypeScript, and `#private`. */
function ownDeclaration(symbol: ts.Symbol): ts.Declaration | undefined {
  const declaration = symbol.declarations?.[0];
  if (declaration === undefined || symbol.name === "#private" || symbol.name === "prototype")
    return undefined;
  return declaration.getSourceFile().fileName.startsWith(dist) ? declaration : undefined;
}

/** All exports of the package and all their members. */
export function publicInterface(): Documented[] {
  const files = entryPoints.map((name) => join(dist, `${name}.d.ts`));
  const program = ts.createProgram(files, settings);
  const reader = new Reader(program.getTypeChecker());
  for (const [index, name] of entryPoints.entries()) {
    reader.entryPoint(name, program.getSourceFile(files[index]!)!);
  }
  return reader.found;
}

/** The text and the tags that an editor shows on hover at the position of `^` in a program. */
export function hover(program: string): string {
  const file = join(root, "test/types/hovered.mts");
  const text = program.replace("^", "");
  const read = (path: string) => (path === file ? text : ts.sys.readFile(path));
  const service = ts.createLanguageService({
    getCompilationSettings: () => settings,
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot(path) {
      const content = read(path);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  const info = service.getQuickInfoAtPosition(file, program.indexOf("^"));
  const tags = info?.tags?.map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`) ?? [];
  return [ts.displayPartsToString(info?.documentation), ...tags].join("\n");
}

/** The compiler errors of a set of programs, one line for each. */
export function typeErrors(files: readonly string[]): string[] {
  const program = ts.createProgram(files, { ...settings, noEmit: true });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0;
    return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
}

/** Compiles a TypeScript program that is an ES module to JavaScript. */
export function transpiled(code: string): string {
  return ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  }).outputText;
}
