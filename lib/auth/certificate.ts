// Certificates: a CURVE key pair with metadata. Their files are read and written by certificate-file.ts, which is loaded
// on demand.

import { inspect } from "node:util";
import { isObject, shown, shownUnlessKey } from "../arguments/checks.js";
import { curveKeyPair, curvePublicKey } from "./keys.js";
import { onDemand } from "./on-demand.js";
import { curveKeyBytes, curveKeyText, z85 } from "./z85.js";

/** The parameters of `new Certificate`. */
export interface CertificateFields {
  /** 40 characters of Z85, or 32 bytes. Default: computed from `secretKey`. */
  publicKey?: string | Uint8Array | undefined;
  /** 40 characters of Z85, or 32 bytes. Without it, the certificate is a public one. */
  secretKey?: string | Uint8Array | undefined;
  /** Text by name, such as `{ name: "ada", email: "ada@example.com" }`. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/** Names that ZPL allows (RFC 4 of ZeroMQ). */
const metadataName = /^[\w$\-@.&+/]+$/;

function metadataOf(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return Object.freeze({});
  if (!isObject(value)) throw new TypeError(`metadata must be an object, got ${shown(value)}`);
  const entries = Object.entries(value as Record<string, unknown>);
  for (const [name, text] of entries) {
    if (!metadataName.test(name)) {
      throw new TypeError(
        `metadata: the name ${shown(name)} must consist of letters, digits and the characters $-_@.&+/`,
      );
    }
    if (typeof text !== "string")
      throw new TypeError(`metadata: ${name} must be a string, got ${shown(text)}`);
    if (/[\r\n\0]/.test(text) || (text.includes('"') && text.includes("'"))) {
      throw new TypeError(
        `metadata: ${name} must be one line without NUL, with at most one kind of quotation mark, got ${shown(text)}`,
      );
    }
  }
  return Object.freeze(Object.fromEntries(entries) as Record<string, string>);
}

/**
 * A CURVE key pair with metadata, which can be stored in files that czmq (`zcert`) and pyzmq (`zmq.auth`) read and write.
 *
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { Certificate } from "zmq-native";
 *
 * const file = join(await mkdtemp(join(tmpdir(), "keys-")), "ada.key");
 * const certificate = Certificate.generate({ name: "ada" });
 * await certificate.save(file); // and ada.key_secret, with mode 0600
 * const loaded = await Certificate.load(file);
 * console.log(loaded.secretKey === certificate.secretKey, loaded.metadata); // true { name: 'ada' }
 * ```
 */
export class Certificate {
  /** The public key, 40 characters of Z85. */
  readonly publicKey: string;
  /** Text by name. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #secretKey: string | undefined;

  /**
   * Creates a certificate from keys.
   *
   * @throws TypeError: there is no key, a key is invalid, `publicKey` does not belong to `secretKey`, or `metadata` is not
   * an object of one-line strings.
   */
  constructor(fields: CertificateFields) {
    if (!isObject(fields)) {
      throw new TypeError(
        `new Certificate takes { publicKey, secretKey, metadata }, got ${shownUnlessKey(fields)}`,
      );
    }
    const { publicKey, secretKey, metadata } = fields;
    this.metadata = metadataOf(metadata);
    if (secretKey === undefined || secretKey === null) {
      this.publicKey = curveKeyText(publicKey, "publicKey");
      return;
    }
    const secret = z85.encode(curveKeyBytes(secretKey, "secretKey", { secret: true }));
    this.publicKey = curvePublicKey(secret);
    this.#secretKey = secret;
    if (publicKey !== undefined && publicKey !== null) {
      // The error shows neither of the given keys: they may be swapped.
      if (curveKeyText(publicKey, "publicKey") !== this.publicKey) {
        throw new TypeError(
          `publicKey does not belong to secretKey, whose public key is ${this.publicKey}: pass the keys of one pair, or secretKey only`,
        );
      }
    }
  }

  /**
   * Generates a certificate with a new key pair.
   *
   * @throws ZmqError `ENOTSUP`: libzmq was built without CURVE.
   * @throws TypeError: `metadata` is not an object of one-line strings.
   *
   * @example
   * ```ts
   * import { Certificate } from "zmq-native";
   *
   * const { publicKey, metadata } = Certificate.generate({ name: "ada" });
   * console.log(publicKey.length, metadata.name); // 40 ada
   * ```
   */
  static generate(metadata?: Readonly<Record<string, string>>): Certificate {
    return new Certificate({ ...curveKeyPair(), metadata });
  }

  /**
   * Reads a certificate from a file. `NAME.key` is the public file. If `NAME.key_secret` exists and can be read, the keys
   * and the metadata come from that file, as with czmq's `zcert_load`.
   *
   * @throws Error (rejects) of `node:fs`: the file cannot be read.
   * @throws TypeError (rejects): the file is not a certificate.
   *
   * @example
   * ```ts
   * import { Certificate } from "zmq-native";
   *
   * await Certificate.load("absent.key").catch(({ code }) => console.log(code)); // ENOENT
   * ```
   */
  static async load(path: string | URL): Promise<Certificate> {
    const { loadCertificate } = await onDemand(() => import("./certificate-file.js"));
    return loadCertificate(path, (stored) => new Certificate(stored));
  }

  /** The secret key, 40 characters of Z85; undefined in a public certificate. `console.log` and JSON do not show it. */
  get secretKey(): string | undefined {
    return this.#secretKey;
  }

  /**
   * Writes the public file at `path`, by convention `NAME.key`. If the certificate has a secret key, also writes
   * `NAME.key_secret` with mode 0600. Windows ignores the mode. Each file is replaced atomically: readers see the old or
   * the new content.
   *
   * @throws Error (rejects) of `node:fs`: a file cannot be written.
   * @throws TypeError (rejects): `path` is not a path, or ends with `_secret`.
   *
   * @example
   * ```ts
   * import { mkdtemp, readdir } from "node:fs/promises";
   * import { tmpdir } from "node:os";
   * import { join } from "node:path";
   * import { Certificate } from "zmq-native";
   *
   * const folder = await mkdtemp(join(tmpdir(), "keys-"));
   * await Certificate.generate().save(join(folder, "ada.key"));
   * console.log(await readdir(folder)); // [ 'ada.key', 'ada.key_secret' ]
   * ```
   */
  async save(path: string | URL): Promise<void> {
    const { saveCertificate } = await onDemand(() => import("./certificate-file.js"));
    const { publicKey, secretKey, metadata } = this;
    await saveCertificate({ publicKey, secretKey, metadata }, path);
  }

  /** @internal */
  [inspect.custom](): object {
    const { publicKey, metadata } = this;
    const secretKey = this.#secretKey === undefined ? {} : { secretKey: "(hidden)" };
    return { publicKey, ...secretKey, metadata };
  }
}
