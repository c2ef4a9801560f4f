// Reports handshakes, peers and dropped messages to node:diagnostics_channel, from the events of one observer.
//
// libzmq emits no event for a connection that this socket closes by `disconnect` or `unbind`. Such a peer leaves when the
// socket ends. A list of peers that libzmq keeps would report it at once: it would replace `#joined` here.

import { identityOf } from "../core/identity.js";
import type { Core } from "../core/open-socket.js";
import { isNoticed, notice, tracing, wantsObservers } from "../diagnostics/channels.js";
import type { Event } from "./event.js";

/** A connection between its establishment and the end of its handshake. */
class Handshake {
  /** Weak: the observer must not keep an idle socket alive. Undefined once it has been garbage-collected. */
  declare readonly socket: object | undefined;
  readonly socketType: string;
  readonly socketId: number;
  readonly endpoint: string | null;
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** Set if it fails. */
  error: unknown = undefined;

  constructor(core: Core, { address, localAddress, remoteAddress }: Addresses) {
    const { socket, socketType, socketId } = identityOf(core);
    const weak = new WeakRef(socket);
    // Its own property, as in all payloads.
    Object.defineProperty(this, "socket", { get: () => weak.deref(), enumerable: true });
    this.socketType = socketType;
    this.socketId = socketId;
    this.endpoint = address ?? null;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
  }
}

interface Addresses {
  readonly address?: string;
  readonly localAddress: string;
  readonly remoteAddress: string;
}

/** The most connections that are kept. A program may connect and disconnect any number of times. */
const mostKept = 10_000;

/**
 * Connections by their two addresses: libzmq reports no other identity with the end of a handshake. Connections of ipc
 * have the same addresses, and are told apart by their order only.
 */
class ByAddress<T> {
  readonly #lists = new Map<string, T[]>();
  #size = 0;

  add(key: string, value: T): void {
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [value]);
    else list.push(value);
    if (++this.#size > mostKept) for (const oldest of this.#lists.keys()) return void this.take(oldest);
  }

  take(key: string): T | undefined {
    const list = this.#lists.get(key);
    if (list === undefined) return undefined;
    const value = list.shift();
    if (list.length === 0) this.#lists.delete(key);
    this.#size--;
    return value;
  }

  takeAll(): T[] {
    const all = [...this.#lists.values()].flat();
    this.#lists.clear();
    this.#size = 0;
    return all;
  }
}

const keyOf = ({ localAddress, remoteAddress }: Addresses) => `${localAddress}\n${remoteAddress}`;

export class Connections {
  readonly #pending = new ByAddress<Handshake>();
  readonly #joined = new ByAddress<Handshake>();

  /** Reports what an event means. `core` is the observed socket, if it still exists. */
  report(event: Event, core: Core | undefined): void {
    // Without a subscriber, too: a peer that has left must not leave again for a later one. And without `core`, since a socket
    // that was closed or garbage-collected may be gone.
    if (event.type === "end") {
      this.#pending.takeAll();
      for (const peer of this.#joined.takeAll()) this.#report("peer:leave", peer, "close");
      return;
    }
    if (event.type === "disconnect" || event.type === "close") {
      this.#left(event, "disconnect");
      return;
    }
    if (core?.socket === undefined || !wantsObservers()) return;
    switch (event.type) {
      case "accept":
      case "connect":
        this.#began(new Handshake(core, event));
        break;
      case "handshake":
        this.#ended(event, core, undefined);
        break;
      case "handshake:error:protocol":
      case "handshake:error:auth":
      case "handshake:error:other":
        this.#ended(event, core, event.error);
        break;
      case "message:rejected":
        notice("message:drop", () => ({
          ...identityOf(core),
          reason: event.reason,
          endpoint: event.address ?? null,
        }));
        break;
    }
  }

  #began(handshake: Handshake): void {
    this.#pending.add(keyOf(handshake), handshake);
    const channel = tracing("handshake");
    channel?.start.publish(handshake);
    channel?.end.publish(handshake);
  }

  #ended(event: Addresses, core: Core, error: unknown): void {
    const key = keyOf(event);
    const handshake = this.#pending.take(key) ?? new Handshake(core, event);
    const channel = tracing("handshake");
    if (error !== undefined) {
      handshake.error = error;
      channel?.error.publish(handshake);
    }
    channel?.asyncStart.publish(handshake);
    channel?.asyncEnd.publish(handshake);
    if (error !== undefined) return;
    this.#joined.add(key, handshake);
    this.#report("peer:join", handshake);
  }

  #left(event: Addresses, reason: string): void {
    const key = keyOf(event);
    const peer = this.#joined.take(key);
    if (peer === undefined) this.#pending.take(key);
    else this.#report("peer:leave", peer, reason);
  }

  #report(name: "peer:join" | "peer:leave", handshake: Handshake, reason?: string): void {
    if (!isNoticed(name)) return;
    const { error: _, ...peer } = handshake;
    notice(name, () => (reason === undefined ? peer : { ...peer, reason }));
  }
}
