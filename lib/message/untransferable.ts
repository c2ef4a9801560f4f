// Memory that several Buffers share, such as Node's pool and the receive slab. Detaching it would destroy the bytes of all
// of them.

type Threads = typeof import("node:worker_threads") & {
  /** From Node 21 on. */
  isMarkedAsUntransferable?: (object: object) => boolean;
};

let loaded: Partial<Threads> | undefined;
/** Memory that this library has marked, for runtimes that cannot tell. */
const marked = new WeakSet<ArrayBufferLike>();

/** Loads the module when it is needed, which takes Node 4 ms. */
function threads(): Partial<Threads> {
  loaded ??= process.getBuiltinModule("node:worker_threads") as Partial<Threads>;
  return loaded;
}

/**
 * Marks memory as Node marks its own pool: postMessage with it in the transfer list throws or copies. Bun and Deno lack the
 * function.
 */
export function markAsUntransferable(memory: ArrayBufferLike): void {
  const { markAsUntransferable: mark, isMarkedAsUntransferable: isMarked } = threads();
  mark?.(memory);
  if (isMarked === undefined) marked.add(memory);
}

/** Whether the memory must not be detached. Node before version 21 tells only of the pool that it uses now. */
export function isUntransferable(memory: ArrayBufferLike): boolean {
  const { isMarkedAsUntransferable: isMarked } = threads();
  return isMarked?.(memory) ?? (marked.has(memory) || memory === Buffer.allocUnsafe(1).buffer);
}
