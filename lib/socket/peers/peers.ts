// The peers of a socket: a live view that libzmq's connections keep up to date.

import { EventEmitter } from "node:events";
import { shown } from "../../arguments/checks.js";
import { operationOptions } from "../../arguments/operation-options.js";
import { check, errorOf } from "../../binding/errors.js";
import { binding, type Handle } from "../../binding/index.js";
import { onPeerChanges } from "../../binding/notices.js";
import { LoopQueue } from "../../core/loop-queue.js";
import type { Core } from "../../core/open-socket.js";
import { nextTick } from "../../runtime/timers.js";
import { throwLater } from "../../runtime/uncaught.js";
import { DropWatch } from "./drop-watch.js";
import { close, identify, TrackedPeer } from "./peer.js";
import { type Row, readRows } from "./rows.js";
import type {
  ChangeOptions,
  ConnectedPeer,
  DropReport,
  PeerChange,
  PeerEvents,
  PeerStatistics,
} from "./types.js";
import { PeerWait } from "./wait.js";

/** Changes kept for a loop at most. Then the oldest are dropped. */
const mostKept = 10_000;

/** The views by socket. Weak: an idle socket may be garbage-collected. A handle is reused after its socket. */
const views = new Map<Handle, WeakRef<Peers>>();
/** Views that may not be garbage-collected: they have listeners, or something waits for them. */
const kept = new Set<Peers>();
/** Removes the entries of sockets that were garbage-collected. Another view may have the handle by then. */
const collected = new FinalizationRegistry<Handle>((handle) => {
  if (views.get(handle)?.deref() === undefined) views.delete(handle);
});

onPeerChanges((handle) => {
  const view = views.get(handle)?.deref();
  if (view === undefined) views.delete(handle);
  else update(view);
});

/** Takes the changes of a view from libzmq. */
let update: (peers: Peers) => void;

/** @internal Starts to watch the connections. Throws if that is not possible. Call `touched` of the socket afterwards. */
export let watch: (peers: Peers) => void;

/** @internal See {@link Socket.waitForPeers}. */
export let waitForPeers: (peers: Peers, count: number, options: unknown) => Promise<number>;

/**
 * The peers of a socket, with which messages can be exchanged: an iterable, live view. {@link Socket.peers} creates it. udp,
 * pgm, epgm and norm have no peers.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 *
 * const pull = new Pull();
 * const changes = pull.peers.changes();
 * await pull.bind("tcp://127.0.0.1:*");
 *
 * const push = new Push();
 * push.connect(pull.lastEndpoint!);
 * await pull.waitForPeers();
 * for (const peer of pull.peers) console.log(peer.properties["Socket-Type"]); // PUSH
 * push.close();
 * for await (const change of changes) {
 *   if (change.type !== "leave") continue;
 *   console.log(change.reason); // peer
 *   break;
 * }
 * ```
 */
export class Peers implements Iterable<ConnectedPeer> {
  readonly #core: Core;
  readonly #byId = new Map<number, TrackedPeer>();
  readonly #emitter = new EventEmitter();
  readonly #loops = new Set<LoopQueue<PeerChange>>();
  readonly #waits = new Set<PeerWait>();
  /** Changes that were not delivered yet. */
  readonly #news: (PeerChange | DropReport)[] = [];
  readonly #drops: DropWatch;
  /** Whether the delivery of `#news` is scheduled. */
  #scheduled = false;
  /** Whether changes may have been lost, so that the view has to be compared with the list of peers. */
  #stale = false;
  /** Whether changes are being applied. User code that runs meanwhile sees those that were applied before. */
  #updating = false;
  #alive = false;
  #over = false;

  static {
    watch = (peers) => peers.#watch();
    update = (peers) => peers.#update();
    waitForPeers = (peers, count, options) => peers.#wait(count, options);
  }

  /**
   * Private: use {@link Socket.peers}.
   *
   * @internal
   */
  constructor(core: Core) {
    this.#core = core;
    this.#drops = new DropWatch(core, (dropped, total) => this.#announce({ type: "drop", dropped, total }));
  }

  /** The number of peers. 0 once the socket is closed. */
  get size(): number {
    this.#update();
    return this.#byId.size;
  }

  /**
   * Iterates over the peers that are connected when the loop begins, those that joined first in front. Never throws.
   *
   * @example
   * ```ts
   * import { Router } from "zmq-native";
   *
   * const router = new Router();
   * await router.bind("tcp://127.0.0.1:*");
   * for (const peer of router.peers) console.log(peer.routingId, peer.remoteAddress);
   * ```
   */
  [Symbol.iterator](): IterableIterator<ConnectedPeer> {
    this.#update();
    return [...this.#byId.values()][Symbol.iterator]();
  }

  /**
   * Adds a listener. Listeners are called later, in a turn of their own; a socket with listeners is not garbage-collected,
   * but they do not keep the process alive. An error that a listener throws becomes an uncaught exception.
   *
   * @throws TypeError: the listener is not a function.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * reply.peers.on("leave", ({ peer, reason }) => console.log(peer.remoteAddress, reason));
   * await reply.bind("tcp://127.0.0.1:*");
   * ```
   */
  on<E extends keyof PeerEvents>(type: E, listener: (event: PeerEvents[E]) => void): this {
    this.#emitter.on(type, listener);
    this.#changed();
    return this;
  }

  /**
   * Adds a listener that is called for the next event only. It is the same as `on` otherwise.
   *
   * @throws TypeError: the listener is not a function.
   *
   * @example
   * ```ts
   * import { Reply } from "zmq-native";
   *
   * const reply = new Reply();
   * reply.peers.once("join", ({ peer }) => console.log("the first peer:", peer.remoteAddress));
   * await reply.bind("tcp://127.0.0.1:*");
   * ```
   */
  once<E extends keyof PeerEvents>(type: E, listener: (event: PeerEvents[E]) => void): this {
    this.#emitter.once(type, listener);
    this.#changed();
    return this;
  }

  /**
   * Removes a listener. If there is no such listener, this is a no-op.
   *
   * @throws TypeError: the listener is not a function.
   */
  off<E extends keyof PeerEvents>(type: E, listener: (event: PeerEvents[E]) => void): this {
    this.#emitter.off(type, listener);
    this.#changed();
    return this;
  }

  /**
   * The changes from now on: peers that join and leave, and failed handshakes. The loop ends when the socket is closed, after
   * the last change. It keeps the process alive while it waits. It keeps the last 10,000 unread changes.
   *
   * @throws Error from the loop: the signal is aborted. It is `signal.reason`.
   * @throws TypeError: the options are invalid.
   *
   * @example
   * ```ts
   * import { Pull, Push } from "zmq-native";
   *
   * const pull = new Pull();
   * const changes = pull.peers.changes();
   * await pull.bind("tcp://127.0.0.1:*");
   * new Push().connect(pull.lastEndpoint!);
   * for await (const change of changes) {
   *   console.log(change.type); // join
   *   break;
   * }
   * ```
   */
  changes(options?: ChangeOptions): AsyncIterableIterator<PeerChange> {
    const { signal } = operationOptions(options);
    // Earlier changes are not for this loop.
    this.#update();
    const loop = new LoopQueue<PeerChange>(mostKept, (changed) => this.#loopChanged(changed), signal);
    if (this.#over) loop.end();
    if (!loop.over) this.#loops.add(loop);
    return loop;
  }

  #watch(): void {
    const core = this.#core;
    const { handle } = core;
    if (handle === 0) {
      this.#over = true;
      return;
    }
    check(binding.watchPeers(handle));
    core.peers = { close: () => this.#close() };
    views.set(handle, new WeakRef(this));
    collected.register(this, handle);
    this.#updating = true;
    try {
      const fields = binding.listPeers(handle, 0);
      this.#stale = typeof fields === "number";
      // A setter of Array.prototype may have closed the socket.
      if (typeof fields === "number" || this.#over) return;
      for (const row of readRows(fields).rows) this.#byId.set(row.id, new TrackedPeer(core, row));
    } finally {
      this.#updating = false;
    }
  }

  #wait(count: number, options: unknown): Promise<number> {
    if (!Number.isInteger(count) || count < 1) {
      throw new TypeError(`The number of peers must be a whole number above 0, got ${shown(count)}`);
    }
    const { timeout, signal, aborted } = operationOptions(options);
    if (this.#core.handle === 0) throw errorOf("EBADF");
    if (aborted) return Promise.reject(signal!.reason);
    const { size } = this;
    if (size >= count) return Promise.resolve(size);
    const wait = new PeerWait(
      this.#core,
      count,
      timeout ?? -1,
      signal,
      () => this.size,
      (ended) => {
        this.#waits.delete(ended);
        this.#changed();
      },
    );
    this.#waits.add(wait);
    this.#changed();
    // Hooks of async_hooks, which run for the promise and the timer, may have closed the socket or noticed peers.
    if (this.#over) wait.giveUp("ECANCELED");
    else if (this.#byId.size >= count) wait.resolve(this.#byId.size);
    else wait.listen();
    return wait.promise;
  }

  /** Takes the changes from libzmq. */
  #update(): void {
    const core = this.#core;
    if (this.#over || this.#updating || core.handle === 0) return;
    this.#updating = true;
    try {
      this.#take(core.handle);
    } finally {
      this.#updating = false;
      // Last, since it may run hooks of async_hooks.
      core.touched();
    }
  }

  #take(handle: Handle): void {
    const lost = this.#stale;
    // Until they are applied, since this may throw near a stack overflow.
    this.#stale = true;
    const fields = binding.takePeerChanges(handle);
    if (typeof fields !== "number") {
      const { complete, rows } = readRows(fields);
      if (!complete) this.#forgetMissing(rows);
      for (const row of rows) this.#apply(row);
    }
    // Otherwise native code has failed to create the rows, and the changes are lost.
    if (typeof fields === "number" || lost) {
      const all = binding.listPeers(handle, 0);
      if (typeof all === "number") return;
      const { rows } = readRows(all);
      this.#forgetMissing(rows);
      for (const row of rows) this.#apply(row);
    }
    this.#stale = false;
  }

  #apply(row: Row): void {
    // User code that a change has run, such as a `then` getter, may close the socket between two rows.
    if (this.#over) return;
    if (row.event === "ready") {
      if (this.#byId.has(row.id)) return;
      const peer = new TrackedPeer(this.#core, row);
      this.#byId.set(row.id, peer);
      this.#tell({ type: "join", peer });
    } else if (row.event === "ended") {
      identify(this.#byId.get(row.id), row);
      this.#leave(row.id, row);
    }
    if (row.event === "failed") {
      const peer = new TrackedPeer(this.#core, row);
      close(peer, row.statistics);
      this.#tell({ type: "fail", peer, reason: row.reason, error: row.error });
    }
  }

  /** After changes were dropped, `rows` are all peers. */
  #forgetMissing(rows: readonly Row[]): void {
    if (this.#over) return;
    const present = new Set(rows.map((row) => row.id));
    for (const id of [...this.#byId.keys()]) {
      if (!present.has(id)) this.#leave(id, { reason: "unknown", error: undefined });
    }
  }

  #leave(id: number, { reason, error, statistics }: LeftRow): void {
    const peer = this.#byId.get(id);
    if (peer === undefined) return;
    this.#byId.delete(id);
    close(peer, statistics);
    this.#tell({ type: "leave", peer, reason, error });
  }

  /** The counts of the connected peers, by the number of the connection. */
  #current(): Map<number, PeerStatistics> {
    const { handle } = this.#core;
    const fields = handle === 0 || this.#byId.size === 0 ? 0 : binding.listPeers(handle, -1);
    if (handle !== 0) this.#core.touched();
    return new Map(
      typeof fields === "number" ? [] : readRows(fields).rows.map(({ id, statistics }) => [id, statistics]),
    );
  }

  /** Settles what waits. Listeners are called later: no user code may run in the middle of a call. */
  #tell(change: PeerChange): void {
    for (const loop of [...this.#loops]) loop.push(change);
    const { size } = this.#byId;
    for (const wait of [...this.#waits]) if (size >= wait.count) wait.resolve(size);
    this.#announce(change);
  }

  #announce(event: PeerChange | DropReport): void {
    if (this.#emitter.eventNames().length === 0) return;
    this.#news.push(event);
    if (!this.#scheduled) this.#schedule();
  }

  #schedule(): void {
    // Set first: hooks of async_hooks run in `nextTick`. It throws near a stack overflow.
    this.#scheduled = true;
    let comes = false;
    try {
      nextTick(() => this.#deliver());
      comes = true;
    } finally {
      this.#scheduled = comes;
    }
  }

  #deliver(): void {
    this.#scheduled = false;
    for (const change of this.#news.splice(0)) {
      try {
        this.#emitter.emit(change.type, change);
      } catch (error) {
        throwLater(error);
      }
    }
    this.#changed();
  }

  #loopChanged(loop: LoopQueue<PeerChange>): void {
    if (loop.over) this.#loops.delete(loop);
    this.#changed();
  }

  /** Keeps the view as long as somebody needs it, and the process as long as somebody waits. */
  #changed(): void {
    this.#drops.active = !this.#over && this.#emitter.listenerCount("drop") > 0;
    const waits = this.#waits.size > 0 || [...this.#loops].some((loop) => loop.awaited);
    if (waits !== this.#alive) {
      this.#alive = waits;
      binding.keepAlive(waits);
    }
    const needed = waits || (!this.#over && this.#emitter.eventNames().length > 0);
    if (needed) kept.add(this);
    else kept.delete(this);
  }

  /**
   * Ends the view before the socket is closed. Results may run user code that closes the socket first. Near a stack overflow
   * this may throw, and a second call does the rest.
   */
  #close(): void {
    const { handle } = this.#core;
    this.#update();
    this.#drops.look();
    // Nobody joins any more.
    this.#over = true;
    const last = this.#current();
    for (const id of [...this.#byId.keys()]) {
      this.#leave(id, { reason: "local", error: undefined, statistics: last.get(id) });
    }
    if (views.get(handle)?.deref() === this) views.delete(handle);
    for (const wait of [...this.#waits]) wait.giveUp("ECANCELED");
    for (const loop of [...this.#loops]) loop.end();
    this.#changed();
  }
}

type LeftRow = Pick<Row, "reason" | "error"> & { statistics?: PeerStatistics | undefined };
