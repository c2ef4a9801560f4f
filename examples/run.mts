// `npm run example`: lists the examples, or runs one of them by its name.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Command } from "commander";

const compiled = fileURLToPath(new URL(".", import.meta.url));
const sources = join(compiled, "../../examples");

/** Returns the first comment of an example's file. */
function summaryOf(path: string): string {
  const lines = readFileSync(path, "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join(" ");
}

const chapters = readdirSync(sources).filter((name) => /^\d|^(?:multicast|observability)$/.test(name));
const examples = chapters.flatMap((chapter) =>
  readdirSync(join(sources, chapter))
    .filter((file) => file.endsWith(".mts"))
    .map((file) => ({ chapter, name: file.replace(".mts", ""), path: join(sources, chapter, file) })),
);

/** The examples by chapter, each with its summary. */
function listing(): string {
  const lines = chapters.flatMap((chapter) => [
    chapter,
    ...examples
      .filter((example) => example.chapter === chapter)
      .map(({ name, path }) => `  ${name.padEnd(20)} ${summaryOf(path)}`),
  ]);
  return `\n${lines.join("\n")}`;
}

const line = new Command("npm run example --")
  .description("Runs an example. Without a name, lists the examples.")
  .argument("[name]", "the example")
  .argument("[arguments...]", "the arguments of the example")
  .helpOption("-h, --help", "print this text")
  .addHelpText("after", listing)
  // Options behind the name are those of the example.
  .passThroughOptions()
  .parse();
const [name, ...parameters] = line.args;
const example = examples.find((candidate) => candidate.name === name);
if (example) {
  const program = join(compiled, example.chapter, `${example.name}.mjs`);
  // As `node out/examples/CHAPTER/NAME.mjs ARGUMENT ...` would have it.
  process.argv.splice(1, Number.POSITIVE_INFINITY, program, ...parameters);
  await import(pathToFileURL(program).href);
} else if (name === undefined) {
  line.outputHelp();
} else {
  line.error(`There is no example "${name}". \`npm run example\` lists them all.`, { exitCode: 2 });
}
