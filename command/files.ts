// Opens the files that commands read, and standard input. Their errors name the file.

import { accessSync, constants, createReadStream, fstatSync, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { exitCodes, Failure } from "./exit.js";

/** Throws a `Failure` if a file cannot be read. Does not open it: the writer of a named pipe would notice that. */
export function checkFile(path: string): void {
  let reason = "it is a folder";
  try {
    accessSync(path, constants.R_OK);
    if (!statSync(path).isDirectory()) return;
  } catch (error) {
    reason = (error as Error).message;
  }
  throw new Failure(`cannot read ${path}: ${reason}`, exitCodes.usage);
}

/**
 * Opens a file. Destroying the stream ends the reading, also of a named pipe: the thread pool of Node would wait for its writer in a
 * call that nothing can end.
 */
export function openFile(path: string): Readable {
  checkFile(path);
  if (!statSync(path).isFIFO()) return createReadStream(path);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

/** Whether `openFile` has opened a named pipe. */
export const isPipe = (stream: Readable): boolean => stream instanceof Socket;

function isFolder(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory();
  } catch {
    // It is closed.
    return false;
  }
}

/** Throws a `Failure` if standard input is a folder, which Node would read as empty. */
export function checkStandardInput(remedy: string): void {
  if (isFolder(0)) throw new Failure(`standard input is a folder; ${remedy}`, exitCodes.usage);
}
