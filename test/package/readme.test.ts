// README: its program equals the site's, and its badges and commands agree with the project's files. install.test.ts
// runs the program.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./pack.js";
import { block } from "./readme.js";

const read = (file: string) => readFileSync(join(root, file), "utf8");
const readme = read("README.md");
const manifest = JSON.parse(read("package.json"));

test.each(["js", "console"])("the landing page of the documentation has README's %s block", (language) => {
  expect(block("docs/README.md", language)).toBe(block("README.md", language));
});

test("the badges name the license and the Node.js versions of package.json", () => {
  expect(readme).toContain(`https://img.shields.io/badge/license-${manifest.license}-`);
  const versions = encodeURIComponent(manifest.engines.node);
  expect(readme).toContain(`https://img.shields.io/badge/node-${versions}-`);
  expect(readme).toContain(`Node.js: ${manifest.engines.node.replace("||", "or")}`);
});

test("README shows the command that CI runs", () => {
  const command = /&& exec (.+)$/m.exec(read(".ci/run"))?.[1];
  expect(command).toMatch(/npm test$/);
  expect(readme).toMatch(new RegExp(`^    ${command}$`, "m"));
});

test("README names the version of libzmq that the binary contains", () => {
  const { version } = JSON.parse(read("vendor/versions.json")).libzmq;
  expect(readme).toContain(`contains libzmq ${version} `);
});

test("the speed that the landing pages state in words is that of bench/report/speed.json", () => {
  interface Row {
    work: string;
    bar?: string;
    zeromq: (number | null)[];
  }
  const { rows } = JSON.parse(read("bench/report/speed.json")) as { rows: Row[] };
  const bounds = (chosen: Row[]) => {
    const ratios = chosen.flatMap(({ zeromq }) => zeromq).filter((ratio) => ratio !== null);
    return [Math.min(...ratios), Math.max(...ratios)] as const;
  };
  const [least, greatest] = bounds(rows.filter(({ bar }) => bar));
  const [leastTime, greatestTime] = bounds(
    rows.filter(({ work }) => work === "sender's CPU time per message"),
  ).map((ratio) => Math.round(ratio * 100));
  for (const page of ["README.md", "docs/README.md"]) {
    expect(read(page)).toContain(`between ${least} and ${greatest} times for 64-byte messages`);
  }
  const landing = read("docs/README.md").replace(/\s+/g, " ");
  expect(landing).toContain(`${least} to ${greatest} times as many messages per second as zeromq 6.8`);
  expect(landing).toContain(`at ${leastTime} to ${greatestTime} % of its CPU time`);
});

test("scripts/setup accepts the Node.js versions of package.json", () => {
  const condition = /process\.exit\((.+) \? 0 : 1\)/.exec(read("scripts/setup"))![1]!;
  const accepts = new Function("a", "b", `return ${condition}`) as (major: number, minor: number) => boolean;
  const ranges = (manifest.engines.node as string).split(" || ").map((range) => {
    const [, kind, least, minor] = /^(\^|>=)(\d+)\.(\d+)\.0$/.exec(range)!;
    return { later: kind === ">=", least: Number(least), minor: Number(minor) };
  });
  for (let major = 18; major <= 26; major++) {
    for (const minor of [0, 11, 12, 18, 19, 30]) {
      const wanted = ranges.some(
        (range) => (range.later && major > range.least) || (major === range.least && minor >= range.minor),
      );
      expect(`${major}.${minor} ${accepts(major, minor)}`).toBe(`${major}.${minor} ${wanted}`);
    }
  }
});

test("the changelog has the format of Keep a Changelog, and describes the version of package.json", () => {
  const changelog = read("CHANGELOG.md");
  const headings = [...changelog.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings[0]).toBe("[Unreleased]");
  expect(headings.slice(1)).toEqual(
    headings.slice(1).map(() => expect.stringMatching(/^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/)),
  );
  expect(headings[1]).toContain(`[${manifest.version}]`);
  for (const heading of headings) expect(changelog).toContain(`\n${/^\[.+?\]/.exec(heading!)![0]}: https://`);
  const kinds = new Set([...changelog.matchAll(/^### (.+)$/gm)].map(([, kind]) => kind));
  expect(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]).toEqual(
    expect.arrayContaining([...kinds]),
  );
});
