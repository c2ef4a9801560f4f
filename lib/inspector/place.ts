// Checks the endpoint of an inspector: a file that only the user of this process can open. tcp is not offered, since every
// user of a machine can connect to its loopback interface.

import { once } from "node:events";
import { chmod, stat } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { ZMQ_REP } from "../binding/constants.js";
import type { ZmqError } from "../binding/errors.js";
import { planFor, toEndpoint } from "../endpoint/index.js";
import { refusal } from "../endpoint/refusal.js";

const scheme = "ipc://";

/** Bits of a mode: write access of the group and of others. */
const writableByOthers = 0o022;

/** The path of an endpoint after validation. */
export interface Place {
  readonly endpoint: string;
  readonly path: string;
}

function refuse(endpoint: string, why: string): ZmqError {
  return refusal("EINVAL", why, { endpoint });
}

/**
 * Parses the endpoint.
 *
 * @throws ZmqError `EINVAL`: it is not a path of ipc. Or with the codes of `bind`.
 * @throws TypeError: it is not a string.
 */
export function placeOf(address: unknown): Place {
  const endpoint = toEndpoint(address);
  const path = endpoint.slice(scheme.length);
  // Names that begin with @ have no file, and thus no mode. The file of a wildcard has no known name.
  if (!endpoint.startsWith(scheme) || path.startsWith("@") || path === "*" || path === "") {
    throw refuse(
      endpoint,
      "an inspector listens on a file, such as ipc:///run/app/inspector.sock, since its mode protects it",
    );
  }
  planFor({ endpoint, call: "bind", type: ZMQ_REP, ipv6: false });
  return { endpoint, path };
}

/**
 * Checks that only this user and root can replace files of the folder.
 *
 * @throws ZmqError `EACCES`: others can. Rejects with an error of `node:fs` if the folder does not exist.
 */
export async function checkFolder({ endpoint, path }: Place): Promise<void> {
  const folder = dirname(path);
  const { mode, uid } = await stat(folder);
  const ours = uid === 0 || uid === process.geteuid?.();
  if (ours && (mode & writableByOthers) === 0) return;
  throw refusal(
    "EACCES",
    `other users can write to the folder ${folder}: use a folder of your own, such as $XDG_RUNTIME_DIR, or chmod go-w`,
    { endpoint },
  );
}

/**
 * Checks that nobody listens at the path: a bind would take it away.
 *
 * @throws ZmqError `EADDRINUSE`: somebody does.
 */
export async function checkUnused({ endpoint, path }: Place): Promise<void> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch {
    // There is no file, or one that a process has left behind.
    return;
  } finally {
    socket.destroy();
  }
  throw refusal("EADDRINUSE", "another program or thread listens there: give each its own path", {
    endpoint,
  });
}

/** Gives the file its mode. */
export const protect = ({ path }: Place): Promise<void> => chmod(path, 0o600);
