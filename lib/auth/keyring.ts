// The keys that an authenticator admits: a list that the program changes, or the certificates of a folder.

import { shownUnlessKey } from "../arguments/checks.js";
import type { Admission } from "./types.js";
import { curveKeyText } from "./z85.js";

/** Answers whether it admits a key, and with which metadata. */
export interface Keyring {
  find(publicKey: string): Admission | undefined;
}

const noMetadata: Admission = {};

/** `curve.allow: "any"`. */
export const anyKey: Keyring = { find: () => noMetadata };

/** `curve.allow: [key, …]`. */
export class KeyList implements Keyring {
  readonly #keys = new Set<string>();

  constructor(keys: readonly unknown[]) {
    for (const [index, key] of Array.from(keys).entries()) {
      this.#keys.add(curveKeyText(key, `curve.allow[${index}]`));
    }
  }

  find(publicKey: string): Admission | undefined {
    return this.#keys.has(publicKey) ? noMetadata : undefined;
  }

  add(key: unknown): void {
    this.#keys.add(curveKeyText(key, "key"));
  }

  delete(key: unknown): boolean {
    return this.#keys.delete(curveKeyText(key, "key"));
  }
}

/** Throws for a value of `curve.allow` that is none of the kinds. */
export function invalidKeys(allow: unknown): TypeError {
  return new TypeError(
    `curve.allow must be an array of public keys, the path of a folder of certificates, a function, or "any"; got ${shownUnlessKey(allow)}`,
  );
}
