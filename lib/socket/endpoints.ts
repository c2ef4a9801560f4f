// Maps the addresses that the program gave to the endpoints that libzmq knows, where they differ: a host name was
// resolved, an interface found, a wildcard replaced. Also keeps pending name resolutions.

import { constants as os } from "node:os";
import { ZMQ_CONNECT_ROUTING_ID } from "../binding/constants.js";
import { check, ZmqError } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import type { EndpointCall } from "../core/endpoint-record.js";
import type { Core } from "../core/open-socket.js";
import {
  isWildcard,
  type Lookup,
  type Plan,
  planFor,
  type Transport,
  toEndpoint,
  undoPlanFor,
} from "../endpoint/index.js";
import { refusal, type Use } from "../endpoint/refusal.js";
import { commonOptions, statusOptions } from "../options/table.js";
import { setTimeout } from "../runtime/timers.js";
import { checkMulticast } from "./multicast.js";
import { warnOfOpenServer } from "./open-server.js";
import { traceEndpointSync } from "./tracing-endpoints.js";

const isUndo = (call: EndpointCall): boolean => call === "unbind" || call === "disconnect";

/** The pause between two attempts to resolve a name, in milliseconds. */
const retryInterval = 1000;

class Addresses {
  /** The endpoints of libzmq, by address. */
  readonly names = new Map<string, Plan>();
  /** Connected tcp endpoints with host names. */
  readonly connected = new Set<string>();
  /** The routing ids that the program has chosen for peers, by address. */
  readonly connectIds = new Map<string, Uint8Array>();
  /** Addresses that will be connected when their host is resolved. */
  readonly pending = new Set<string>();
  /** Endpoints in `Core.bound` that are no longer bound, the oldest first. */
  readonly unbound = new Set<string>();
}

const addressesOf = new WeakMap<Core, Addresses>();

function remembered(core: Core): Addresses {
  let addresses = addressesOf.get(core);
  if (!addresses) {
    addresses = new Addresses();
    addressesOf.set(core, addresses);
  }
  return addresses;
}

/** Returns the endpoint of libzmq for an address to which the socket is connected. */
export const knownEndpoint = (core: Core, address: string): string =>
  addressesOf.get(core)?.names.get(address)?.endpoint ?? address;

/** Returns the addresses that will be connected when their host is resolved. */
export const unresolved = (core: Core): string[] => [...(addressesOf.get(core)?.pending ?? [])];

/**
 * How a socket uses an address. A class, since an object literal with a getter gets a hidden class of its own each time,
 * which keeps the socket until the next full garbage collection.
 */
class SocketUse implements Use {
  readonly endpoint: string;
  readonly call: Use["call"];
  readonly #core: Core;

  constructor(core: Core, call: EndpointCall, address: string) {
    this.endpoint = address;
    this.call = call === "bind" || call === "unbind" ? "bind" : "connect";
    this.#core = core;
  }

  get type(): number {
    return this.#core.type;
  }

  /** Read only when it matters. */
  get ipv6(): boolean {
    return this.#core.getOption(commonOptions.ipv6);
  }
}

/** Plans a call: the endpoint for libzmq, and names to resolve. Throws for an invalid address. */
function plan(core: Core, call: EndpointCall, address: string): Plan {
  const addresses = addressesOf.get(core);
  const known = isUndo(call) ? addresses?.names.get(address) : undefined;
  if (known !== undefined) return known;
  const use = new SocketUse(core, call, address);
  if (!isUndo(call)) {
    const made = planFor(use);
    checkMulticast(core, made.transport, use);
    return made;
  }
  const made = undoPlanFor(use);
  if (made.lookup === undefined) return made;
  if (addresses?.connected.has(address)) return { endpoint: address, transport: made.transport };
  // libzmq would resolve the name synchronously, in case it belongs to a bound endpoint.
  if (call === "disconnect") throw notInUse(call, address);
  return made;
}

/** The error for an endpoint that is not bound or connected. */
function notInUse(call: EndpointCall, address: string): ZmqError {
  const state = call === "unbind" ? "bound" : "connected";
  const why = `the socket is not ${state} to it: use the address that it was ${state} to, or lastEndpoint after a wildcard`;
  return refusal("ENOENT", why, { endpoint: address });
}

const unusableCertificate =
  "a wss server needs the options wssCertificate and wssKey, and the key must belong to the first certificate";

/** Resolves a host, as libzmq would: the first address of the family that it would use. */
async function lookUp({ name, ipv6 }: Lookup): Promise<string> {
  // V4MAPPED: an IPv4 address in IPv6 form, if the host has no IPv6 address.
  const { promises, V4MAPPED } = process.getBuiltinModule("node:dns");
  return (await promises.lookup(name, ipv6 ? { family: 6, hints: V4MAPPED } : { family: 4 })).address;
}

/** Resolves the host of an address, and returns the endpoint for libzmq. */
async function lookedUp(address: string, call: EndpointCall, lookup: Lookup): Promise<string> {
  let numeric: string;
  try {
    numeric = await lookUp(lookup);
  } catch (error) {
    if (call === "unbind") throw notInUse(call, address);
    const code = String((error as { code?: string }).code);
    throw refusal(
      "ENODEV",
      `"${lookup.name}" is neither a network interface nor a resolvable host name (${code})`,
      {
        endpoint: address,
      },
    );
  }
  return lookup.with(numeric);
}

/** The number of unbound endpoints to keep, since later events of their connections name them. */
const mostUnbound = 64;

function rememberBound(core: Core, endpoint: string): void {
  const { bound } = core;
  addressesOf.get(core)?.unbound.delete(endpoint);
  if (!bound.includes(endpoint)) bound.push(endpoint);
}

/** Drops the endpoint once 64 others have been unbound after it. */
function forgetBound(core: Core, endpoint: string): void {
  const { unbound } = remembered(core);
  unbound.delete(endpoint);
  unbound.add(endpoint);
  if (unbound.size <= mostUnbound) return;
  const [oldest] = unbound;
  unbound.delete(oldest!);
  const at = core.bound.indexOf(oldest!);
  if (at >= 0) core.bound.splice(at, 1);
}

/** Stores or removes the endpoint of an address after a call. */
function remember(
  core: Core,
  call: EndpointCall,
  address: string,
  known: Plan,
  connectId?: Uint8Array,
): void {
  const { endpoint, looksUp, transport } = known;
  if (isUndo(call)) {
    const addresses = addressesOf.get(core);
    addresses?.names.delete(address);
    addresses?.connected.delete(address);
    addresses?.connectIds.delete(address);
    if (call === "unbind") forgetBound(core, endpoint);
    return;
  }
  if (connectId !== undefined) remembered(core).connectIds.set(address, connectId);
  if (transport.disconnectsByAddress && call !== "bind") {
    if (looksUp) remembered(core).connected.add(address);
    return;
  }
  const last = core.getOption(statusOptions.lastEndpoint) ?? endpoint;
  if (call === "bind") rememberBound(core, last);
  const name = call === "bind" && transport.listens ? last : endpoint;
  if (name !== address && !isWildcard(address)) {
    remembered(core).names.set(address, { endpoint: name, transport });
  }
}

/**
 * Sets the routing id of the next connection's peer. Set as late as possible: after a failed connect it would apply to
 * the next one.
 */
function setConnectId(core: Core, id: Uint8Array | undefined): void {
  if (id !== undefined) check(binding.setOption(core.handle, ZMQ_CONNECT_ROUTING_ID, id));
}

function count(core: Core, call: EndpointCall, transport: Transport): void {
  const change = isUndo(call) ? -1 : 1;
  core.endpoints += change;
  if (transport.datagrams) core.datagramEndpoints += change;
  if (transport.inProcess) core.usedInProcess = true;
}

/**
 * Connects when the host is resolved, as libzmq does for tcp. A name that cannot be resolved is retried, with one
 * warning, until it is resolved or disconnected, or the socket is closed.
 */
function connectLater(
  core: Core,
  address: string,
  lookup: Lookup,
  transport: Transport,
  connectId: Uint8Array | undefined,
): void {
  const { pending } = remembered(core);
  if (pending.has(address)) return;
  pending.add(address);
  // Weak, so that an idle socket is not kept alive for a name that may never be resolved.
  const weak = new WeakRef(core);
  let warned = false;
  const attempt = async (): Promise<void> => {
    let numeric: string | undefined;
    let endpoint: string | undefined;
    try {
      numeric = await lookUp(lookup);
      endpoint = lookup.with(numeric);
    } catch (error) {
      if (!warned && pending.has(address)) {
        const why =
          numeric === undefined ? String((error as { code?: string }).code) : (error as Error).message;
        process.emitWarning(
          `${address}: host ${lookup.name} cannot be resolved (${why}). The socket keeps trying to resolve it.`,
        );
        warned = true;
      }
    }
    const socket = weak.deref();
    if (!socket || socket.handle === 0 || !pending.has(address)) return;
    if (endpoint === undefined) {
      setTimeout(attempt, retryInterval).unref();
      return;
    }
    pending.delete(address);
    try {
      setConnectId(socket, connectId);
      check(binding.connect(socket.handle, endpoint));
      count(socket, "connect", transport);
      remember(socket, "connect", address, { endpoint, transport }, connectId);
    } catch (error) {
      process.emitWarning(`Cannot connect to ${address}: ${(error as Error).message}`);
    } finally {
      socket.touched();
    }
  };
  void attempt();
}

/**
 * Binds, connects, or undoes it. If a host name must be resolved first, returns a promise if the caller `mayWait`.
 * Otherwise a connection is made later, and a bind resolves the name synchronously.
 *
 * `connectId`: the routing id for the peer.
 *
 * @throws ZmqError with the `address`.
 */
export function atAddress(
  core: Core,
  call: EndpointCall,
  address: string,
  mayWait: false,
  connectId?: Uint8Array,
): number;
export function atAddress(
  core: Core,
  call: EndpointCall,
  address: string,
  mayWait: true,
): number | Promise<number>;
export function atAddress(
  core: Core,
  call: EndpointCall,
  address: string,
  mayWait: boolean,
  connectId?: Uint8Array,
): number | Promise<number> {
  const failed = (error: unknown): never => {
    if (error instanceof ZmqError) error.address = address;
    throw error;
  };
  const make = (known: Plan): number => {
    try {
      if (core.zapEnforceDomainSet && !isUndo(call)) warnOfOpenServer(core, address, known.transport);
      setConnectId(core, connectId);
      const result = binding[call](core.handle, known.endpoint);
      if (result === -os.errno.EINVAL && call === "bind" && known.transport.scheme === "wss")
        throw refusal("EINVAL", unusableCertificate, { endpoint: address });
      if (result === -os.errno.ENOENT && isUndo(call)) {
        // libzmq forgets a connection over inproc when the other socket is closed. The program need not know that.
        if (call !== "disconnect" || !core.record.connected.includes(address)) throw notInUse(call, address);
      } else check(result);
      remember(core, call, address, known, connectId);
      count(core, call, known.transport);
      return result;
    } finally {
      core.touched();
    }
  };
  try {
    const waiting = addressesOf.get(core)?.pending;
    if (call === "disconnect" && waiting?.delete(address)) return 0;
    const made = plan(core, call, address);
    const { lookup, transport } = made;
    if (lookup === undefined) return make(made);
    if (mayWait) {
      return lookedUp(address, call, lookup)
        .then((endpoint) => make({ endpoint, transport }))
        .catch(failed);
    }
    if (call === "bind" && transport.bindByName === "never") {
      // libzmq would not resolve it, and could not report later that the address belongs to another machine.
      throw refusal(
        "ENODEV",
        `bindSync() does not resolve host names for ${transport.scheme}: use bind(), or an IP address`,
        {
          endpoint: address,
        },
      );
    }
    if (call !== "connect" && transport.bindByName !== "later") return make(made);
    connectLater(core, address, lookup, transport, connectId);
    return 0;
  } catch (error) {
    return failed(error);
  }
}

/**
 * Makes the next attempt to connect to an endpoint at once, or connects again if libzmq has given it up. A host name that
 * the library has not resolved yet is not affected.
 *
 * @throws ZmqError with the `address`.
 */
export function retryAddress(core: Core, address: string): void {
  core.usable();
  const addresses = addressesOf.get(core);
  if (addresses?.pending.has(address)) return;
  try {
    if (!core.record.connected.includes(address)) throw notInUse("disconnect", address);
    const { endpoint } = plan(core, "disconnect", address);
    try {
      const result = binding.retryEndpoint(core.handle, endpoint);
      if (result !== -os.errno.ENOENT) {
        check(result);
        return;
      }
      setConnectId(core, addresses?.connectIds.get(address));
      check(binding.connect(core.handle, endpoint));
    } finally {
      core.touched();
    }
  } catch (error) {
    if (error instanceof ZmqError) error.address = address;
    throw error;
  }
}

/** Calls the native function of that name synchronously. `connectId`: the routing id for the peer. */
export function atEndpoint(core: Core, call: EndpointCall, address: string, connectId?: Uint8Array): number {
  const endpoint = toEndpoint(address);
  const act = () => callEndpoint(core, call, endpoint, connectId);
  const operation = call === "bind" || call === "unbind" ? (`${call}Sync` as const) : call;
  return traceEndpointSync(core, operation, endpoint, act);
}

function callEndpoint(core: Core, call: EndpointCall, endpoint: string, connectId?: Uint8Array): number {
  core.usable();
  const result = atAddress(core, call, endpoint, false, connectId);
  record(core, call, endpoint);
  return result;
}

/** Records a call for `console.log`. Never throws, since the call has succeeded. */
export function record(core: Core, call: EndpointCall, address: string): void {
  let last: string | null = null;
  try {
    if (call === "bind") last = core.getOption(statusOptions.lastEndpoint);
  } catch {
    // The context was closed meanwhile.
  }
  core.record.add(call, address, last);
}
