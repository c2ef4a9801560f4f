// Compares lists of socket classes and options in pages and tests with the exports of the package.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { draftClasses, stableClasses } from "../helpers/classes.js";
import { draftNames, draftPairs, stableNames, stablePairs, unpaired } from "../helpers/socket_types.js";

const root = join(__dirname, "../..");
const read = (page: string) => readFileSync(join(root, page), "utf8");
const namesOf = (classes: readonly { name: string }[]) => classes.map(({ name }) => name).sort();
const stable = namesOf(stableClasses);
const draft = namesOf(draftClasses);

/** The distinct classes that a text names. */
const namedIn = (text: string) =>
  [...new Set(text.match(/\b[A-Z]\w+\b/g))].filter((name) => [...stable, ...draft].includes(name)).sort();

describe("test/helpers/socket_types.json lists each class", () => {
  test("with its number", () => {
    expect([...stableNames].sort()).toEqual(stable);
    expect([...draftNames].sort()).toEqual(draft);
  });

  test("in a pair, if it has peers", () => {
    const inPairs = (pairs: typeof stablePairs, names: string[]) =>
      [...new Set([...pairs.flat(), ...unpaired.filter((name) => names.includes(name))])].sort();
    expect(inPairs(stablePairs, stable)).toEqual(stable);
    expect(inPairs(draftPairs, draft)).toEqual(draft);
  });
});

describe("each stable class is listed", () => {
  test("in README's list of sockets", () => {
    const [, list] = /^- Sockets: ([\s\S]*?)^- /m.exec(read("README.md"))!;
    expect(namedIn(list!)).toEqual(stable);
  });

  // A Stream talks to programs without ZeroMQ, so it belongs to no pattern.
  const inPatterns = stable.filter((name) => name !== "Stream");

  test("in the guide's table of patterns", () => {
    const [, table] = /\n\| pattern \|[^\n]*\n([\s\S]*?)\n\n/.exec(read("docs/guide/01-first-steps.md"))!;
    expect(namedIn(table!)).toEqual(inPatterns);
  });

  test("in the table of the C interface, which agents in other languages use", () => {
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

describe("a transport's list of classes names those with its option", () => {
  const multicast = namesOf(stableClasses.filter(({ prototype }) => "multicast" in prototype));

  test.each(["pgm", "norm"])("%s, in docs/transports.md", (transport) => {
    const [row] = new RegExp(`^\\| \\[\`${transport}\`.*$`, "m").exec(read("docs/transports.md"))!;
    expect(namedIn(row)).toEqual(multicast);
  });

  test("epgm, in docs/multicast.md", () => {
    const [row] = /^\| \*\*epgm\*\*.*$/m.exec(read("docs/multicast.md"))!;
    expect(namedIn(row)).toEqual(multicast);
  });

  test("udp, in docs/transports.md: all of them drafts", () => {
    const [row] = /^\| \[`udp`.*$/m.exec(read("docs/transports.md"))!;
    expect(draft).toEqual(expect.arrayContaining(namedIn(row)));
    expect(namedIn(row)).toEqual(["Datagram", "Dish", "Radio"]);
  });
});
