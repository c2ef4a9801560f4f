// Validates the options of context.authenticate().

import { concealed, isObject, shown } from "../arguments/checks.js";
import { AddressRules } from "./addresses.js";
import { Passwords } from "./passwords.js";
import type { Rules } from "./policy.js";
import type { AuthenticateOptions, Decide, PlainRequest } from "./types.js";

const defaultTimeout = 5000;
/** The longest timer of Node. */
const longestTimeout = 2 ** 31 - 1;
/** libzmq's limit for `zapDomain`. */
const mostDomainBytes = 255;

const known = ["curve", "plain", "addresses", "domain", "timeout", "disconnectRemoved"];

/** The options after validation. Each is read once, since it may come from a getter. */
export interface Options extends Omit<Rules, "curve"> {
  readonly allow: unknown;
  readonly domain: string | undefined;
  readonly disconnectRemoved: boolean;
}

function section(
  options: object,
  name: string,
  keys: readonly string[],
): Record<string, unknown> | undefined {
  const value: unknown = Reflect.get(options, name);
  if (value === undefined || value === null) return undefined;
  const wanted = `{ ${keys.join(", ")} }`;
  if (!isObject(value)) throw new TypeError(`${name} must be an object ${wanted}, got ${concealed(value)}`);
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

function flagOf(flag: unknown): boolean {
  if (flag === undefined || flag === null) return false;
  if (typeof flag === "boolean") return flag;
  throw new TypeError(`disconnectRemoved must be true or false, got ${shown(flag)}`);
}

/** Validates what the caller of `authenticate` passes. `allow` is validated later, since a folder must be read. */
export function read(options: unknown): Options {
  if (!isObject(options)) {
    throw new TypeError(`authenticate() takes { ${known.join(", ")} }, got ${shown(options)}`);
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
  const { domain, timeout, disconnectRemoved } = options as AuthenticateOptions;
  const users = plain?.users;
  return {
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
    disconnectRemoved: flagOf(disconnectRemoved),
  };
}
