// An end of the demo whose message tells the user all there is to know, so that no stack trace is printed.

export class Failure extends Error {}

/** Describes an error in words. Accepts any thrown value. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
