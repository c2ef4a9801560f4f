// What becomes of an address that was not refused.

/** What libzmq is given for an address. */
export interface Plan {
  /** The endpoint for libzmq; where a name is to be looked up, the one with the name in it. */
  readonly endpoint: string;
  /** A host whose address belongs into the endpoint, where libzmq would look it up in the caller's thread. */
  readonly lookup?: Lookup;
}

export interface Lookup {
  readonly name: string;
  readonly ipv6: boolean;
  /** The endpoint with an address in place of the name; throws for one that is of no use here. */
  with(address: string): string;
}

/** An address as a host between `://` and a port. */
export const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);
