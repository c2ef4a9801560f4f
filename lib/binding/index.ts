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
export type WireMessage = WireFrame | WireFrame[];

export interface Binding {
  // native/environment.cc
  /** A number that no other copy of the library in this process has. */
  instance(): number;

  // native/context.cc
  createContext(): ContextToken;
  /** The context that all threads share, created by the first that asks. */
  defaultContext(): ContextToken;
  attachContext(token: ContextToken): ContextToken;
  releaseContext(token: ContextToken): number;
  getContextOption(token: ContextToken, option: number): number;
  /** 1: the context now ends, and a notice by its token will say when; 0: other threads hold it still. */
  closeContext(token: ContextToken): number;
  onNotice(callback: (notice: number) => void): number;
  setContextOption(token: ContextToken, option: number, value: number): number;

  // native/socket.cc
  /** The socket is closed at the latest when `owner` is collected. */
  openSocket(context: ContextToken, type: number, owner: object): Handle;
  /** The owners of the sockets that this thread has open in the context. */
  ownersOf(context: ContextToken): object[];
  closeSocket(handle: Handle): number;
  bind(handle: Handle, endpoint: string): number;
  unbind(handle: Handle, endpoint: string): number;
  connect(handle: Handle, endpoint: string): number;
  disconnect(handle: Handle, endpoint: string): number;
  join(handle: Handle, group: Uint8Array): number;
  leave(handle: Handle, group: Uint8Array): number;
  /** The peer's routing id. */
  connectPeer(handle: Handle, endpoint: string): number;
  disconnectPeer(handle: Handle, routingId: number): number;
  /** Reports events to a PAIR socket that connects to the endpoint, as frames: event, count, values, local, remote. */
  monitor(handle: Handle, endpoint: string, events: number): number;
  /** Has an event reported for each of the socket's pipes. */
  reportPipes(handle: Handle): number;
  /** Bytes of the value written to `into`, in the machine's byte order. */
  getOption(handle: Handle, option: number, into: Uint8Array): number;
  setOption(handle: Handle, option: number, value: Uint8Array): number;
  /** `ZMQ_POLLIN` and `ZMQ_POLLOUT`, both as of one moment. */
  events(handle: Handle): number;
  /**
   * While on, wake-ups of the socket are reported to `onReady`; `alive`: and keep the process alive. 1: the socket is to
   * be tried once more, since it may have become ready before.
   */
  hold(handle: Handle, on: boolean, alive: boolean): number;
  onReady(callback: (handle: Handle) => void): number;

  // native/sender.cc
  /**
   * 1: in libzmq, all frames of it; 2: the same, and libzmq holds so much that the sender should wait; 0: would block, none of it. Frames as arguments cost less than in an array. For the
   * types whose messages have a tag, it is the second frame: a routing id as a number, or a group.
   */
  trySend(handle: Handle, ...frames: [WireMessage] | WireFrame[]): number;
  /** How many of the messages are in libzmq. */
  trySendMany(handle: Handle, ...messages: WireMessage[]): number;
  /** Bytes of large frames that libzmq has not sent yet, of all threads. */
  heldBytes(): number;

  // native/receiver.cc
  /**
   * Frames written to the slab from `offset` on and to the table, plus `emptied` when libzmq had no more; 0: nothing
   * there. `values` gets the first message's properties by `names`; both arrays are ours and have no holes, so that no
   * code of users runs.
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
  /** `largeFrames` has an element for each large frame that one call can find. */
  receiveInto(table: Uint8Array, largeFrames: (Buffer | undefined)[]): number;

  // native/subscribers.cc
  /** Peers of a publisher that have any subscription, or that would get a message of the topic. */
  subscribers(handle: Handle, any: boolean, topic: Uint8Array): number;

  // native/proxy.cc
  /**
   * All four sockets are lent to a thread until `endProxy`; `capture` may be 0. The messages at the end were received
   * from the front end and the back end before; the proxy passes them on first.
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
  /** What OpenPGM logged since the last call, a line each: `Warn: …`. Shared by all threads. */
  takeMulticastLog(): string[];

  // native/library.cc
  version(): string;
  has(capability: string): boolean;
  describeError(errno: number): string;
  /** `[publicKey, secretKey]` in Z85. */
  curveKeyPair(): [string, string] | number;
}

/** The addon's only function: the native state of one copy of this library, which it shares with no other copy. */
interface Addon {
  instantiate(hasPolls: boolean, hasExternalMemory: boolean, longestBuffer: number): Binding;
}

/** Native code finds all of its state through this object, and closes it when the object is garbage-collected. */
export const binding: Binding = (loadAddon() as Addon).instantiate(
  hasPolls,
  hasExternalMemory,
  constants.MAX_LENGTH,
);
