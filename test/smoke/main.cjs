// Whether a binary works on a platform and a runtime. Plain JavaScript, so that nothing else needs to work there.
//
//   node test/smoke/main.cjs [PACKAGE]        default: this checkout, built
//
// SMOKE_CAPABILITIES names the features that libzmq must have, SMOKE_WITHOUT the groups of checks to skip. Prints a
// line for each check and a count. Exits with code 1 when one failed. That the process then exits by itself is a check,
// too.

const { resolve } = require("node:path");

const folder = resolve(process.argv[2] ?? `${__dirname}/../..`);
const seconds = Number(process.env.SMOKE_SECONDS ?? 20);
const without = new Set(process.env.SMOKE_WITHOUT?.split(","));

const groups = ["loading", "patterns", "transports", "waiting", "memory", "threads"];
let passed = 0;
let failed = 0;

/** Rejects when `promise` takes too long: then a wake-up was lost, and the process may not exit by itself. */
async function within(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function main() {
  const zmq = require(`${folder}/dist/index.js`);
  const draft = require(`${folder}/dist/draft.js`);
  const { runtime } = require(`${folder}/dist/library.js`);
  console.log(`${runtime}, ${process.platform}-${process.arch}, libzmq ${zmq.version}`);
  for (const group of groups) {
    if (without.has(group)) {
      console.log(`left out: ${group}`);
      continue;
    }
    const checks = require(`./${group}.cjs`)({ zmq, draft, folder });
    for (const [name, check] of Object.entries(checks)) {
      try {
        await within(check());
        console.log(`ok     ${group}: ${name}`);
        passed++;
      } catch (error) {
        console.log(`FAILED ${group}: ${name}: ${error?.stack ?? error}`);
        failed++;
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exit(1);
}

main().catch((error) => {
  console.log(`FAILED ${error?.stack ?? error}`);
  process.exit(1);
});
