// Opens the files that commands read and write, and standard input. Their errors name the file.
//
// Node opens, reads and writes files on a thread pool, and waits for it at the end of the process. A named pipe whose other end is
// closed, or a terminal, would block a thread there: no signal could end the command. So these are opened without blocking.

import { once } from "node:events";
import {
  accessSync,
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  type Stats,
  statSync,
} from "node:fs";
import { Socket } from "node:net";
import { addAbortSignal, type Readable, type Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { isatty, ReadStream, WriteStream } from "node:tty";
import { descriptorRemedies, exitCodes, Failure, interrupted, textOf } from "./exit.js";

type Access = "read" | "write";

/** The remedies for errors of files. Other errors are rare, or their text is enough. */
const remedies: Readonly<Record<string, string | Readonly<Record<Access, string>>>> = {
  EACCES: { read: "give this user the right to read it", write: "give this user the right to write there" },
  EFBIG: "raise the limit of the file size, see ulimit -f",
  ...descriptorRemedies,
  ENOENT: { read: "compare the path", write: "create its folder first" },
  ENOSPC: "free some space, or write to another disk",
  ENOTDIR: "compare the path",
  ENXIO: "this process has no such terminal or device: give another file",
  EPIPE: "its reader has ended",
  EROFS: "write to another disk",
};

/** The failure to read or write a file: names it and the remedy. */
export function fileFailure(
  access: Access,
  name: string,
  error: unknown,
  exitCode: number = exitCodes.failed,
): Failure {
  if (error instanceof Failure) return error;
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  // Node appends the system call and the path. For a named pipe, the text is the system call and the code.
  const text =
    syscall === undefined
      ? textOf(error)
      : textOf(error).replace(/, \w+(?: '.*)?$|^(?:read|write) (?=E[A-Z]+$)/s, "");
  const found = code !== undefined && Object.hasOwn(remedies, code) ? remedies[code] : undefined;
  const remedy = typeof found === "object" ? found[access] : found;
  return new Failure(
    `cannot ${access} ${name}: ${text}${remedy === undefined ? "" : `; ${remedy}`}`,
    exitCode,
  );
}

/** Throws a `Failure` if a file cannot be read. Does not open it: the writer of a named pipe would notice that. */
export function checkFile(path: string): void {
  let isDirectory: boolean;
  try {
    accessSync(path, constants.R_OK);
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    throw fileFailure("read", path, error, exitCodes.usage);
  }
  if (isDirectory) throw new Failure(`cannot read ${path}: it is a folder`, exitCodes.usage);
}

/** Opens a terminal. Undefined for other files. */
function openTerminal(path: string, stats: Stats | undefined, access: number): number | undefined {
  if (process.platform === "win32" || !stats?.isCharacterDevice()) return undefined;
  const fd = openSync(path, access | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (isatty(fd)) return fd;
  closeSync(fd);
  return undefined;
}

function openStream(path: string): Readable {
  const stats = statSync(path);
  if (stats.isFIFO()) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  }
  const terminal = openTerminal(path, stats, constants.O_RDONLY);
  return terminal === undefined ? createReadStream(path) : new ReadStream(terminal);
}

/**
 * Opens a file. Destroying the stream ends the reading, also of a named pipe and a terminal.
 *
 * @throws Failure: the file cannot be opened. A regular file is opened later: then the stream has the error.
 */
export function openFile(path: string): Readable {
  checkFile(path);
  try {
    return openStream(path);
  } catch (error) {
    throw fileFailure("read", path, error);
  }
}

/** Whether `openFile` has opened a named pipe or a terminal. */
export const isPipe = (stream: Readable): boolean => stream instanceof Socket;

/** A text without the byte order mark that editors for Windows put in front of it. */
export const withoutMark = (content: string): string => content.replace(/^\ufeff/, "");

/** Reads a text file, without a byte order mark. Rejects with a `Failure` if that fails, or if the command is interrupted. */
export async function readText(path: string): Promise<string> {
  const stream = openFile(path);
  try {
    return withoutMark(await text(addAbortSignal(interrupted, stream)));
  } catch (error) {
    interrupted.throwIfAborted();
    throw fileFailure("read", path, error, exitCodes.usage);
  }
}

/** The time between two attempts to open a named pipe that nobody reads yet, in milliseconds. */
const nextAttempt = 50;

/** Opens a named pipe for writing. Waits for its reader. Rejects if the command is interrupted. */
async function openPipe(path: string): Promise<Writable> {
  for (;;) {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      return new Socket({ fd, readable: false, writable: true });
    } catch (error) {
      // The pipe has no reader.
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
    }
    await setTimeout(nextAttempt, undefined, { signal: interrupted }).catch(() =>
      interrupted.throwIfAborted(),
    );
  }
}

/** Options of `finished` for a file that `createFile` has opened: a terminal can be read as well, and that side has no end. */
export const written = { readable: false };

async function createStream(path: string, flags: "w" | "wx", mode: number): Promise<Writable> {
  const stats = flags === "w" ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (stats?.isFIFO()) return openPipe(path);
  const terminal = openTerminal(path, stats, constants.O_WRONLY);
  if (terminal !== undefined) return new WriteStream(terminal);
  const file = createWriteStream(path, { flags, mode });
  await once(file, "open");
  return file;
}

/**
 * Opens a file for writing. `w` replaces the content of an existing file, `wx` refuses it.
 *
 * @param mode The mode of a new file.
 * @param exitCode The exit code of the failure.
 * @throws Failure (rejects): the file cannot be opened, or the command is interrupted.
 */
export async function createFile(
  path: string,
  flags: "w" | "wx",
  mode: number,
  exitCode: number = exitCodes.failed,
): Promise<Writable> {
  try {
    return await createStream(path, flags, mode);
  } catch (error) {
    if (flags === "wx" && (error as NodeJS.ErrnoException).code === "EEXIST") {
      throw new Failure(`${path} exists; --force replaces it`, exitCodes.usage);
    }
    throw fileFailure("write", path, error, exitCode);
  }
}

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
