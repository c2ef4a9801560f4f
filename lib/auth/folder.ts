// A folder of certificates, whose keys are admitted. It is read again when it changes, and when the path leads to another
// folder, as after `ln -sfn` or a rename.

import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate } from "../runtime/timers.js";
import { Certificate } from "./certificate.js";
import { readCertificate } from "./certificate-file.js";
import type { Keyring } from "./keyring.js";
import { isPropertyName } from "./request.js";
import type { Admission, Reload } from "./types.js";

/** Files that are read at a time: each needs a file descriptor. */
const filesAtOnce = 32;

interface Content {
  readonly keys: Map<string, Admission>;
  readonly errors: Error[];
}

/** Properties of a certificate whose names ZMTP allows. */
function admissionOf(metadata: Readonly<Record<string, string>>): Admission {
  return {
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => isPropertyName(name))),
  };
}

const readOne = (file: string): Promise<Certificate> =>
  readCertificate(file, (stored) => new Certificate(stored));

/** Reads all certificates of a folder. Fails only if the folder cannot be read. */
async function readFolder(folder: string): Promise<Content> {
  const content: Content = { keys: new Map(), errors: [] };
  // Secret files and backups (`ada.key_secret`, `ada.key.old`) have other names, so a renamed file is no longer admitted.
  const names = (await readdir(folder)).filter((name) => name.endsWith(".key") && !name.startsWith("."));
  const files = names.sort().map((name) => join(folder, name));
  for (let at = 0; at < files.length; at += filesAtOnce) {
    for (const result of await Promise.allSettled(files.slice(at, at + filesAtOnce).map(readOne))) {
      if (result.status === "fulfilled") {
        const { publicKey, metadata } = result.value;
        content.keys.set(publicKey, admissionOf(metadata));
        // Otherwise the file was deleted since the folder was read.
      } else if (result.reason.code !== "ENOENT") content.errors.push(result.reason);
    }
  }
  return content;
}

const messagesOf = (errors: readonly Error[]): string => errors.map(({ message }) => message).join("\n");

/** The error for a folder whose changes go unnoticed, for example because the system's limit of watches is reached. */
function unwatched(cause: NodeJS.ErrnoException): Error {
  const message = `the folder of certificates is not watched (${cause.message}): call reload() after each change`;
  return Object.assign(new Error(message, { cause }), { code: cause.code });
}

export class CertificateFolder implements Keyring {
  readonly #folder: string;
  readonly #changed: (reload: Reload) => void;
  #content: Content = { keys: new Map(), errors: [] };
  #watchers: FSWatcher[] = [];
  /** The error if the system cannot watch the folder. */
  #unwatched: Error | undefined;
  #reading: Promise<Reload> | undefined;
  /** The first read has not ended. A second one beside it could end first, and its result would be replaced. */
  #opening = true;
  /** Something has changed since the current read began. */
  #stale = false;
  #closed = false;

  private constructor(folder: string, changed: (reload: Reload) => void) {
    this.#folder = resolve(folder);
    this.#changed = changed;
  }

  /** Reads and watches a folder. Fails if it cannot be read. */
  static async open(folder: string, changed: (reload: Reload) => void): Promise<CertificateFolder> {
    const opened = new CertificateFolder(folder, changed);
    // Before it is read, so that no change is missed.
    opened.#watch();
    try {
      const content = await opened.#contentNow();
      opened.#content = content;
      const { keys, errors } = content;
      // Later, when the program has the authenticator and listens.
      if (errors.length > 0) {
        setImmediate(() => changed({ keys: keys.size, added: [...keys.keys()], removed: [], errors }));
      }
    } catch (error) {
      opened.close();
      throw error;
    }
    opened.#opening = false;
    if (opened.#stale) opened.#readSoon();
    return opened;
  }

  find(publicKey: string): Admission | undefined {
    return this.#content.keys.get(publicKey);
  }

  /** Reads the folder again, at least once from now on. */
  async reload(): Promise<Reload> {
    // A read that has begun may have passed the file that was changed.
    await this.#reading;
    // A parent folder may have been replaced, which no watcher notices.
    this.#watch();
    return this.#read();
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #read(): Promise<Reload> {
    if (this.#reading !== undefined) return this.#reading;
    this.#stale = false;
    const reading = this.#contentNow()
      // Nobody is admitted by a folder that is not there.
      .catch((error: Error): Content => ({ keys: new Map(), errors: [error] }))
      .then((content) => {
        this.#reading = undefined;
        const reload = this.#accept(content);
        if (this.#stale) this.#readSoon();
        return reload;
      });
    this.#reading = reading;
    return reading;
  }

  async #contentNow(): Promise<Content> {
    const { keys, errors } = await readFolder(this.#folder);
    return { keys, errors: this.#unwatched === undefined ? errors : [...errors, this.#unwatched] };
  }

  #accept(content: Content): Reload {
    const before = this.#content;
    const added = [...content.keys.keys()].filter((key) => !before.keys.has(key));
    const removed = [...before.keys.keys()].filter((key) => !content.keys.has(key));
    const reload = { keys: content.keys.size, added, removed, errors: content.errors };
    if (this.#closed) return reload;
    this.#content = content;
    const differs = messagesOf(content.errors) !== messagesOf(before.errors);
    if (added.length + removed.length > 0 || differs) this.#changed(reload);
    return reload;
  }

  #readSoon(): void {
    this.#stale = true;
    if (!this.#closed && !this.#opening && this.#reading === undefined) this.#read();
  }

  #watch(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
    if (this.#closed) return;
    const name = basename(this.#folder);
    const failure = this.#observe(this.#folder, () => this.#readSoon());
    // If the folder does not exist, reading it reports that.
    this.#unwatched = failure === undefined || failure.code === "ENOENT" ? undefined : unwatched(failure);
    // Tells that the folder was deleted, renamed, made again, or that its symbolic link leads elsewhere.
    this.#observe(dirname(this.#folder), (file) => {
      if (file !== name && file !== null) return;
      this.#watch();
      this.#readSoon();
    });
  }

  #observe(path: string, changed: (file: string | null) => void): NodeJS.ErrnoException | undefined {
    let watcher: FSWatcher;
    try {
      watcher = watch(path, { persistent: false }, (_, file) => changed(file));
    } catch (error) {
      return error as NodeJS.ErrnoException;
    }
    watcher.on("error", () => {
      watcher.close();
      this.#readSoon();
    });
    this.#watchers.push(watcher);
    return undefined;
  }
}
