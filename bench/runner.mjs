// Runs scenarios: every round measures each contender once, one after the other, so that a slow minute of the machine
// slows all of them. Only the ratio within a round counts.

import { root } from "./paths.mjs";
import { Stage } from "./stage.mjs";

/** Longest time for one measurement, in milliseconds. */
const limit = 60_000;

async function measureOnce(contender, scale) {
  const stage = new Stage();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${limit / 1000} s`)), limit);
  });
  try {
    return await Promise.race([stage.wait(contender.measure(stage, scale)), late]);
  } finally {
    clearTimeout(timer);
    await stage.clear();
  }
}

/** The rounds of a case: `rounds`, or fewer if it or its scenario says so and `all` is false. */
const roundsOf = (scenario, one, { rounds, all }) =>
  all ? rounds : Math.min(rounds, one.rounds ?? scenario.rounds ?? rounds);

/**
 * Measures all cases of all scenarios. `scale` is the part of the usual number of messages. With `all`, cases that take
 * long have as many rounds as the others.
 * Calls `onScenario(name, results)` after each scenario.
 * Answers a list of `{ scenario, case, contender, rounds: [figures], failures: [text], seconds }`.
 */
export async function run(scenarios, { rounds, all = false, scale, onProgress, onScenario }) {
  const results = [];
  for (const scenario of scenarios) {
    for (const one of scenario.cases) {
      const rows = one.contenders.map((contender) => ({
        scenario: scenario.name,
        case: one.name,
        contender: contender.name,
        rounds: [],
        failures: [],
        // How long its measurements took, start of its programs included.
        seconds: 0,
      }));
      for (let round = 0; round < roundsOf(scenario, one, { rounds, all }); round++) {
        for (const [index, contender] of one.contenders.entries()) {
          onProgress(`${scenario.name} ${one.name}, round ${round + 1}: ${contender.name}`);
          const start = performance.now();
          try {
            rows[index].rounds[round] = await measureOnce(contender, scale);
          } catch (error) {
            // Relative: the results are published.
            rows[index].failures.push(error.message.replaceAll(root, ""));
          }
          rows[index].seconds += (performance.now() - start) / 1000;
        }
      }
      results.push(...rows);
    }
    onScenario(scenario.name, results);
  }
  return results;
}

/** How many measurements `run` will make, for a progress bar. */
export function countMeasurements(scenarios, options) {
  return scenarios
    .flatMap((scenario) =>
      scenario.cases.map((one) => one.contenders.length * roundsOf(scenario, one, options)),
    )
    .reduce((sum, count) => sum + count, 0);
}
