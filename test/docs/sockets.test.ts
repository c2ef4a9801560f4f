// Lists of socket classes and of their options, in pages and in other tests, against what the package exports.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { socketNames } from "../drop-in/subject.js";
import { draftClasses, stableClasses } from "../helpers/classes.js";

const root = join(__dirname, "../..");
const read = (page: string) => readFileSync(join(root, page), "utf8");
const namesOf = (classes: readonly { name: string }[]) => classes.map(({ name }) => name).sort();
const stable = namesOf(stableClasses);
const draft = namesOf(draftClasses);

/** The classes that a text names, each once. */
const namedIn = (text: string) =>
  [...new Set(text.match(/\b[A-Z]\w+\b/g))].filter((name) => [...stable, ...draft].includes(name)).sort();

describe("each stable class is", () => {
  test("in README's list of sockets", () => {
    const [, list] = /^- Sockets: ([\s\S]*?)^- /m.exec(read("README.md"))!;
    expect(namedIn(list!)).toEqual(stable);
  });

  test("in the drop-in tests", () => expect([...socketNames].sort()).toEqual(stable));

  // A Stream talks to programs without ZeroMQ, so it is in no pattern.
  const inPatterns = stable.filter((name) => name !== "Stream");

  test("in the guide's table of patterns", () => {
    const [, table] = /\n\| pattern \|[^\n]*\n([\s\S]*?)\n\n/.exec(read("docs/guide/01-first-steps.md"))!;
    expect(namedIn(table!)).toEqual(inPatterns);
  });

  test("in the table of the C interface, which agents of other languages use", () => {
    const source = read("test/interop/agents/agent.cjs");
    const [, table] = /^const classes = \{([\s\S]*?)^\};/m.exec(source)!;
    expect(namedIn(table!)).toEqual(inPatterns);
  });
});

test("each class is in the site's list of chapters", async () => {
  const { chapters } = (await import(join(root, "site/typedoc/purposes.mjs"))) as {
    chapters: Record<string, string[]>;
  };
  const listed = Object.values(chapters)
    .flat()
    .filter((name) => !["Context", "Socket", "Proxy"].includes(name));
  expect(listed.sort()).toEqual([...stable, ...draft].sort());
});

describe("the classes of a transport: those with the option", () => {
  const multicast = namesOf(stableClasses.filter(({ prototype }) => "multicast" in prototype));

  test.each(["pgm", "norm"])("%s, in docs/transports.md", (transport) => {
    const [row] = new RegExp(`^\\| \\[\`${transport}\`.*$`, "m").exec(read("docs/transports.md"))!;
    expect(namedIn(row)).toEqual(multicast);
  });

  test("epgm, in docs/multicast.md", () => {
    const [row] = /^\| \*\*epgm\*\*.*$/m.exec(read("docs/multicast.md"))!;
    expect(namedIn(row)).toEqual(multicast);
  });

  test("udp, in docs/transports.md: all of drafts", () => {
    const [row] = /^\| \[`udp`.*$/m.exec(read("docs/transports.md"))!;
    expect(draft).toEqual(expect.arrayContaining(namedIn(row)));
    expect(namedIn(row)).toEqual(["Datagram", "Dish", "Radio"]);
  });
});
