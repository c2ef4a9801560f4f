// The result of parsing an address.

/** Properties of a transport that the rest of the library uses. */
export interface Transport {
  readonly scheme: string;
  /** Whether a message is a datagram, whose length is limited. */
  readonly datagrams: boolean;
  /** Whether both ends are in this process and share a queue, so that nothing is sent in the background. */
  readonly inProcess: boolean;
  /** The multicast options that are checked before an endpoint is opened. */
  readonly multicast: "none" | "hops" | "all";
  /** Whether libzmq identifies a bound endpoint by `lastEndpoint`, instead of by the address that it was given. */
  readonly listens: boolean;
  /**
   * How `bindSync` handles a host name. `now`: libzmq resolves it and blocks the thread. `never`: `bindSync` rejects
   * it. `later`: it is resolved in the background, since binding and connecting are the same (norm).
   */
  readonly bindByName: "now" | "never" | "later";
  /** Whether libzmq finds a connection by the address that the program gave, even if it contains a host name. */
  readonly disconnectsByAddress: boolean;
}

/** The endpoint that libzmq is given for an address. */
export interface Reading {
  /** The endpoint for libzmq. If a name must be resolved first, the endpoint that contains the name. */
  readonly endpoint: string;
  /** Whether libzmq resolves the host of this connection itself, at each attempt. */
  readonly looksUp?: boolean;
  /** The host name to resolve, where libzmq would do so synchronously in the caller's thread. */
  readonly lookup?: Lookup;
}

export interface Plan extends Reading {
  readonly transport: Transport;
}

export interface Lookup {
  readonly name: string;
  readonly ipv6: boolean;
  /** Returns the endpoint with an address instead of the name. Throws if the address cannot be used. */
  with(address: string): string;
}

/** Formats an address as a host between `://` and a port. */
export const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);
