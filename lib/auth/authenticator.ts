// The class Authenticator: validates the options of context.authenticate(), and changes rules at run time.

import { isObject, shown } from "../arguments/checks.js";
import type { Context } from "../context/context.js";
import { AddressRules } from "./addresses.js";
import { Feed } from "./feed.js";
import { CertificateFolder } from "./folder.js";
import { Handler, type Judge } from "./handler.js";
import { anyKey, invalidKeys, KeyList, type Keyring } from "./keyring.js";
import { Passwords } from "./passwords.js";
import { Policy, type Rules } from "./policy.js";
import type {
  AuthenticateOptions,
  AuthenticatorEvents,
  CurveRequest,
  Decide,
  Decision,
  PlainRequest,
  Reload,
} from "./types.js";

const defaultTimeout = 5000;
/** Longer ones have no timer. */
const longestTimeout = 2 ** 31 - 1;
/** libzmq's limit for `zapDomain`. */
const mostDomainBytes = 255;

const known = ["curve", "plain", "addresses", "domain", "timeout"];

/** The options, read once. */
interface Options extends Omit<Rules, "curve"> {
  readonly allow: unknown;
  readonly domain: string | undefined;
}

function section(
  options: object,
  name: string,
  keys: readonly string[],
): Record<string, unknown> | undefined {
  const value: unknown = Reflect.get(options, name);
  if (value === undefined || value === null) return undefined;
  const wanted = `{ ${keys.join(", ")} }`;
  if (!isObject(value)) throw new TypeError(`${name} must be an object ${wanted}, got ${shown(value)}`);
  // A misspelled rule must not count as none.
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw new TypeError(`${name} has no option ${shown(key)}: it takes ${wanted}`);
  }
  return value as Record<string, unknown>;
}

function domainOf(domain: unknown): string | undefined {
  if (domain === undefined || domain === null) return undefined;
  const valid = typeof domain === "string" && !domain.includes("\0");
  if (valid && Buffer.byteLength(domain) <= mostDomainBytes) return domain;
  throw new TypeError(
    `domain must be a string of up to ${mostDomainBytes} bytes without NUL, got ${shown(domain)}`,
  );
}

function timeoutOf(timeout: unknown): number {
  if (timeout === undefined || timeout === null) return defaultTimeout;
  if (typeof timeout === "number" && timeout >= 1 && timeout <= longestTimeout) return Math.ceil(timeout);
  throw new TypeError(
    `timeout must be a number of milliseconds from 1 to ${longestTimeout}, got ${shown(timeout)}`,
  );
}

function read(options: unknown): Options {
  if (!isObject(options)) {
    throw new TypeError(
      `authenticate() takes { curve, plain, addresses, domain, timeout }, got ${shown(options)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`authenticate() has no option ${shown(key)}: it takes ${known.join(", ")}`);
    }
  }
  const curve = section(options, "curve", ["allow"]);
  const plain = section(options, "plain", ["users"]);
  const addresses = section(options, "addresses", ["allow", "deny"]);
  if (curve === undefined && plain === undefined && addresses === undefined) {
    throw new TypeError("authenticate() needs rules: pass at least one of curve, plain and addresses");
  }
  const { domain, timeout } = options as AuthenticateOptions;
  const users = plain?.users;
  return {
    // Read once: the value may come from a getter.
    allow: curve === undefined ? undefined : (curve.allow ?? null),
    plain:
      plain === undefined
        ? undefined
        : typeof users === "function"
          ? (users as Decide<PlainRequest>)
          : new Passwords(users),
    addresses: addresses && new AddressRules(addresses),
    domain: domainOf(domain),
    timeout: timeoutOf(timeout),
  };
}

/** Decides which peers the servers of a context admit. Made by {@link Context.authenticate}. */
export class Authenticator implements AsyncDisposable {
  readonly #domain: string | undefined;
  readonly #plain: Rules["plain"];
  readonly #curve: Rules["curve"];
  readonly #policy: Policy;
  readonly #feed = new Feed();
  readonly #judge: Judge;
  #handler: Handler | undefined;
  #closed = false;

  private constructor(rules: Rules, domain: string | undefined, feed: Feed) {
    this.#domain = domain;
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
    const { allow, domain, ...rules } = read(options);
    const feed = new Feed();
    const curve = await keysOf(allow, feed);
    const authenticator = new Authenticator({ ...rules, curve }, domain, feed);
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

  /** Calls `listener` for each event of a type. Does not keep the process alive. An exception of a listener is uncaught. */
  on<E extends keyof AuthenticatorEvents>(type: E, listener: (event: AuthenticatorEvents[E]) => void): this {
    this.#feed.emitter.on(type, listener);
    return this;
  }

  /** Undoes `on`. */
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
   * No longer admits a public key. Peers that are connected stay connected; new connections are rejected.
   *
   * @returns Whether the key was admitted before.
   * @throws TypeError if the key is invalid. Error if `curve.allow` is not an array, or the authenticator is closed.
   */
  removeKey(key: string | Uint8Array): boolean {
    return this.#keys("removeKey").delete(key);
  }

  /**
   * Adds a user, or changes the password.
   *
   * @throws TypeError if the name or password is not a string of 1 to 255 bytes. Error if `plain.users` is not an object, or
   * the authenticator is closed.
   */
  setUser(username: string, password: string): void {
    this.#users("setUser").set(username, password);
  }

  /**
   * Removes a user. Peers that are connected stay connected; new connections are rejected.
   *
   * @returns Whether there was such a user.
   * @throws As `setUser`.
   */
  removeUser(username: string): boolean {
    return this.#users("removeUser").delete(username);
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

async function keysOf(allow: unknown, feed: Feed): Promise<Keyring | Decide<CurveRequest> | undefined> {
  if (allow === undefined) return undefined;
  if (typeof allow === "function") return allow as Decide<CurveRequest>;
  if (Array.isArray(allow)) return new KeyList(allow);
  if (allow === "any") return anyKey;
  if (typeof allow !== "string" || allow === "") throw invalidKeys(allow);
  return CertificateFolder.open(allow, (reload) => feed.emit("reload", reload));
}
