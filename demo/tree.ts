// The directory tree: which files there are to send. Names only, no content.

import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { whyUnreadable } from "./file.js";

/** A file that is not sent, or a folder with all that is in it, and why. */
export interface Omission {
  path: string;
  reason: string;
}

export interface Tree {
  /** Paths relative to the root, folders separated by "/", in the order of the walk. */
  files: string[];
  /** Symbolic links and special files: they have no content of their own. */
  ignored: Omission[];
  /** Folders. */
  unreadable: Omission[];
}

/** Lists the regular files below a directory, in the order of their names. */
export async function listFiles(root: string, signal: AbortSignal): Promise<Tree> {
  const tree: Tree = { files: [], ignored: [], unreadable: [] };
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    let entries: Dirent[];
    try {
      entries = await readdir(join(root, folder), { withFileTypes: true });
    } catch (error) {
      tree.unreadable.push({ path: folder || ".", reason: whyUnreadable(error) });
      continue;
    }
    const inner: string[] = [];
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) inner.push(path);
      else if (entry.isFile()) tree.files.push(path);
      else tree.ignored.push({ path, reason: entry.isSymbolicLink() ? "symbolic link" : "special file" });
    }
    folders.push(...inner.reverse());
  }
  return tree;
}
