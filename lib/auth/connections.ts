// The connections that a ZAP handler has admitted. libzmq keeps the pipe to the handler as long as the connection, so the
// handler can disconnect a peer by a second message (vendor/patches/libzmq/peers/zap-disconnect.patch).

import { types } from "node:util";
import { shown } from "../arguments/checks.js";
import type { ReplyTo } from "./request.js";
import type { Decision } from "./types.js";

interface Connection<Owner> {
  readonly owner: Owner;
  readonly to: ReplyTo;
  readonly decision: Decision;
}

/** Connections at which ended ones are removed for the first time. */
const firstLimit = 1024;

export class Connections<Owner> {
  readonly #send: (frames: (string | Uint8Array)[]) => boolean;
  readonly #all = new Map<string, Connection<Owner>>();
  #limit = firstLimit;

  /** `send` sends frames through the handler's Router. It returns false if the peer is no longer connected. */
  constructor(send: (frames: (string | Uint8Array)[]) => boolean) {
    this.#send = send;
  }

  /** `owner` has admitted a connection. */
  add(owner: Owner, to: ReplyTo, decision: Decision): void {
    this.#all.set(to.peer.toString("latin1"), { owner, to, decision });
    if (this.#all.size < this.#limit) return;
    this.#removeEnded();
    // Each addition thus removes one connection at most, on average.
    this.#limit = Math.max(firstLimit, 2 * this.#all.size);
  }

  /** Disconnects the peers of `owner` for which `matches` returns true. Returns their number. */
  disconnect(owner: Owner, matches: (decision: Decision) => boolean): number {
    // First all calls: `matches` may throw, or change the connections.
    const found = [...this.#all].filter(([, connection]) => {
      if (connection.owner !== owner) return false;
      const matched: unknown = matches(connection.decision);
      if (typeof matched === "boolean") return matched;
      // A promise, for instance, which would disconnect everybody.
      if (types.isPromise(matched)) matched.catch(() => {});
      throw new TypeError(`the function for disconnect must return true or false, got ${shown(matched)}`);
    });
    let count = 0;
    for (const [key, { to }] of found) {
      this.#all.delete(key);
      if (this.#send([to.peer, "", "DISCONNECT"])) count++;
    }
    return count;
  }

  /** `owner` has closed: its connections stay. */
  forget(owner: Owner): void {
    for (const [key, connection] of this.#all) {
      if (connection.owner === owner) this.#all.delete(key);
    }
  }

  /** libzmq does not report the end of a connection to the handler. It drops the message of this probe. */
  #removeEnded(): void {
    for (const [key, { to }] of this.#all) {
      if (!this.#send([to.peer, "", ""])) this.#all.delete(key);
    }
  }
}
