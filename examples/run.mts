// `npm run example`: lists the examples, or runs one of them by its name.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const compiled = fileURLToPath(new URL(".", import.meta.url));
const sources = join(compiled, "../../examples");

/** What an example's file opens with: its first comment. */
function summaryOf(path: string): string {
  const lines = readFileSync(path, "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join(" ");
}

const chapters = readdirSync(sources).filter((name) => /^\d|^multicast$/.test(name));
const examples = chapters.flatMap((chapter) =>
  readdirSync(join(sources, chapter))
    .filter((file) => file.endsWith(".mts"))
    .map((file) => ({ chapter, name: file.replace(".mts", ""), path: join(sources, chapter, file) })),
);

function list(): void {
  console.log("usage: npm run example -- NAME [ARGUMENT ...]\n");
  for (const chapter of chapters) {
    console.log(chapter);
    for (const { name, path } of examples.filter((example) => example.chapter === chapter)) {
      console.log(`  ${name.padEnd(20)} ${summaryOf(path)}`);
    }
  }
}

const [name, ...parameters] = process.argv.slice(2);
const example = examples.find((candidate) => candidate.name === name);
if (example) {
  const program = join(compiled, example.chapter, `${example.name}.mjs`);
  // As `node out/examples/CHAPTER/NAME.mjs ARGUMENT ...` would have it.
  process.argv.splice(1, Number.POSITIVE_INFINITY, program, ...parameters);
  await import(pathToFileURL(program).href);
} else if (name === undefined || name === "--help" || name === "list") {
  list();
} else {
  console.error(`There is no example "${name}". \`npm run example\` lists them all.`);
  process.exitCode = 2;
}
