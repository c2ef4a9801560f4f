// How programs are connected: joins the snapshots of several programs. A connection of tcp is found by its two addresses, which
// both ends report; one of ipc or inproc by the endpoint that one end is bound to, since the other has no address there.

import { resolve } from "node:path";
import type { PeerSnapshot, Snapshot, SocketSnapshot } from "zmq-native/inspector";

/** A socket of a program that was asked. */
export interface SocketNode {
  /** Unique in the graph. */
  readonly key: string;
  readonly id: number;
  readonly type: string;
  readonly bound: readonly string[];
}

/** A program that was asked. */
export interface ProgramNode {
  /** Its name, with the id of the process if several have the name. */
  readonly name: string;
  readonly pid: number;
  readonly host: string;
  readonly sockets: readonly SocketNode[];
}

/** The far end of a link: a socket of the graph, or peers that were not asked. */
export type End = { readonly socket: string } | { readonly outside: string };

/** Connections between two ends, or an endpoint that is not connected. */
export interface Link {
  /** The end that has called `connect`. */
  readonly from: End;
  /** The end that has called `bind`. */
  readonly to: End;
  /** The endpoint, if it is known. */
  readonly endpoint: string;
  /** The number of connections. 0 if the endpoint is not connected. */
  readonly connections: number;
  /** Why it is not connected, such as `connecting ECONNREFUSED`. */
  readonly trouble?: string;
}

export interface Topology {
  readonly programs: readonly ProgramNode[];
  readonly links: readonly Link[];
}

/** A socket with the program that it belongs to. */
interface Known {
  readonly key: string;
  readonly program: Snapshot;
  readonly socket: SocketSnapshot;
}

/** An endpoint of ipc or inproc as other programs of the machine would name it. Undefined for other transports. */
function localName(endpoint: string, { program, socket }: Known): string | undefined {
  const { host, cwd, pid } = program.process;
  if (endpoint.startsWith("inproc://")) return JSON.stringify([host, pid, socket.context, endpoint]);
  if (!endpoint.startsWith("ipc://")) return undefined;
  const path = endpoint.slice("ipc://".length);
  return JSON.stringify([host, path.startsWith("@") ? path : resolve(cwd, path)]);
}

function named(programs: readonly Snapshot[]): string[] {
  return programs.map(({ process: { name, pid } }) =>
    programs.filter((other) => other.process.name === name).length > 1 ? `${name} (pid ${pid})` : name,
  );
}

/** Counts by key, with the first value of each. */
class Groups<T extends object> {
  readonly #groups = new Map<string, { value: T; count: number }>();

  add(value: T, count = 1): void {
    const key = JSON.stringify(value);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { value, count });
    else group.count += count;
  }

  get all(): { value: T; count: number }[] {
    return [...this.#groups.values()];
  }
}

/** Host and port of an address: over ws, only one end has the path. */
const hostAndPort = (address: string): string => address.replace(/^(wss?:\/\/[^/]*)\/.*$/, "$1");
const portOf = (address: string): string => /:(\d+)$/.exec(hostAndPort(address))?.[1] ?? "";

/**
 * The name of a connection of tcp or ws, the same at both ends: the address of the end that has connected, and the port of
 * the other one, whose host may be a name.
 */
function connectionOf({ direction, localAddress, remoteAddress }: PeerSnapshot): string {
  const [from, to] =
    direction === "connected" ? [localAddress, remoteAddress] : [remoteAddress, localAddress];
  return JSON.stringify([hostAndPort(from), portOf(to)]);
}

/** Finds the other end of connections. */
class Directory {
  /** The ends of connections of tcp and ws, by direction and connection. */
  readonly #ends = {
    bound: new Map<string, Known>(),
    connected: new Map<string, Known>(),
  };
  /** Sockets that are bound to an endpoint of ipc or inproc. */
  readonly #byName = new Map<string, Known>();

  constructor(known: readonly Known[]) {
    for (const entry of known) {
      for (const peer of entry.socket.peers) {
        if (peer.localAddress && peer.remoteAddress)
          this.#ends[peer.direction].set(connectionOf(peer), entry);
      }
      for (const { endpoint, type } of entry.socket.endpoints) {
        const name = type === "bound" ? localName(endpoint, entry) : undefined;
        if (name !== undefined) this.#byName.set(name, entry);
      }
    }
  }

  /** The socket at the other end of a connection. */
  otherEnd(peer: PeerSnapshot, from: Known): Known | undefined {
    const connects = peer.direction === "connected";
    const name = localName(peer.remoteAddress, from);
    if (name !== undefined) return connects ? this.#byName.get(name) : undefined;
    return this.#ends[connects ? "bound" : "connected"].get(connectionOf(peer));
  }

  /** The socket that an endpoint leads to. */
  target(endpoint: string, from: Known): Known | undefined {
    const name = localName(endpoint, from);
    return name === undefined ? undefined : this.#byName.get(name);
  }
}

/** The links of connections that sockets have made. */
function outgoing(known: readonly Known[], directory: Directory): Link[] {
  const groups = new Groups<Pick<Link, "from" | "to" | "endpoint">>();
  for (const entry of known) {
    for (const peer of entry.socket.peers) {
      if (peer.direction !== "connected") continue;
      const endpoint = peer.remoteAddress;
      const other = directory.otherEnd(peer, entry);
      const outside = peer.socketType ? `${peer.socketType} at ${endpoint}` : endpoint;
      groups.add({
        from: { socket: entry.key },
        to: other === undefined ? { outside } : { socket: other.key },
        endpoint,
      });
    }
  }
  return groups.all.map(({ value, count }) => ({ ...value, connections: count }));
}

/** The links of peers that have connected from programs that were not asked. */
function incoming(known: readonly Known[], directory: Directory, made: readonly Link[]): Link[] {
  const links: Link[] = [];
  for (const entry of known) {
    const groups = new Groups<{ type: string; endpoint: string }>();
    /** Connections of ipc and inproc whose other end is known. It does not tell which of the peers it is. */
    let known = made
      .filter(({ to, endpoint }) => "socket" in to && to.socket === entry.key && !isAddressed(endpoint))
      .reduce((sum, { connections }) => sum + connections, 0);
    for (const peer of entry.socket.peers) {
      if (peer.direction !== "bound") continue;
      const { socketType: type = "", localAddress: endpoint } = peer;
      if (isAddressed(endpoint)) {
        if (directory.otherEnd(peer, entry) === undefined) groups.add({ type, endpoint });
      } else if (known > 0) known--;
      else groups.add({ type, endpoint });
    }
    for (const { value, count } of groups.all) {
      const { type, endpoint } = value;
      const outside = `${type || "peer"}, not inspected`;
      links.push({ from: { outside }, to: { socket: entry.key }, endpoint, connections: count });
    }
  }
  return links;
}

/** Whether both ends of a connection have an address. */
const isAddressed = (endpoint: string) => !/^(?:ipc|inproc):/.test(endpoint) && endpoint !== "";

/** The links of endpoints that are not connected. */
function broken(known: readonly Known[], directory: Directory): Link[] {
  return known.flatMap((entry) =>
    entry.socket.endpoints
      .filter(({ type, state }) => type === "connected" && state !== "connected")
      .map(({ endpoint, state, lastError }): Link => {
        const target = directory.target(endpoint, entry);
        return {
          from: { socket: entry.key },
          to: target === undefined ? { outside: endpoint } : { socket: target.key },
          endpoint,
          connections: 0,
          trouble: lastError ? `${state} ${lastError}` : state,
        };
      }),
  );
}

/** Joins snapshots. */
export function topologyOf(programs: readonly Snapshot[]): Topology {
  const names = named(programs);
  const known = programs.flatMap((program, index) =>
    program.sockets.map((socket): Known => ({ key: `${index}.${socket.id}`, program, socket })),
  );
  const directory = new Directory(known);
  const nodes = programs.map((program, index): ProgramNode => {
    const { pid, host } = program.process;
    const sockets = program.sockets.map(({ id, type, endpoints }): SocketNode => {
      const bound = endpoints.filter(({ type }) => type === "bound").map(({ endpoint }) => endpoint);
      return { key: `${index}.${id}`, id, type, bound };
    });
    return { name: names[index]!, pid, host, sockets };
  });
  const made = outgoing(known, directory);
  return {
    programs: nodes,
    links: [...made, ...incoming(known, directory, made), ...broken(known, directory)],
  };
}
