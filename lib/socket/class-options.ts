// The options of socket classes: as properties, and as the argument of a constructor.

import type { Context } from "../context/context.js";
import { coreOf } from "../core/registry.js";
import { defineOptions, type Option } from "../options/kinds.js";
import { receiveOptions, sendOptions } from "../options/table.js";
import { defineReceiveQueue, defineSendQueue } from "./queues.js";
import type { Socket } from "./socket.js";

type Properties<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type WritableKeys<T> = {
  [K in keyof T]-?: T[K] extends (...parameters: never[]) => unknown
    ? never
    : Properties<{ [Q in K]: T[K] }, { -readonly [Q in K]: T[K] }> extends true
      ? K
      : never;
}[keyof T];

/**
 * The options that the constructor of a socket class accepts: all writable properties of the class, and `context`. Each
 * can also be set later as a property of the socket.
 *
 * Setting an option throws a `TypeError` if the value has the wrong type, `EINVAL` if libzmq rejects it, and `ENOTSOCK` if
 * the socket is closed. The error's `detail` names the option and its valid values. Most options take effect at the next
 * `bind` or `connect`; setting one later emits a process warning.
 */
export type SocketOptions<S extends Socket> = Partial<Pick<S, WritableKeys<S>>> & {
  /** The context that the socket belongs to. Default: {@link context}, which all threads share. */
  context?: Context | undefined;
};

type Table = Record<string, Option<unknown>>;

type SocketClass = { readonly prototype: Socket };

/** @internal Defines the options of socket classes, in addition to those of every socket. */
export function defineSocketOptions(classes: [SocketClass, ...Table[]][]): void {
  for (const [{ prototype }, ...tables] of classes) {
    for (const table of tables) defineOptions(prototype, table, coreOf);
    if (tables.includes(sendOptions)) defineSendQueue(prototype);
    if (tables.includes(receiveOptions)) defineReceiveQueue(prototype);
  }
}
