// Errors for invalid addresses. The message is libzmq's text for the code, which programs may compare. `detail` says
// which part is wrong, and what is right.

import { errorOf, type ZmqError } from "../binding/errors.js";

/** An address and how a socket is about to use it. */
export interface Use {
  /** The address as the program gave it. */
  readonly endpoint: string;
  /** Whether the address is for a bind or a connect. */
  readonly call: "bind" | "connect";
  /** The socket's type, a number of libzmq. */
  readonly type: number;
  /** Whether the socket uses IPv6. */
  readonly ipv6: boolean;
}

/** Formats an address for a message: control characters are escaped, and long texts are cut. */
function shown(endpoint: string): string {
  const text = /^[\x21-\x7e]*$/.test(endpoint) ? endpoint : JSON.stringify(endpoint);
  return text.length <= 160 ? text : `${text.slice(0, 120)}… (${text.length} characters)`;
}

/** The error for an address that is not passed to libzmq. */
export function refusal(code: string, why: string, { endpoint }: Pick<Use, "endpoint">): ZmqError {
  return errorOf(code).explain(`${why}, got ${shown(endpoint)}`);
}
