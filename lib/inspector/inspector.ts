// The public interface: listens for tools, and takes snapshots.

import { expectOptions, shown } from "../arguments/checks.js";
import { placeOf } from "./place.js";
import { Service } from "./service.js";
import { defaultName, snapshot } from "./snapshot.js";
import type { Snapshot } from "./types.js";

/** Options of {@link Inspector.listen} and {@link Inspector.snapshot}. */
export interface InspectorOptions {
  /**
   * The name of the program, which tools show. Default: the name of its file.
   *
   * @throws TypeError: the value is not a string of 1 to 100 characters.
   */
  name?: string | undefined;
}

/**
 * An endpoint at which tools can ask for snapshots. {@link Inspector.listen} creates it.
 *
 * @example
 * ```ts
 * import { inspector } from "zmq-native/inspector";
 *
 * await using service = await inspector.listen("ipc://inspected.sock");
 * console.log(service.endpoint); // ipc://inspected.sock
 * ```
 */
export interface InspectorService extends AsyncDisposable {
  /** The endpoint that was given to `listen`. */
  readonly endpoint: string;
  /**
   * Stops to listen. The promise resolves when the file is removed. Closing twice is a no-op. Never throws.
   *
   * @example
   * ```ts
   * import { inspector } from "zmq-native/inspector";
   *
   * const service = await inspector.listen("ipc://inspected-for-a-while.sock");
   * await service.close();
   * ```
   */
  close(): Promise<void>;
}

/**
 * Shows the sockets of this thread to tools: see {@link inspector}.
 *
 * @example
 * ```ts
 * import { Pull } from "zmq-native";
 * import { type Inspector, inspector } from "zmq-native/inspector";
 *
 * function isOpen(inspector: Inspector, type: string) {
 *   return inspector.snapshot().sockets.some((socket) => socket.type === type);
 * }
 * const pull = new Pull();
 * console.log(isOpen(inspector, "PULL")); // true
 * pull.close();
 * ```
 */
export interface Inspector {
  /**
   * Listens for tools such as `zmq top` and `zmq graph`. They see the state of the sockets, but not the contents of messages, and
   * cannot change anything. docs/observability.md has the format of requests and replies.
   *
   * Only the user of this process and root can connect: the file gets the mode 600, and the kernel tells who connects. So the
   * endpoint is a path of ipc. Others must not be able to write to its folder. A process that runs no longer leaves the file
   * behind; the next `listen` replaces it. Windows is not supported.
   *
   * The service covers the sockets of this thread, also those that exist already. It has a context of its own, and does not keep
   * the process alive. It costs nothing while no tool asks.
   *
   * @param address The endpoint, such as `"ipc:///run/app/inspector.sock"`.
   *
   * @throws ZmqError `EINVAL` (rejects): the address is not a path of ipc.
   * @throws ZmqError `EACCES` (rejects): others can write to the folder, or this process cannot.
   * @throws ZmqError `EADDRINUSE` (rejects): another program or thread listens there, or a file that is not a socket has this name.
   * @throws ZmqError `ENAMETOOLONG` (rejects): the path is too long for the system.
   * @throws ZmqError `EMFILE` (rejects): the process has no file descriptors left.
   * @throws ZmqError `ENOTSUP` (rejects): the platform does not tell which user has connected.
   * @throws Error of `node:fs`, such as `ENOENT` (rejects): the folder does not exist.
   * @throws TypeError (rejects): the address is not a string, or an option is invalid.
   *
   * @example
   * ```ts
   * import { Pull } from "zmq-native";
   * import { inspector } from "zmq-native/inspector";
   *
   * await inspector.listen("ipc://worker.sock", { name: "worker" });
   * const pull = new Pull();
   * await pull.bind("tcp://127.0.0.1:*");
   * // In a shell: zmq top ipc://worker.sock
   * ```
   */
  listen(address: string, options?: InspectorOptions): Promise<InspectorService>;

  /**
   * Returns the state of all sockets of this thread, for an interface of your own. It contains addresses and user ids of peers.
   *
   * @throws TypeError: an option is invalid.
   *
   * @example
   * ```ts
   * import { Pull } from "zmq-native";
   * import { inspector } from "zmq-native/inspector";
   *
   * const pull = new Pull();
   * await pull.bind("inproc://snapshot");
   * for (const { type, endpoints } of inspector.snapshot().sockets) {
   *   if (endpoints[0]?.endpoint === "inproc://snapshot") console.log(type); // PULL
   * }
   * pull.close();
   * ```
   */
  snapshot(options?: InspectorOptions): Snapshot;
}

const mostCharacters = 100;

function nameOf(options: unknown): string {
  if (options === undefined) return defaultName();
  expectOptions(options);
  const { name } = options as { name?: unknown };
  if (name === undefined) return defaultName();
  if (typeof name === "string" && name.length > 0 && name.length <= mostCharacters) return name;
  throw new TypeError(`name must be a string of 1 to ${mostCharacters} characters, got ${shown(name)}`);
}

async function listen(address: string, options?: InspectorOptions): Promise<InspectorService> {
  const name = nameOf(options);
  const service = await Service.listen(placeOf(address), name);
  return Object.freeze({
    endpoint: service.endpoint,
    close: () => service.close(),
    [Symbol.asyncDispose]: () => service.close(),
  });
}

/**
 * Shows the sockets of this thread to tools: `zmq top` prints them with their peers, rates and queues, `zmq graph` draws how
 * programs are connected.
 *
 * @example
 * ```ts
 * import { inspector } from "zmq-native/inspector";
 *
 * const service = await inspector.listen("ipc://program.sock");
 * console.log(service.endpoint); // ipc://program.sock
 * await service.close();
 * ```
 */
export const inspector: Inspector = Object.freeze({
  listen,
  snapshot: (options?: InspectorOptions) => snapshot(nameOf(options)),
});
