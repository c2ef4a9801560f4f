// Checks the prose of pages and of comments in sources with textlint, by the rules of prose.config.mjs.

import { readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TextlintKernel } from "@textlint/kernel";
import markdown from "@textlint/textlint-plugin-markdown";
import prh from "textlint-rule-prh";
import sentenceLength from "textlint-rule-sentence-length";
import { files, ignored, longestSentence, vocabulary } from "../prose.config.mjs";
import { command } from "./command_line.mjs";
import { fail } from "./terminal.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const program = command(
  "npm run prose --",
  "Checks the prose of pages and comments by the rules of prose.config.mjs.",
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
      .filter((name) => pattern.test(name))
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
  const source = readFileSync(resolve(root, file), "utf8");
  // A heading may begin with What: it is a title, not a sentence.
  const text = file.endsWith(".md") ? source.replaceAll(/^(#+ )Wh(?:at|o) /gm, "$1") : commentsOf(source);
  const { messages } = await kernel.lintText(text, options);
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
