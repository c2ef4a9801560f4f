// Which runtime this is, and what it lacks of what Node has.

/** Parts to do without although the runtime may have them, for tests: `ZMQ_NATIVE_WITHOUT=polls,external-memory`. */
const without = new Set(process.env.ZMQ_NATIVE_WITHOUT?.split(","));

const bun = process.versions.bun;
// By the global, too: whether it is among the versions depends on the release.
const deno =
  (globalThis as { Deno?: { version?: { deno?: string } } }).Deno?.version?.deno ?? process.versions.deno;

/** Name and version, for people. */
export const runtime: string = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${process.version}`;
export const isDeno: boolean = deno !== undefined;

/**
 * Whether libuv's polls work. Bun ends the process when one is made, and Deno makes them but never calls back; both
 * answer whoever asks for a loop of libuv as if they had one.
 */
export const hasPolls: boolean = bun === undefined && !isDeno && !without.has("polls");

/**
 * Whether a Buffer may lie over memory of libzmq's. Where not, as in Electron, native code finds out by trying, and
 * copies. Deno gives such memory back on a thread of its own, from which Node-API must not be called.
 */
export const hasExternalMemory: boolean = !isDeno && !without.has("external-memory");
