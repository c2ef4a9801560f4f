// Limits how long operations may run in one turn of the event loop. An awaited loop whose operations all complete at
// once runs in microtasks and would starve timers and I/O. After a millisecond or 2,048 operations, operations complete
// in the next turn. All sockets of a thread share one budget, as they share the event loop.

import { setImmediate, now as time } from "../runtime/timers.js";

/** The budget of one turn, in milliseconds. */
const budget = 1;
/**
 * The most operations of one turn: a fast machine completes thousands in a millisecond. A turn costs about 6 µs, 1 % of
 * a loop over 2,048 small messages by inproc. With zeromq's 512 it would be 5 %.
 */
const mostOperations = 2048;
/** The number of operations between two readings of the clock. A reading costs about as much as a small message. */
const clockInterval = 16;

let operations = 0;
let deadline = 0;
let lastOperation = 0;
let next: Promise<void> | undefined;
/** The budget was used up twice: now every operation waits. */
let exhausted = false;

function endTurn(): void {
  deadline = 0;
  exhausted = false;
}

/**
 * The operations of one socket in one direction settle in their order: if one waits for the next turn, those after it do.
 * Otherwise, with a `receiveQueue`, a message would overtake the one before it. Other sockets do not wait. A `sendMany` and
 * a send of a large message that is paced have turns of their own. An aborted signal rejects at once.
 */
export class Order {
  /** The turn that the last one of them waited for. */
  turn: Promise<void> | undefined;
}

const waits = ({ turn }: Order): boolean => turn !== undefined && turn === next;

/**
 * Counts one operation. True if the budget of this turn is used up. Only each sixteenth operation notices that, and its
 * promise may be one that nobody awaits. So the others get as much again, and then every operation waits.
 */
export function turnIsOver(): boolean {
  return exhausted || (++operations % clockInterval === 0 && clockSaysSo());
}

function clockSaysSo(): boolean {
  const now = time();
  if (deadline === 0) {
    deadline = now + budget;
    lastOperation = operations + mostOperations - clockInterval;
    // Unreferenced, so that it does not keep the process alive.
    setImmediate(endTurn).unref();
    return false;
  }
  exhausted = now >= deadline + budget || operations >= lastOperation + mostOperations;
  return now >= deadline || operations >= lastOperation;
}

/** Resolves in the next turn of the event loop, and keeps the process alive until then. */
export function nextTurn(): Promise<void> {
  if (next !== undefined) return next;
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  // A hook of async_hooks may have begun the turn meanwhile.
  if (next !== undefined) return next;
  next = promise;
  try {
    setImmediate(() => {
      next = undefined;
      endTurn();
      resolve();
    });
  } catch (error) {
    // Near a stack overflow.
    next = undefined;
    resolve();
    throw error;
  }
  return promise;
}

/** The turn for which operations before this one wait. Undefined if none does. */
export const turnOfOthers = (order: Order): Promise<void> | undefined => (waits(order) ? next : undefined);

/** @internal Resolves after the operations before this one that wait for the next turn. Counts no operation. */
export function afterOthers<T>(result: T, order: Order): Promise<T> {
  const turn = turnOfOthers(order);
  return turn === undefined ? Promise.resolve(result) : resolveIn(turn, result);
}

/** Separate from its callers, in which a closure over `result` would allocate a context for each call. */
function resolveIn<T>(turn: Promise<void>, result: T): Promise<T> {
  return turn.then(() => result);
}

/**
 * @internal Counts one operation. Undefined if it may settle at once. Otherwise the promise of the next turn: the budget of
 * this one is used up, or an operation before this one waits.
 */
export function laterTurn(order: Order): Promise<void> | undefined {
  if (!turnIsOver() && !waits(order)) return undefined;
  order.turn = nextTurn();
  return order.turn;
}

/** @internal Resolves at once, or in the next turn of the event loop, as `laterTurn` says. */
export function soon<T>(result: T, order: Order): Promise<T> {
  const turn = laterTurn(order);
  if (turn !== undefined) return resolveIn(turn, result);
  // Reading a property tells V8 the type of the result, an object. The compiled code then fulfills the promise without a
  // search for `then` in the result and its prototypes, which costs 400 instructions, a tenth of `await receive()`.
  void (result as ArrayLike<unknown>).length;
  return Promise.resolve(result);
}

/**
 * @internal Rejects at once, or in the next turn of the event loop, as `laterTurn` says: a loop that tries again must not
 * starve the event loop, which may bring what it waits for.
 */
export function failSoon(error: unknown, order: Order): Promise<never> {
  const turn = laterTurn(order);
  if (turn === undefined) return Promise.reject(error);
  return turn.then(() => {
    throw error;
  });
}
