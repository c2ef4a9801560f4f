// Detects the runtime and its missing features.

/** Features to disable for tests, even if the runtime has them: `ZMQ_NATIVE_WITHOUT=polls,external-memory`. */
const without = new Set(process.env.ZMQ_NATIVE_WITHOUT?.split(","));

const bun = process.versions.bun;
// Checks the global too, since only some releases list Deno among the versions.
const deno =
  (globalThis as { Deno?: { version?: { deno?: string } } }).Deno?.version?.deno ?? process.versions.deno;

/** The name and version of the runtime, for messages. */
export const runtime: string = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${process.version}`;
export const isDeno: boolean = deno !== undefined;

/**
 * Whether libuv's polls work. Bun aborts when one is created, and Deno never calls back; both return an event loop of
 * libuv when asked for one.
 */
export const hasPolls: boolean = bun === undefined && !isDeno && !without.has("polls");

/**
 * Whether a Buffer may use memory of libzmq. Electron does not support it: native code detects that at run time and
 * copies. Deno frees such memory on a thread of its own, from which Node-API must not be called.
 */
export const hasExternalMemory: boolean = !isDeno && !without.has("external-memory");
