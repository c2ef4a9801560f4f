// Fairness towards the rest of the program: one that sends from the callback of its last send, or receives more than
// it can handle, would never let timers and other I/O have their turn of the event loop.

/** Milliseconds of one turn that callbacks and listeners may use up before they go on in the next one. */
const budget = 1;

let deadline = 0;

function endTurn(): void {
  deadline = 0;
}

/** Calls back on the next tick, or in the next turn of the event loop when this one has lasted long enough. */
export function soon(callback: () => void): void {
  const now = performance.now();
  if (deadline === 0) {
    deadline = now + budget;
    setImmediate(endTurn).unref();
  }
  if (now < deadline) process.nextTick(callback);
  else setImmediate(callback);
}
