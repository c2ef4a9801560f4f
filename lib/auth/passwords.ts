// Passwords by user name. Comparing takes the same time whether or not the user exists, and whatever the password.

import { createHash, timingSafeEqual } from "node:crypto";
import { types } from "node:util";
import { concealed, isObject, shown } from "../arguments/checks.js";

/** libzmq's limit for user names and passwords. */
const mostBytes = 255;

const digest = (password: string | Uint8Array): Buffer => createHash("sha256").update(password).digest();
const nobody = digest("");

/** A row of a table, passed instead of its name, has a password. */
const shownName = (name: unknown): string => (typeof name === "string" ? shown(name) : concealed(name));

function expectText(value: unknown, what: string, shownValue: string): asserts value is string {
  if (
    typeof value === "string" &&
    value !== "" &&
    !value.includes("\0") &&
    Buffer.byteLength(value) <= mostBytes
  )
    return;
  throw new TypeError(`${what} must be a string of 1 to ${mostBytes} bytes without NUL, got ${shownValue}`);
}

export class Passwords {
  readonly #digests = new Map<string, Buffer>();

  constructor(users: unknown) {
    // A Map has no entries here, and would reject every user.
    if (!isObject(users) || Array.isArray(users) || types.isMap(users)) {
      throw new TypeError(
        'plain.users must be an object such as { ada: "secret" }, or a function; for a Map pass Object.fromEntries(map)',
      );
    }
    for (const [name, password] of Object.entries(users)) this.set(name, password);
  }

  /** Returns whether the user had another password before. */
  set(name: unknown, password: unknown): boolean {
    expectText(name, "a user name", shownName(name));
    expectText(password, `the password of ${shown(name)}`, "another value, which is not shown");
    const [before, now] = [this.#digests.get(name), digest(password)];
    this.#digests.set(name, now);
    return before !== undefined && !before.equals(now);
  }

  delete(name: unknown): boolean {
    expectText(name, "a user name", shownName(name));
    return this.#digests.delete(name);
  }

  objection(name: string, password: Uint8Array): "userUnknown" | "passwordWrong" | undefined {
    const expected = this.#digests.get(name);
    const equal = timingSafeEqual(digest(password), expected ?? nobody);
    if (expected === undefined) return "userUnknown";
    return equal ? undefined : "passwordWrong";
  }
}
