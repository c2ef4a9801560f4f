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

/**
 * Decides which peers the servers of a context admit. {@link Context.authenticate} creates it.
 *
 * @example
 * ```ts
 * import { context } from "zmq-native";
 *
 * const auth = await context.authenticate({ plain: { users: { ada: "secret" } }, domain: "offices" });
 * console.log(auth.domain, auth.closed); // offices false
 * await auth.close();
 * ```
 */
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

  /** Private: call {@link Context.authenticate}. Never throws. */
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

  /** The `domain` of the options. Undefined: all domains that have no authenticator of their own. */
  get domain(): string | undefined {
    return this.#domain;
  }

  /** Whether the authenticator or its context is closed. */
  get closed(): boolean {
    return this.#closed || this.#handler?.closed === true;
  }

  /**
   * The decisions that are made after a loop begins, in their order. The loop ends when the authenticator closes. It keeps
   * the last 10,000 unread decisions, and does not keep the process alive.
   *
   * @example
   * ```ts
   * import { context } from "zmq-native";
   *
   * const auth = await context.authenticate({ plain: { users: {} }, domain: "log" });
   * const logging = (async () => {
   *   for await (const { admitted, address, reason } of auth.decisions) console.log(admitted, address, reason);
   * })();
   * await auth.close(); // ends the loop
   * await logging;
   * ```
   */
  get decisions(): AsyncIterable<Decision> {
    return { [Symbol.asyncIterator]: () => this.#feed.loop() };
  }

  /**
   * Adds a listener for an event. Listeners do not keep the process alive. An exception of a listener is an uncaught
   * exception of the process; the decision stands.
   *
   * @throws TypeError: `listener` is not a function.
   *
   * @example
   * ```ts
   * import { context } from "zmq-native";
   *
   * const auth = await context.authenticate({ plain: { users: {} }, domain: "listen" });
   * auth.on("decision", ({ admitted, address, text }) => console.log(admitted, address, text));
   * await auth.close();
   * ```
   */
  on<E extends keyof AuthenticatorEvents>(type: E, listener: (event: AuthenticatorEvents[E]) => void): this {
    this.#feed.emitter.on(type, listener);
    return this;
  }

  /**
   * Removes a listener that `on` added. If there is no such listener, this is a no-op.
   *
   * @throws TypeError: `listener` is not a function.
   */
  off<E extends keyof AuthenticatorEvents>(type: E, listener: (event: AuthenticatorEvents[E]) => void): this {
    this.#feed.emitter.off(type, listener);
    return this;
  }

  /**
   * Admits a public key from now on: 40 characters of Z85, or 32 bytes.
   *
   * @throws TypeError: the key is invalid.
   * @throws Error: `curve.allow` is not an array, or the authenticator is closed.
   *
   * @example
   * ```ts
   * import { context, curveKeyPair } from "zmq-native";
   *
   * const auth = await context.authenticate({ curve: { allow: [] }, domain: "keys" });
   * const { publicKey } = curveKeyPair();
   * auth.allowKey(publicKey);
   * console.log(auth.removeKey(publicKey)); // true
   * await auth.close();
   * ```
   */
  allowKey(key: string | Uint8Array): void {
    this.#keys("allowKey").add(key);
  }

  /**
   * No longer admits a public key. Connected peers stay connected, unless the authenticator has the option
   * `disconnectRemoved`.
   *
   * @returns Whether the key was admitted before.
   * @throws TypeError: the key is invalid.
   * @throws Error: `curve.allow` is not an array, or the authenticator is closed.
   *
   * @example
   * ```ts
   * import { context, curveKeyPair } from "zmq-native";
   *
   * const { publicKey } = curveKeyPair();
   * const auth = await context.authenticate({
   *   curve: { allow: [publicKey] },
   *   domain: "removals",
   *   disconnectRemoved: true, // peers with the key are disconnected at once
   * });
   * console.log(auth.removeKey(publicKey), auth.removeKey(publicKey)); // true false
   * await auth.close();
   * ```
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
   * @throws TypeError: the name or password is not a string of 1 to 255 bytes without NUL.
   * @throws Error: `plain.users` is not an object, or the authenticator is closed.
   *
   * @example
   * ```ts
   * import { context } from "zmq-native";
   *
   * const auth = await context.authenticate({ plain: { users: {} }, domain: "users" });
   * auth.setUser("ada", "secret");
   * console.log(auth.removeUser("ada")); // true
   * await auth.close();
   * ```
   */
  setUser(username: string, password: string): void {
    const changed = this.#users("setUser").set(username, password);
    if (changed) this.#userRemoved(username);
  }

  /**
   * Removes a user. Connected peers stay connected, unless the authenticator has the option `disconnectRemoved`.
   *
   * @returns Whether there was such a user.
   * @throws TypeError: the name is not a string of 1 to 255 bytes without NUL.
   * @throws Error: `plain.users` is not an object, or the authenticator is closed.
   *
   * @example
   * ```ts
   * import { context } from "zmq-native";
   *
   * const auth = await context.authenticate({ plain: { users: { ada: "secret" } }, domain: "staff" });
   * console.log(auth.removeUser("ada"), auth.removeUser("bob")); // true false
   * await auth.close();
   * ```
   */
  removeUser(username: string): boolean {
    const removed = this.#users("removeUser").delete(username);
    if (removed) this.#userRemoved(username);
    return removed;
  }

  /**
   * Disconnects the peers that this authenticator has admitted and for which `matches` returns true, also those of servers
   * in other threads. The call returns before the connections end; the event `disconnect` of the server reports the end.
   *
   * A client of this library connects again by itself, and the authenticator decides again. Messages that the server received before can
   * still be read.
   *
   * @param matches Gets the decision that admitted the peer. If it throws, no peer is disconnected.
   * @returns The number of connections, including those that are ending at this moment.
   *
   * @throws TypeError: `matches` is not a function, or returned another value than true or false.
   * @throws Error: the authenticator is closed.
   *
   * @example
   * ```ts
   * import { context } from "zmq-native";
   *
   * const auth = await context.authenticate({ plain: { users: () => true }, domain: "sessions" });
   * console.log(auth.disconnect(({ username }) => username === "ada")); // 0
   * await auth.close();
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
   * Reads the folder of `curve.allow` again. Call it after changes that the system does not report: on network drives, of
   * the target of a symbolic link, and of a folder above.
   *
   * @throws Error (rejects): `curve.allow` is not the path of a folder, or the authenticator is closed.
   *
   * @example
   * ```ts
   * import { mkdtemp } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { Certificate, context } from "zmq-native";
   *
   * const folder = await mkdtemp(join(tmpdir(), "keys-"));
   * const auth = await context.authenticate({ curve: { allow: folder }, domain: "folder" });
   * await Certificate.generate().save(join(folder, "ada.key"));
   * console.log((await auth.reload()).keys); // 1
   * await auth.close();
   * ```
   */
  async reload(): Promise<Reload> {
    this.#open();
    if (this.#curve instanceof CertificateFolder) return this.#curve.reload();
    throw new Error("reload: curve.allow is not the path of a folder, so there is nothing to read again");
  }

  /**
   * Closes the authenticator. Pending decisions end with status 300. Connected peers stay connected. The context can have
   * another authenticator for the domain, or another ZAP handler, at once.
   *
   * Afterwards, an authenticator without `domain` decides for its servers. If the context only has authenticators of other
   * domains, they reject every peer. If it was the last one, servers with `zapDomain` and `zapEnforceDomain: true` reject
   * every peer. **CURVE servers and servers without a mechanism admit every peer if they lack one of these options**, as
   * libzmq does without a ZAP handler. Closing twice is a no-op. Never throws.
   *
   * @example
   * ```ts
   * import { context } from "zmq-native";
   *
   * const auth = await context.authenticate({ plain: { users: {} }, domain: "closing" });
   * await auth.close();
   * console.log(auth.closed); // true
   * ```
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#end();
    this.#handler?.remove(this.#judge);
  }

  /** Closes the authenticator at the end of an `await using` block, as `close()` does. Never throws. */
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
