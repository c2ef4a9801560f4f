// What becomes of an address that was not refused.

/** Properties of a transport that the rest of the library uses. */
export interface Transport {
  readonly scheme: string;
  /** A message is a datagram, whose length has a limit. */
  readonly datagrams: boolean;
  /** The multicast options that are checked before an endpoint is opened. */
  readonly multicast: "none" | "hops" | "all";
  /** libzmq knows what is bound by the `lastEndpoint` of the socket; otherwise by what it was given. */
  readonly listens: boolean;
  /**
   * How `bindSync` resolves a host name: `now`, libzmq resolves it and blocks the thread; `never`, `bindSync` rejects it;
   * `later`, in the background, since binding and connecting are the same (norm).
   */
  readonly bindByName: "now" | "never" | "later";
}

/** What libzmq is given for an address. */
export interface Reading {
  /** The endpoint for libzmq; where a name is to be looked up, the one with the name in it. */
  readonly endpoint: string;
  /** libzmq looks the host of this connection up, at each attempt. */
  readonly looksUp?: boolean;
  /** A host whose address belongs into the endpoint, where libzmq would look it up in the caller's thread. */
  readonly lookup?: Lookup;
}

export interface Plan extends Reading {
  readonly transport: Transport;
}

export interface Lookup {
  readonly name: string;
  readonly ipv6: boolean;
  /** The endpoint with an address in place of the name; throws for one that is of no use here. */
  with(address: string): string;
}

/** An address as a host between `://` and a port. */
export const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);
