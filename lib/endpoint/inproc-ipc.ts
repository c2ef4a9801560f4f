// inproc://name, ipc://path, ipc://@name, ipc://*

import { lstatSync } from "node:fs";
import { ZMQ_REP, ZMQ_ROUTER, ZMQ_SERVER } from "../binding/constants.js";
import type { Reading } from "./plan.js";
import { refusal, type Use } from "./refusal.js";

/** The longest endpoint that `lastEndpoint` can report, less the NUL, in bytes. */
const maxEndpointLength = 1023;
/** The longest path: the system's `sun_path`, less the NUL, in bytes. */
const maxPathLength = process.platform === "linux" || process.platform === "win32" ? 107 : 103;

/** The endpoint at which libzmq asks the ZAP handler. It asserts that the socket there can reply. */
const zapEndpoint = "inproc://zeromq.zap.01";
const zapTypes = [ZMQ_REP, ZMQ_ROUTER, ZMQ_SERVER];

export function inproc(_name: string, use: Use): Reading {
  if (use.call === "bind" && use.endpoint === zapEndpoint && !zapTypes.includes(use.type)) {
    throw refusal("EINVAL", "a ZAP handler must be a Reply, a Router or a Server", use);
  }
  const length = Buffer.byteLength(use.endpoint);
  if (length > maxEndpointLength) {
    throw refusal(
      "EINVAL",
      `an inproc endpoint must be at most ${maxEndpointLength} bytes, got ${length}`,
      use,
    );
  }
  return { endpoint: use.endpoint };
}

/** Rejects a bind to a path that is a regular file: libzmq would treat it as a stale socket and delete it. */
function keepsFile(path: string, use: Use): void {
  let kind: ReturnType<typeof lstatSync>;
  try {
    kind = lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // libzmq reports errors of the folder.
    return;
  }
  if (kind?.isFile())
    throw refusal(
      "EADDRINUSE",
      "a file with this name exists that is not a socket: remove it, or use another path",
      use,
    );
}

export function ipc(path: string, use: Use): Reading {
  const { endpoint } = use;
  if (path === "*") {
    if (use.call === "bind") return { endpoint };
    throw refusal("EINVAL", "* is for bind: connect to the `lastEndpoint` of the bound socket", use);
  }
  if (path.startsWith("@")) {
    if (process.platform !== "linux") {
      throw refusal("EINVAL", "abstract names (@…) exist only on Linux: use a path", use);
    }
    if (path === "@") throw refusal("EINVAL", "a name must follow the @", use);
  }
  const length = Buffer.byteLength(path);
  if (length > maxPathLength) {
    const remedy = process.platform === "linux" ? "a shorter one, or ipc://@name" : "a shorter one";
    throw refusal(
      "ENAMETOOLONG",
      `path must be at most ${maxPathLength} bytes, got ${length}: use ${remedy}`,
      use,
    );
  }
  if (use.call === "bind" && !path.startsWith("@")) keepsFile(path, use);
  return { endpoint };
}
