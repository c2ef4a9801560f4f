// What an address must be before libzmq sees it.

/** Passes an endpoint on; throws a `TypeError` for what libzmq could misread. */
export function toEndpoint(address: unknown): string {
  if (typeof address !== "string") throw new TypeError("Address must be a string");
  // libzmq reads up to a NUL, and would serve another endpoint than the one that was named.
  if (address.includes("\0"))
    throw new TypeError(`Address must not contain a NUL, got ${JSON.stringify(address)}`);
  return address;
}
