// Every socket class of this build by its name, for each loaded copy of the package.

const { dirname, sep } = require("node:path");
const zmq = require("../..");

const dist = dirname(require.resolve("../..")) + sep;
/** At most this many copies per process. A new copy replaces the oldest one other than the original. */
const mostCopies = 3;

function classesOf(main, draft) {
  const all = Object.entries({ ...main, ...draft });
  return Object.fromEntries(
    all.filter(([, value]) => typeof value === "function" && value.prototype instanceof main.Socket),
  );
}

const draftOf = (main) => (main.capability.draft ? require("../../dist/draft.js") : {});
const copies = [{ zmq, classes: classesOf(zmq, draftOf(zmq)) }];

/** Loads the package's JavaScript once more, like a test runner that resets its modules. The addon stays loaded. */
function loadCopy() {
  const kept = Object.entries(require.cache).filter(
    ([file]) => file.startsWith(dist) && !file.endsWith(".node"),
  );
  for (const [file] of kept) delete require.cache[file];
  const main = require("../..");
  const copy = { zmq: main, classes: classesOf(main, draftOf(main)) };
  for (const [file] of kept) delete require.cache[file];
  Object.assign(require.cache, Object.fromEntries(kept));
  if (copies.length === mostCopies) copies.splice(1, 1);
  copies.push(copy);
}

/** Returns one of the copies, or the original without a number. */
const copyOf = (number) => copies[(number ?? 0) % copies.length];

module.exports = { copyOf, loadCopy };
