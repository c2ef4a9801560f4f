// The packed package in the test runners that programs use, with their environments and fake timers, next to zeromq.
// The results are those of docs/test-environments.md. MATRIX=write measures all and writes them into the page,
// MATRIX=all measures and compares all. The runners come from npm, into the cache folder of scripts/prebuild.

import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseTable, type ResultTable, renderTable } from "../helpers/markdown_table.js";
import { orSkip, treeOf } from "../helpers/tools.js";
import { root, Workshop } from "../package/pack.js";
import { type Outcome, type Package, runners } from "./runners.js";

const writes = process.env.MATRIX === "write";
const measuresAll = writes || process.env.MATRIX === "all";
const page = join(root, "docs/test-environments.md");

const versions = {
  "@happy-dom/jest-environment": "20.14.5",
  "happy-dom": "21.0.4",
  jest: "30.5.2",
  "jest-environment-jsdom": "30.5.2",
  jsdom: "29.1.1",
  sinon: "22.1.0",
  vitest: "4.1.12",
};
const tree = orSkip(() => treeOf(versions));
const modules = join(tree ?? "", "node_modules");

const packages: Package[] = [
  { name: "zmq-native", ours: true },
  { name: "zeromq", ours: false },
];

interface Environment {
  runner: keyof typeof runners;
  name: string;
  environment: string;
  pool: string;
}

const environments: Environment[] = [
  ...["node", "jsdom", "happy-dom"].map((environment) => ({
    runner: "jest" as const,
    name: `jest, ${environment}`,
    environment,
    pool: "",
  })),
  ...["forks", "threads", "vmForks", "vmThreads"].flatMap((pool) =>
    ["node", "jsdom", "happy-dom"].map((environment) => ({
      runner: "vitest" as const,
      name: `vitest, ${pool}, ${environment}`,
      environment,
      pool,
    })),
  ),
  { runner: "node:test", name: "node:test", environment: "", pool: "" },
];

/** Each runner, pool and environment at least once. */
const representative = new Set([
  "jest, node",
  "jest, jsdom",
  "jest, happy-dom",
  "vitest, forks, node",
  "vitest, threads, happy-dom",
  "vitest, vmForks, jsdom",
  "vitest, vmThreads, node",
  "node:test",
]);

/** The titles of the checks, in the order of the columns. */
const columns = [
  "messages",
  "bytes",
  "events",
  "AbortSignal",
  "v5-compat",
  "fake timers of the runner",
  "fake timers of sinon",
  "loaded again",
  "loaded during fake timers of the runner",
  "loaded during fake timers of sinon",
];

type Result = "yes" | "no" | "–";
type Table = ResultTable<Result>;

/** The table between the two markers of a package. */
const marked = ({ name }: Package) =>
  new RegExp(`(<!-- matrix of ${name} -->\n)([\\s\\S]*?)(<!-- end of the matrix -->)`);

function published(subject: Package): Table {
  const [, , text] = marked(subject).exec(readFileSync(page, "utf8"))!;
  return parseTable(text!);
}

const workshop = new Workshop();
afterAll(() => workshop.remove());

async function outcomesOf(subject: Package, { runner, environment, pool }: Environment): Promise<Outcome> {
  const parameters = runners[runner].parameters(subject, modules, environment, pool);
  // A runner exits with a code when a check has failed, and the report says which. A runner that does not exit has
  // failed, too.
  const report = await workshop.runFor(90_000, "project", process.execPath, ...parameters).catch((error) => {
    if (error.killed || !error.stdout) throw error;
    return String(error.stdout);
  });
  return runners[runner].outcomes(report);
}

describe.skipIf(!tree)("the packages in test runners", () => {
  beforeAll(async () => {
    const tarball = await workshop.packOurs();
    workshop.write("project", {
      "package.json": { name: "project", private: true, dependencies: { "zmq-native": `file:${tarball}` } },
    });
    await workshop.npm("project", "install");
    const inProject = join(workshop.folder, "project/node_modules");
    for (const name of ["sinon", "vitest", "jsdom", "happy-dom"]) {
      symlinkSync(join(modules, name), join(inProject, name));
    }
    symlinkSync(join(root, "node_modules/zeromq"), join(inProject, "zeromq"));
    for (const runner of Object.values(runners)) {
      for (const subject of packages) {
        workshop.write("project", { [runner.file(subject)]: runner.source(subject) });
      }
    }
  });

  describe.each(packages)("$name", (subject) => {
    const measured: Table = new Map();
    const chosen = environments.filter(
      ({ name }) => measuresAll || (subject.ours && representative.has(name)),
    );

    test.each(chosen)("$name", async (environment) => {
      let outcomes: Outcome;
      try {
        outcomes = await outcomesOf(subject, environment);
      } catch (error) {
        if (subject.ours) throw error;
        console.log(`${subject.name}, ${environment.name}: ${error}`);
        outcomes = new Map(columns.map((column) => [column, String(error)]));
      }
      const results = columns.map((column): Result => {
        if (!subject.ours && column === "AbortSignal") return "–";
        return outcomes.has(column) && outcomes.get(column) === undefined ? "yes" : "no";
      });
      measured.set(environment.name, results);
      const failures = [...outcomes].filter(([, failure]) => failure !== undefined);
      if (subject.ours) {
        expect(Object.fromEntries(failures)).toEqual({});
        expect([...outcomes.keys()]).toEqual(expect.arrayContaining(columns));
      } else {
        for (const [name, failure] of failures)
          console.log(`${environment.name}: ${name}: ${failure!.slice(0, 400)}`);
      }
    });

    test("docs/test-environments.md shows these results", () => {
      console.log(`${subject.name}\n\n${renderTable(["", ...columns], measured)}`);
      if (writes) {
        const text = readFileSync(page, "utf8");
        writeFileSync(
          page,
          text.replace(
            marked(subject),
            (_, start, __, end) => `${start}${renderTable(["", ...columns], measured)}${end}`,
          ),
        );
        return;
      }
      const expected = published(subject);
      expect([...expected.keys()]).toEqual(environments.map(({ name }) => name));
      for (const [name, results] of measured) expect(expected.get(name), name).toEqual(results);
    });
  });
});
