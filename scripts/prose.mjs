// Checks the prose of pages, of comments and test titles in sources, and of the descriptions of patches, with textlint, by the
// rules of prose.config.mjs.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TextlintKernel } from "@textlint/kernel";
import markdown from "@textlint/textlint-plugin-markdown";
import prh from "textlint-rule-prh";
import sentenceLength from "textlint-rule-sentence-length";
import { files, ignored, longestSentence, vocabulary } from "../prose.config.mjs";
import { command } from "./command_line.mjs";
import { fail } from "./terminal.mjs";
import { readTitles } from "./titles.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const program = command(
  "npm run prose --",
  "Checks the prose of pages, comments and test titles by the rules of prose.config.mjs.",
)
  .argument("[files...]", "default: all that prose.config.mjs names")
  .option("--count", "print the number of findings of each file")
  .parse();
const flags = { ...program.opts(), positionals: program.args };

/** The checked files. They are found without git, since a release archive is not a repository. */
function checkedFiles() {
  const found = files.flatMap(({ folder, pattern }) =>
    readdirSync(join(root, folder), { recursive: folder !== "." })
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => pattern.test(name) && !name.includes("node_modules/"))
      .map((name) => posix.join(folder, name)),
  );
  return found.filter((file) => !ignored.includes(file));
}

/**
 * The comments of a source as Markdown, with the same line numbers: other lines are empty. A tag such as `@throws` becomes
 * a list item. Only comments with lines of their own are read.
 */
function commentsOf(source) {
  let inBlock = false;
  const lines = source.split("\n").map((line) => {
    const [, opening, slashes, rest] = /^\s*(\/\*\*?)?(\/\/)?(.*)$/.exec(line);
    if (!inBlock && opening === undefined && slashes === undefined) return "";
    let text = rest;
    if (inBlock) text = line.replace(/^\s*\*(?!\/) ?/, "");
    inBlock = slashes === undefined && !line.includes("*/");
    text = text.replace(/\s*\*\/.*$/, "").replace(/^ /, "");
    if (/^(?:biome-ignore|clang-format|NOLINT|\/ <reference)/.test(text)) return "";
    // A tag that is only a marker has its text behind it.
    return text.replace(/^@internal\s*/, "").replace(/^@\w+\s*/, "- ");
  });
  return lines.join("\n");
}

/** The comments of a source whose comments begin with a #, with the same line numbers. Examples in code are indented. */
function hashCommentsOf(source) {
  return source.replaceAll(/^.*$/gm, (line) => /^\s*#+(?!!) ?(?! {3})(.*)$/.exec(line)?.[1] ?? "");
}

/** The text of the field Description in the header of a patch, with the same line numbers. */
function descriptionOf(patch) {
  let inside = false;
  const lines = patch.split("\n").map((line) => {
    const [, field, text] = /^([A-Z][A-Za-z-]*):(.*)$/.exec(line) ?? [];
    if (field !== undefined) inside = field === "Description";
    if (/^---/.test(line)) inside = false;
    if (!inside) return "";
    // Symptom, cause and fix are paragraphs of their own.
    return (text ?? line).replace(/^ (?=(?:Symptom|Cause|Fix): )/, "- ").trimStart();
  });
  return lines.join("\n");
}

/** The checked text of a file, with the same line numbers: Markdown, with the titles of tests as headings. */
function proseOf(file, source) {
  // A heading may begin with What: it is a title, not a sentence. The text of a link is checked like other text.
  if (file.endsWith(".md")) {
    return source
      .replaceAll(/^(#+ )Wh(?:at|o) /gm, "$1")
      .replaceAll(/(?<!!)\[([^\]`]+)\]\([^()\s]+\)/g, "$1");
  }
  if (file.endsWith(".patch")) return descriptionOf(source);
  if (/\.(?:cmake|yml|gyp)$|CMakeLists\.txt$|\/setup$/.test(file)) return hashCommentsOf(source);
  const lines = commentsOf(source).split("\n");
  const titles = /\.[cm]?[jt]s$/.test(file) ? readTitles(file, source).titles : [];
  for (const { line, parts } of titles) lines[line - 1] = `# ${parts.join("")}`;
  return lines.join("\n");
}

const options = {
  filePath: "comments.md",
  ext: ".md",
  plugins: [{ pluginId: "markdown", plugin: markdown.default ?? markdown }],
  rules: [
    {
      ruleId: "vocabulary",
      rule: prh.default ?? prh,
      options: {
        // prh reads YAML, of which JSON is a part.
        ruleContents: [
          JSON.stringify({
            version: 1,
            rules: vocabulary.map(([pattern, expected]) => ({ pattern, expected })),
          }),
        ],
      },
    },
    {
      ruleId: "sentence-length",
      rule: sentenceLength.default ?? sentenceLength,
      options: { max: longestSentence },
    },
  ],
};

const kernel = new TextlintKernel();
let total = 0;
for (const file of flags.positionals.length > 0 ? flags.positionals : checkedFiles()) {
  if (!existsSync(resolve(root, file))) fail(`${file} does not exist.`);
  const source = readFileSync(resolve(root, file), "utf8");
  const { messages } = await kernel.lintText(proseOf(file, source), options);
  total += messages.length;
  if (flags.count) {
    if (messages.length > 0) console.log(`${String(messages.length).padStart(4)} ${file}`);
    continue;
  }
  for (const { line, message } of messages) {
    console.log(`${file}:${line} ${message.replace(/\s+/g, " ")}`);
  }
}
if (total > 0) fail(`${total} sentences to rewrite (rules: prose.config.mjs).`);
