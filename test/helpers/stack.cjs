// Calls a function near a stack overflow. For Node with --no-opt --no-sparkplug, where all frames have one size.

function down(depth, call) {
  return depth === 0 ? call() : down(depth - 1, call);
}

/** The depth at which `down` can just call a function that needs no stack. */
function deepest() {
  let [fits, fails] = [0, 200_000];
  while (fails - fits > 1) {
    const middle = (fits + fails) >> 1;
    try {
      down(middle, () => {});
      fits = middle;
    } catch {
      fails = middle;
    }
  }
  return fits;
}

/**
 * Calls with `room` more frames left than a call needs, and returns the thrown error. A negative `room` leaves the
 * whole stack.
 */
module.exports = function nearEnd(room, call) {
  try {
    if (room < 0) call();
    else down(deepest() - room, call);
    return undefined;
  } catch (error) {
    return error;
  }
};
