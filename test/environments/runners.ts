// Test runners as programs: the file with the checks that each one runs, and how its report is read.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Package {
  /** The name by which programs require it. */
  name: "zmq-native" | "zeromq";
  ours: boolean;
}

/** The failure by the title of a check. Undefined for a check that passed. */
export type Outcome = Map<string, string | undefined>;

interface Runner {
  /** The name of its file of checks. */
  file(subject: Package): string;
  /** The source of that file. */
  source(subject: Package): string;
  /** The arguments of Node that run that file. `modules`: the node_modules with the runners. */
  parameters(subject: Package, modules: string, environment: string, pool: string): string[];
  outcomes(report: string): Outcome;
}

const checks = readFileSync(join(__dirname, "checks.js"), "utf8");

const load = ({ name }: Package) => `({ zmq: require("${name}"), v5: require("${name}/v5-compat") })`;

/** Fakes everything that sinon can fake, or the timers that `options` names. */
const sinon = (options = "") => `sinon: () => {
    const clock = require("sinon").useFakeTimers(${options});
    return () => clock.restore();
  }`;

/** Loads the package again in plain Node. */
const reload = (subject: Package) => `() => {
    for (const path of Object.keys(require.cache)) {
      if (path.includes("/node_modules/${subject.name}/")) delete require.cache[path];
    }
    return ${load(subject)};
  }`;

/** A report in the format of jest, which vitest writes as well. */
function outcomesOf(report: string): Outcome {
  const { testResults } = JSON.parse(report);
  const { assertionResults, message } = testResults[0];
  if (assertionResults.length === 0) throw new Error(message);
  return new Map(
    assertionResults.map(({ title, status, failureMessages }: Record<string, unknown>) => [
      title,
      status === "passed" ? undefined : String(failureMessages),
    ]),
  );
}

const jest: Runner = {
  file: ({ name }) => `jest.${name}.spec.js`,
  source: (subject) => `
  const { zmq, v5 } = ${load(subject)};
  const ours = ${subject.ours};
  const realTimers = { ...require("node:timers") };
  const fakeTimers = {
    "the runner": () => {
      jest.useFakeTimers();
      return () => jest.useRealTimers();
    },
    ${sinon()},
  };
  const reload = () => {
    jest.resetModules();
    return ${load(subject)};
  };
  ${checks}`,

  parameters(subject, modules, environment) {
    const path = {
      node: "jest-environment-node",
      jsdom: "jest-environment-jsdom",
      "happy-dom": "@happy-dom/jest-environment",
    }[environment]!;
    const config = {
      testMatch: [`**/${this.file(subject)}`],
      testEnvironment: join(modules, path),
      modulePaths: [modules],
      // With jsdom, jest selects the browser export of a package: an ES module, which it cannot load.
      moduleNameMapper: { "^sinon$": join(modules, "sinon/lib/sinon.js") },
      testTimeout: 60_000,
    };
    const flags = ["--json", "--ci", "--runInBand", "--no-watchman", `--config=${JSON.stringify(config)}`];
    return [join(modules, "jest/bin/jest.js"), ...flags];
  },

  outcomes: outcomesOf,
};

const vitest: Runner = {
  file: ({ name }) => `vitest.${name}.spec.mjs`,
  source: (subject) => `
  import * as zmq from "${subject.name}";
  import v5 from "${subject.name}/v5-compat";
  import * as timers from "node:timers";
  const ours = ${subject.ours};
  const realTimers = { ...timers };
  // Clears Node's cache: the modules of vitest's vm pools are in a separate cache.
  const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);
  // All but nextTick, with which a worker of the pool "forks" sends its reports. Without it, the worker never ends.
  const toFake = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"];
  toFake.push("Date", "performance", "queueMicrotask", "hrtime");
  const fakeTimers = {
    "the runner": () => {
      vi.useFakeTimers({ toFake });
      return () => vi.useRealTimers();
    },
    ${sinon("{ toFake }")},
  };
  const reload = ${reload(subject)};
  ${checks}`,

  parameters(subject, modules, environment, pool) {
    const flags = ["run", this.file(subject), "--reporter=json", "--globals", "--testTimeout=60000"];
    flags.push(`--pool=${pool}`, `--environment=${environment}`, "--maxWorkers=1");
    return [join(modules, "vitest/vitest.mjs"), ...flags];
  },

  outcomes: outcomesOf,
};

const node: Runner = {
  file: ({ name }) => `node.${name}.spec.cjs`,
  source: (subject) => `
  const { test, mock } = require("node:test");
  const { zmq, v5 } = ${load(subject)};
  const ours = ${subject.ours};
  const realTimers = { ...require("node:timers") };
  const fakeTimers = {
    "the runner": () => {
      mock.timers.enable();
      return () => mock.timers.reset();
    },
    ${sinon()},
  };
  const reload = ${reload(subject)};
  ${checks}`,

  parameters(subject) {
    return ["--test-reporter=tap", "--test", this.file(subject)];
  },

  outcomes(report) {
    const lines = [...report.matchAll(/^ *(not ok|ok) \d+ - (.*)$/gm)];
    return new Map(lines.map(([, result, title]) => [title!, result === "ok" ? undefined : report]));
  },
};

export const runners = { jest, vitest, "node:test": node };
