// The class Authenticator: starts, reports decisions, changes rules at run time, and closes.

import { shown } from "../arguments/checks.js";
import type { Context } from "../context/context.js";
import { Feed } from "./feed.js";
import { CertificateFolder } from "./folder.js";
import { Handler, type Judge } from "./handler.js";
import { anyKey, invalidKeys, KeyList, type Keyring } from "./keyring.js";
import { read } from "./options.js";
import { Passwords } from "./passwords.js";
import { Policy, type Rules } from "./policy.js";
import type {
  AuthenticateOptions,
  AuthenticatorEvents,
  CurveRequest,
  Decide,
  Decision,
  Reload,
} from "./types.js";
import { curveKeyText } from "./z85.js";

/** Decides which peers the servers of a context admit. Made by {@link Context.authenticate}. */
export class Authenticator implements AsyncDisposable {
  readonly #domain: string | undefined;
  readonly #plain: Rules["plain"];
  readonly #curve: Rules["curve"];
  readonly #policy: Policy;
  readonly #feed: Feed;
  readonly #judge: Judge;
  readonly #disconnectRemoved: boolean;
  #handler: Handler | undefined;
  #closed = false;

  private constructor(rules: Rules, domain: string | undefined, disconnectRemoved: boolean, feed: Feed) {
    this.#domain = domain;
    this.#disconnectRemoved = disconnectRemoved;
    this.#plain = rules.plain;
    this.#curve = rules.curve;
    this.#policy = new Policy(rules);
    this.#feed = feed;
    this.#judge = {
      domain,
      decide: (request, done) => this.#policy.decide(request, done),
      decided: (decision) => this.#feed.decided(decision),
      contextClosed: () => this.#end(),
    };
  }

  /** @internal */
  static async start(context: Context, options: AuthenticateOptions): Promise<Authenticator> {
    const { allow, domain, disconnectRemoved, ...rules } = read(options);
    // Set before the first reload, which happens in a later turn of the event loop.
    let authenticator!: Authenticator;
    const curve = await keysOf(allow, (reload) => authenticator.#reloaded(reload));
    authenticator = new Authenticator({ ...rules, curve }, domain, disconnectRemoved, new Feed());
    try {
      authenticator.#handler = Handler.add(context, authenticator.#judge);
    } catch (error) {
      authenticator.#end();
      throw error;
    }
    return authenticator;
  }

  /** The domain that it decides for; undefined for all domains that have no authenticator of their own. */
  get domain(): string | undefined {
    return this.#domain;
  }

  /** True once `close` was called, or the context was closed. */
  get closed(): boolean {
    return this.#closed || this.#handler?.closed === true;
  }

  /**
   * All decisions from the moment when a loop begins, in the order in which they are made. Ends when the authenticator closes.
   * A loop that does not read keeps the last 10,000. It does not keep the process alive.
   *
   * @example
   * ```ts
   * for await (const { admitted, address, reason } of auth.decisions) console.log(admitted, address, reason);
   * ```
   */
  get decisions(): AsyncIterable<Decision> {
    return { [Symbol.asyncIterator]: () => this.#feed.loop() };
  }

  /**
   * Adds a listener for an event. Listeners do not keep the process alive. An exception of a listener is an uncaught
   * exception of the process; the decision stands.
   *
   * @example
   * ```ts
   * auth.on("decision", ({ admitted, address, text }) => console.log(admitted, address, text));
   * ```
   */
  on<E extends keyof AuthenticatorEvents>(type: E, listener: (event: AuthenticatorEvents[E]) => void): this {
    this.#feed.emitter.on(type, listener);
    return this;
  }

  /** Removes a listener that `on` added. */
  off<E extends keyof AuthenticatorEvents>(type: E, listener: (event: AuthenticatorEvents[E]) => void): this {
    this.#feed.emitter.off(type, listener);
    return this;
  }

  /**
   * Admits a public key from now on: 40 characters of Z85, or 32 bytes.
   *
   * @throws TypeError if the key is invalid. Error if `curve.allow` is not an array, or the authenticator is closed.
   */
  allowKey(key: string | Uint8Array): void {
    this.#keys("allowKey").add(key);
  }

  /**
   * No longer admits a public key. Connected peers stay connected, unless the authenticator has the option
   * `disconnectRemoved`.
   *
   * @returns Whether the key was admitted before.
   * @throws TypeError if the key is invalid. Error if `curve.allow` is not an array, or the authenticator is closed.
   */
  removeKey(key: string | Uint8Array): boolean {
    const keys = this.#keys("removeKey");
    const publicKey = curveKeyText(key, "key");
    const removed = keys.delete(publicKey);
    if (this.#disconnectRemoved) this.disconnect((decision) => decision.publicKey === publicKey);
    return removed;
  }

  /**
   * Adds a user, or changes the password. Connected peers stay connected, unless the password changes and the authenticator
   * has the option `disconnectRemoved`.
   *
   * @throws TypeError if the name or password is not a string of 1 to 255 bytes. Error if `plain.users` is not an object, or
   * the authenticator is closed.
   */
  setUser(username: string, password: string): void {
    const changed = this.#users("setUser").set(username, password);
    if (changed) this.#userRemoved(username);
  }

  /**
   * Removes a user. Connected peers stay connected, unless the authenticator has the option `disconnectRemoved`.
   *
   * @returns Whether there was such a user.
   * @throws TypeError if the name is not a string of 1 to 255 bytes. Error if `plain.users` is not an object, or the
   * authenticator is closed.
   */
  removeUser(username: string): boolean {
    const removed = this.#users("removeUser").delete(username);
    if (removed) this.#userRemoved(username);
    return removed;
  }

  /**
   * Disconnects the peers that this authenticator has admitted and for which `matches` returns true. A peer that connects
   * again is asked for its credentials again. Messages that the server has received before can still be read.
   *
   * The peers may be connected to servers of any thread. The server's event is `disconnect`. The call returns before the
   * connections end.
   *
   * @returns The number of connections.
   * @throws TypeError if `matches` is not a function. Error if the authenticator is closed. Any error that `matches` throws;
   * then no peer is disconnected.
   *
   * @example
   * ```ts
   * auth.disconnect(({ username }) => username === "ada");
   * auth.disconnect(() => true); // all peers
   * ```
   */
  disconnect(matches: (decision: Decision) => boolean): number {
    this.#open();
    if (typeof matches !== "function") {
      throw new TypeError(`disconnect takes a function such as () => true, got ${shown(matches)}`);
    }
    return this.#handler?.disconnect(this.#judge, matches) ?? 0;
  }

  /**
   * Reads the folder of `curve.allow` again now. Required only where the system reports no changes, as on network drives.
   *
   * @throws Error rejects if `curve.allow` is not a folder, or the authenticator is closed.
   */
  async reload(): Promise<Reload> {
    this.#open();
    if (this.#curve instanceof CertificateFolder) return this.#curve.reload();
    throw new Error("reload: curve.allow is not the path of a folder, so there is nothing to read again");
  }

  /**
   * Stops deciding. Pending decisions end with status 300, and their peers try again. Afterwards the context may get another
   * authenticator for the domain, or another ZAP handler.
   *
   * Servers with `zapEnforceDomain: true` then reject every peer. **Servers of CURVE and of no mechanism without this option
   * admit every peer**, as libzmq does without a ZAP handler.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#end();
    this.#handler?.remove(this.#judge);
  }

  /** As {@link Authenticator.close}, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #userRemoved(username: string): void {
    if (this.#disconnectRemoved) this.disconnect((decision) => decision.username === username);
  }

  #reloaded(reload: Reload): void {
    if (this.closed) return;
    if (this.#disconnectRemoved && reload.removed.length > 0) {
      const removed = new Set(reload.removed);
      this.disconnect(({ publicKey }) => publicKey !== undefined && removed.has(publicKey));
    }
    this.#feed.emit("reload", reload);
  }

  #end(): void {
    this.#closed = true;
    if (this.#curve instanceof CertificateFolder) this.#curve.close();
    this.#policy.close();
    this.#feed.end();
  }

  #open(): void {
    if (this.closed) throw new Error("The authenticator is closed");
  }

  #keys(call: string): KeyList {
    this.#open();
    if (this.#curve instanceof KeyList) return this.#curve;
    const remedy =
      this.#curve instanceof CertificateFolder
        ? "it is a folder: save or delete a certificate there"
        : "pass an array, which may be empty";
    throw new Error(`${call}: curve.allow is not an array of keys; ${remedy}`);
  }

  #users(call: string): Passwords {
    this.#open();
    if (this.#plain instanceof Passwords) return this.#plain;
    throw new Error(`${call}: plain.users is not an object of passwords; pass an object, which may be empty`);
  }
}

async function keysOf(
  allow: unknown,
  reloaded: (reload: Reload) => void,
): Promise<Keyring | Decide<CurveRequest> | undefined> {
  if (allow === undefined) return undefined;
  if (typeof allow === "function") return allow as Decide<CurveRequest>;
  if (Array.isArray(allow)) return new KeyList(allow);
  if (allow === "any") return anyKey;
  if (typeof allow !== "string" || allow === "") throw invalidKeys(allow);
  return CertificateFolder.open(allow, reloaded);
}
