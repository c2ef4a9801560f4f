// `zmq graph`: asks several programs for their sockets, and shows how these are connected.

import { finished } from "node:stream/promises";
import type { Snapshot } from "zmq-native/inspector";
import { exitCodes, Failure, interrupted, textOf } from "./exit.js";
import { createFile, fileFailure, written } from "./files.js";
import { toDot, toText } from "./graph-text.js";
import { Inspected } from "./inspected.js";
import { print, printDocument, printJson, report } from "./print.js";
import { type Topology, topologyOf } from "./topology.js";

interface GraphFlags {
  readonly json?: boolean;
  readonly dot?: boolean;
  readonly svg?: string;
  readonly timeout: number;
}

async function ask(address: string, timeout: number): Promise<Snapshot> {
  using program = new Inspected(address, timeout);
  return await program.ask();
}

/** The snapshots of the programs that have answered. The others are reported. */
async function askAll(addresses: readonly string[], timeout: number): Promise<Snapshot[]> {
  const results = await Promise.allSettled(addresses.map((address) => ask(address, timeout)));
  if (interrupted.aborted) throw interrupted.reason;
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  // One message remains for the end.
  if (failures.length === results.length) {
    for (const failure of failures.slice(0, -1)) report(textOf(failure));
    throw failures.at(-1);
  }
  for (const failure of failures) {
    report(textOf(failure));
    process.exitCode = failure instanceof Failure ? failure.exitCode : exitCodes.failed;
  }
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

async function drawing(topology: Topology, path: string): Promise<void> {
  const { toSvg } = await import("./graph-svg.js");
  const svg = toSvg(topology);
  if (path === "-") {
    printDocument(svg);
    return;
  }
  try {
    const file = await createFile(path, "w", 0o666);
    await finished(file.end(svg), written);
  } catch (error) {
    throw fileFailure("write", path, error);
  }
}

/** Prints the topology, or writes its drawing. */
export async function graph(addresses: readonly string[], flags: GraphFlags): Promise<void> {
  const topology = topologyOf(await askAll(addresses, flags.timeout));
  if (flags.svg !== undefined) await drawing(topology, flags.svg);
  else if (flags.json) printJson(topology);
  else print(...(flags.dot ? toDot(topology) : toText(topology)));
}
