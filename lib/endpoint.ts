// What an address must be before libzmq sees it: whatever libzmq would misread is refused here.

import { errorOf } from "./errors.js";

const port = /^(?:tcp|ws|wss|udp):\/\/.*:(\d+)(?:\/.*)?$/;

/** Passes an address on as an endpoint. Throws a `TypeError` for what is no text that libzmq could read. */
export function toEndpoint(address: unknown): string {
  if (typeof address !== "string") throw new TypeError("Address must be a string");
  // libzmq reads up to a NUL, and would serve another endpoint than the one that was named.
  if (address.includes("\0"))
    throw new TypeError(`Address must not contain a NUL, got ${JSON.stringify(address)}`);
  return address;
}

/** Throws `EINVAL` for an endpoint that libzmq would take for another one. */
export function refuseMisread(endpoint: string): void {
  const number = port.exec(endpoint)?.[1];
  // libzmq keeps the lower 16 bits of a port.
  if (Number(number) > 65535)
    throw errorOf("EINVAL", `A port is at most 65535, got ${number} in ${endpoint}`);
}
