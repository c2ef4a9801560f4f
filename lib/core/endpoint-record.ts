// The endpoints of a socket as the program named them, for `console.log`.

export type EndpointCall = "bind" | "unbind" | "connect" | "disconnect" | "connectPeer";

export class EndpointRecord {
  // An empty Map or Set takes 200 bytes, as much as the rest of a small object: most sockets need one of the two.
  /** Maps each bound endpoint, with wildcards resolved, to the address that the program gave. */
  #bound: Map<string, string> | undefined;
  /** One disconnect undoes all connects of an address. */
  #connected: Set<string> | undefined;

  /** Records a successful call. After a bind, `last` is the `lastEndpoint` of the socket. */
  add(call: EndpointCall, address: string, last: string | null): void {
    if (call === "bind") {
      this.#bound ??= new Map();
      this.#bound.set(last ?? address, address);
    } else if (call === "unbind") this.#unbound(address);
    else if (call === "disconnect") this.#connected?.delete(address);
    else {
      this.#connected ??= new Set();
      this.#connected.add(address);
    }
  }

  get bound(): string[] {
    return [...(this.#bound?.keys() ?? [])];
  }

  get connected(): string[] {
    return [...(this.#connected ?? [])];
  }

  /** The first endpoint that the socket is bound to, or else connected to. */
  get first(): string | null {
    return this.bound[0] ?? this.connected[0] ?? null;
  }

  /** Removes by the actual endpoint, or by the address that the program gave. */
  #unbound(address: string): void {
    if (this.#bound === undefined || this.#bound.delete(address)) return;
    for (const [endpoint, given] of this.#bound) if (given === address) this.#bound.delete(endpoint);
  }
}
