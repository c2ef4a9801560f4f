// The only file that touches the addon. `Binding` is the boundary: numbers and bytes, no decisions.
// A result below zero is always -errno; only lib/binding/errors.ts turns it into an error.

import { constants } from "node:buffer";
import { hasExternalMemory, hasPolls } from "../runtime/features.js";
import { loadAddon } from "./load.js";

/** Stands for an open socket; 0 stands for none. */
export type Handle = number;
/** Stands for a proxy that runs. */
export type ProxyHandle = number;
/** Stands for a context in every thread of the process. */
export type ContextToken = number;
/** A frame as native code accepts it. lib/message/frames.ts creates it from the values that users pass. */
export type WireFrame = string | Uint8Array | RoutingId;
/** Only as the tag of a message. */
type RoutingId = number;
/** The fields of rows about connections, one after the other. */
export type PeerFields = (number | string)[];
export type WireMessage = WireFrame | WireFrame[];

export interface Binding {
  // native/environment.cc
  /** A number that no other copy of the library in this process has. */
  instance(): number;

  // native/context.cc
  createContext(): ContextToken;
  /** Returns the context that all threads share. The first call creates it. */
  defaultContext(): ContextToken;
  attachContext(token: ContextToken): ContextToken;
  releaseContext(token: ContextToken): number;
  getContextOption(token: ContextToken, option: number): number;
  /** Returns 1 if the context now ends, which a notice with its token reports; 0 if other threads still use it. */
  closeContext(token: ContextToken): number;
  /** The notice is the token of a context that has ended, or `-handle` of a socket whose connections have changed. */
  onNotice(callback: (notice: number) => void): number;
  setContextOption(token: ContextToken, option: number, value: number): number;

  // native/socket.cc
  /** Opens a socket. It is closed when `owner` is garbage-collected. */
  openSocket(context: ContextToken, type: number, owner: object): Handle;
  /** Returns the owners of the sockets that this thread has open in the context. */
  ownersOf(context: ContextToken): object[];
  closeSocket(handle: Handle): number;
  bind(handle: Handle, endpoint: string): number;
  unbind(handle: Handle, endpoint: string): number;
  connect(handle: Handle, endpoint: string): number;
  disconnect(handle: Handle, endpoint: string): number;
  join(handle: Handle, group: Uint8Array): number;
  leave(handle: Handle, group: Uint8Array): number;
  /** Connects, and returns the routing id of the peer. */
  connectPeer(handle: Handle, endpoint: string): number;
  disconnectPeer(handle: Handle, routingId: number): number;
  /** Sends events to a PAIR socket that connects to the endpoint, as frames: event, count, values, local, remote. */
  monitor(handle: Handle, endpoint: string, events: number): number;
  /** Requests an event for each of the socket's pipes. */
  reportPipes(handle: Handle): number;
  /** Returns the number of bytes written to `into`, in the machine's byte order. */
  getOption(handle: Handle, option: number, into: Uint8Array): number;
  setOption(handle: Handle, option: number, value: Uint8Array): number;
  /** Returns bits of `ZMQ_POLLIN` and `ZMQ_POLLOUT`, both for the same moment. */
  events(handle: Handle): number;
  /**
   * While `on`, wake-ups of the socket call `onReady`; with `alive` they keep the process alive. Returns 1 if the
   * socket must be tried once more, since it may have become ready before.
   */
  hold(handle: Handle, on: boolean, alive: boolean): number;
  onReady(callback: (...handles: Handle[]) => void): number;

  // native/sender.cc
  /**
   * Returns 1 if libzmq has queued all frames, 0 if it would block and has queued none. Returns 2 if libzmq has queued
   * all frames and holds so many bytes that the sender should wait. Frames as arguments cost less than in an array. For
   * types whose messages have a tag, the second frame is the tag: a routing id as a number, or a group.
   */
  trySend(handle: Handle, ...frames: [WireMessage] | WireFrame[]): number;
  /** Returns the number of messages that libzmq has queued. */
  trySendMany(handle: Handle, ...messages: WireMessage[]): number;
  /**
   * Sends like `trySend`. If the message is sent, the ArrayBuffer of each frame that fills it is detached. The message has
   * its memory without a copy if `ownsMemory` is true of the frame. The array is the library's own and has no holes.
   */
  tryTransfer(handle: Handle, frames: WireFrame[]): number;
  /** Returns the bytes in large frames of the socket that libzmq still holds. */
  heldBytes(handle: Handle): number;

  // native/frame_memory.cc
  /** Returns a Buffer of 64 KiB or more over memory of native code, or 0 if the runtime supports none. */
  allocate(size: number): Buffer | number;
  /** Whether the bytes are all those of memory of native code: a large received frame, or a Buffer of `allocate`. */
  ownsMemory(bytes: Uint8Array): boolean;

  // native/receiver.cc
  /**
   * Writes frames to the slab from `offset` on, and rows to the table. Returns the number of frames, plus `emptied` if
   * libzmq had no more; 0 if none is ready. `values` receives the first message's properties by `names`. Both arrays
   * are the library's own and have no holes, so that no user code runs.
   */
  receive(handle: Handle, slab: ArrayBuffer, offset: number, maxMessages: number): number;
  receive(
    handle: Handle,
    slab: ArrayBuffer,
    offset: number,
    maxMessages: number,
    names: string[],
    values: (string | null)[],
  ): number;
  /** Sets the table and the array of large frames, which has an element for each large frame that one call can find. */
  setReceiveArea(table: Uint8Array, largeFrames: (Buffer | undefined)[]): number;

  // native/subscribers.cc
  /** Returns the number of a publisher's peers that have any subscription, or would receive a message of the topic. */
  subscribers(handle: Handle, any: boolean, topic: Uint8Array): number;

  // native/peers.cc
  /** From now on, changes of the socket's connections are kept for `takePeerChanges`. A notice, `-handle`, reports some. */
  watchPeers(handle: Handle): number;
  /** Returns 1, or 0 if changes were dropped and the rows are those of all peers; then rows, for lib/socket/peers/rows.ts. */
  takePeerChanges(handle: Handle): PeerFields | number;
  /**
   * Returns the row of an open connection, with the state of its queues and without its properties. `id` 0: the rows of all
   * peers, with their properties; -1: without them.
   */
  listPeers(handle: Handle, id: number): PeerFields | number;
  /** Returns endpoints with their state, five fields each, for lib/socket/peers/endpoints.ts. */
  listEndpoints(handle: Handle): PeerFields | number;
  /** Makes the attempt at once that connections to the endpoint wait for. `-ENOENT` if libzmq does not connect to it. */
  retryEndpoint(handle: Handle, endpoint: string): number;
  /** Adds a reason to keep the process and this copy of the library alive, or removes one. */
  keepAlive(on: boolean): number;

  // native/statistics.cc
  /** Writes the counts of the socket as doubles, for lib/socket/statistics.ts. */
  readStatistics(handle: Handle, into: ArrayBuffer): number;

  // native/unsent.cc
  /** Returns the number of messages that have not been handed to the network. Unless it is 0, a change is signaled. */
  unsent(handle: Handle, id: number): number;

  // native/proxy.cc
  /**
   * Lends all four sockets to a thread until `endProxy`; `capture` may be 0. The proxy first forwards the messages that
   * were prefetched from the front end and the back end.
   */
  startProxy(
    front: Handle,
    back: Handle,
    capture: Handle,
    control: Handle,
    endpoint: string,
    frontAhead: Uint8Array[][],
    backAhead: Uint8Array[][],
  ): ProxyHandle;
  endProxy(proxy: ProxyHandle): number;

  // native/multicast_log.cc
  /** Returns the lines that OpenPGM has logged since the last call, such as `Warn: …`. Shared by all threads. */
  takeMulticastLog(): string[];

  // native/library.cc
  version(): string;
  has(capability: string): boolean;
  describeError(errno: number): string;
  /** `[publicKey, secretKey]` in Z85. */
  curveKeyPair(): [string, string] | number;
}

/** The addon's only function creates the native state of one copy of this library. Copies share only libzmq contexts. */
interface Addon {
  instantiate(hasPolls: boolean, hasExternalMemory: boolean, longestBuffer: number): Binding;
}

/**
 * The native functions. Native code finds all its state through this object, and frees it when the object is
 * garbage-collected.
 */
export const binding: Binding = (loadAddon() as Addon).instantiate(
  hasPolls,
  hasExternalMemory,
  constants.MAX_LENGTH,
);
