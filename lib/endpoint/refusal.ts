// What a refusal says: its text is libzmq's own words for the code, which programs may compare with. Which part is wrong
// and what would be right is its detail, which is printed with it.

import { errorOf, type ZmqError } from "../binding/errors.js";

/** An address, and what a socket is about to do with it. */
export interface Use {
  /** The address as the program gave it. */
  readonly endpoint: string;
  /** Bind or connect: what an endpoint may look like depends on it. */
  readonly call: "bind" | "connect";
  /** The socket's type, a number of libzmq. */
  readonly type: number;
  /** Whether the socket uses IPv6. */
  readonly ipv6: boolean;
}

/** An address fit for a message: control characters escaped, and not endless. */
function shown(endpoint: string): string {
  const text = /^[\x21-\x7e]*$/.test(endpoint) ? endpoint : JSON.stringify(endpoint);
  return text.length <= 160 ? text : `${text.slice(0, 120)}… (${text.length} characters)`;
}

/** The error for an address that is not passed on to libzmq. */
export function refusal(code: string, why: string, { endpoint }: Pick<Use, "endpoint">): ZmqError {
  return errorOf(code).explain(`${why}, got ${shown(endpoint)}`);
}
