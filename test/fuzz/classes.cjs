// Every class of sockets that there is in this build, by its name, of each copy of the package that was loaded.

const { dirname, sep } = require("node:path");
const zmq = require("../..");

const dist = dirname(require.resolve("../..")) + sep;
/** Copies in a process at most; a new one takes the place of the one that was loaded first after the original. */
const mostCopies = 3;

function classesOf(main, draft) {
  const all = Object.entries({ ...main, ...draft });
  return Object.fromEntries(
    all.filter(([, value]) => typeof value === "function" && value.prototype instanceof main.Socket),
  );
}

const draftOf = (main) => (main.capability.draft ? require("../../dist/draft.js") : {});
const copies = [{ zmq, classes: classesOf(zmq, draftOf(zmq)) }];

/** Loads the package's JavaScript once more, as a test runner that resets its modules does. The addon stays. */
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

/** One of the copies; the original without a number. */
const copyOf = (number) => copies[(number ?? 0) % copies.length];

module.exports = { copyOf, loadCopy };
