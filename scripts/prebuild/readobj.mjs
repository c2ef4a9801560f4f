// Reads a binary of Linux, Windows or macOS with LLVM's llvm-readobj and llvm-objdump, for the checks.

import { execaSync } from "execa";
import { Missing } from "./npm.mjs";

const processors = { x86_64: "x64", aarch64: "arm64", arm: "arm" };

function run(tool, ...parameters) {
  const { exitCode, failed, stdout, stderr } = execaSync(tool, parameters, {
    maxBuffer: 2 ** 28,
    stripFinalNewline: false,
    reject: false,
  });
  if (exitCode === undefined) throw new Missing(`there is no ${tool} here (Debian: llvm)`);
  if (failed) throw new Error(`${tool} failed: ${stderr.trim()}`);
  return stdout;
}

/** The texts of all groups of a regular expression's matches. */
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, group]) => group);

/** Blocks of llvm-readobj's output, such as `Symbol { … }`, as texts. */
const blocks = (text, name) => all(text, new RegExp(`^ *${name} \\{\\n(.*?)^ *\\}\\n`, "gms"));

/** A list of llvm-readobj's output at the outermost level, such as `DynamicSymbols [ … ]`; empty if there is none. */
const list = (text, name) => new RegExp(`^${name} \\[\\n(.*?)^\\]`, "ms").exec(text)?.[1] ?? "";

/** The value of a line such as `Name: memcpy@GLIBC_2.14 (3409)`, without the number in parentheses. */
const value = (block, key) => new RegExp(`^ *${key}: (.*?)(?: \\(\\w+\\))?$`, "m").exec(block)?.[1] ?? "";

function common(file) {
  const text = run("llvm-readobj", "--file-headers", file);
  const name = value(text, "Arch");
  return { text, arch: processors[name] ?? name, format: value(text, "Format") };
}

/** A shared object of Linux. */
function readElf(file, { arch }) {
  const flags = ["--needed-libs", "--dyn-symbols", "--version-info", "--program-headers", "--sections"];
  const text = run("llvm-readobj", ...flags, "--dynamic-table", file);
  const symbols = blocks(list(text, "DynamicSymbols"), "Symbol").map((block) => ({
    name: value(block, "Name").replace(/@.*/, ""),
    defined: value(block, "Section") !== "Undefined",
    weak: value(block, "Binding") === "Weak",
  }));
  const named = symbols.filter(({ name }) => name !== "");
  const stack = blocks(text, "ProgramHeader").find((block) => value(block, "Type") === "PT_GNU_STACK");
  return {
    arch,
    libraries: all(list(text, "NeededLibraries"), /^ *(\S+)$/gm),
    exported: named.filter(({ defined }) => defined).map(({ name }) => name),
    imported: named.filter(({ defined, weak }) => !defined && !weak).map(({ name }) => name),
    /** Names of versions of symbols, such as GLIBC_2.17. */
    versions: [
      ...new Set(blocks(list(text, "VersionRequirements"), "Entry").map((block) => value(block, "Name"))),
    ],
    stripped: !/^ *Type: SHT_SYMTAB\b/m.test(text),
    /** Stays loaded after dlclose. */
    stays: /^ *0x\w+ +FLAGS_1 .*\bNODELETE\b/m.test(text),
    executableStack: stack === undefined || /\bPF_X\b/.test(stack),
    textRelocations: /^ *0x\w+ +TEXTREL\b/m.test(text),
  };
}

/** A library of Windows. */
function readPe(file, { text: headers, arch }) {
  const text = run("llvm-readobj", "--coff-imports", "--coff-exports", "--sections", file);
  return {
    arch,
    // A delayed import holds a block without a name for each symbol.
    libraries: [...blocks(text, "Import"), ...blocks(text, "DelayImport")]
      .map((block) => value(block, "Name"))
      .filter((name) => name !== ""),
    exported: blocks(text, "Export").map((block) => value(block, "Name")),
    stripped:
      /^ *SymbolCount: 0$/m.test(headers) &&
      !blocks(text, "Section").some((block) => /^(\.debug|\/)/.test(value(block, "Name"))),
    /** May be loaded at any address, and has no executable data. */
    hardened: /DYNAMIC_BASE/.test(headers) && /NX_COMPAT/.test(headers),
  };
}

/** A library of macOS. */
function readMacho(file, { arch }) {
  const symbols = blocks(run("llvm-readobj", "--symbols", file), "Symbol").map((block) => ({
    name: value(block, "Name").replace(/^_/, ""),
    type: value(block, "Type"),
    visible: /^ *Extern$/m.test(block) && !/^ *PrivateExtern$/m.test(block),
  }));
  const visible = symbols.filter(({ type, visible }) => visible && type !== "SymDebugTable");
  const commands = run("llvm-objdump", "--macho", "--private-headers", file);
  return {
    arch,
    libraries: all(commands, /^ *cmd LC_LOAD(?:_WEAK)?_DYLIB\n.*\n *name (\S+)/gm),
    exported: visible.filter(({ type }) => type !== "Undef").map(({ name }) => name),
    imported: visible.filter(({ type }) => type === "Undef").map(({ name }) => name),
    // zig's linker keeps the names of local symbols. Stripping them afterwards would break the signature.
    stripped: !symbols.some(({ type }) => type === "SymDebugTable"),
    /** The oldest macOS that loads it. */
    minimum: /^ *cmd LC_BUILD_VERSION\n(?:.*\n){1,4}? *minos ([\d.]+)/m.exec(commands)?.[1] ?? "0",
    signed: /^ *cmd LC_CODE_SIGNATURE$/m.test(commands),
  };
}

/** The properties of a binary. */
export function readBinary(file) {
  const headers = common(file);
  if (headers.format.startsWith("elf")) return { format: "elf", ...readElf(file, headers) };
  if (headers.format.startsWith("COFF")) return { format: "pe", ...readPe(file, headers) };
  if (headers.format.startsWith("Mach-O")) return { format: "macho", ...readMacho(file, headers) };
  throw new Error(`${file} has the format ${headers.format}, which no target has`);
}
