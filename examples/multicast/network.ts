// The machines for --loss: Linux network namespaces, as in the tests of this repository.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Lan } from "../../test/multicast/lan.mjs";

// This file runs as a compiled copy in out/examples/multicast.
const file = pathToFileURL(join(__dirname, "../../../test/multicast/lan.mjs")).href;

/** Creates machines that lose packets of the feed. `loss` is from 0 to 1; machine 1, the exchange, loses none. */
export async function openNetwork(machines: number, loss: number, port: number): Promise<Lan> {
  const module = (await import(file)) as typeof import("../../test/multicast/lan.mjs");
  const missing = module.Lan.missing();
  if (missing) throw new Error(`Losses need a network of namespaces (Linux, mostly as root): ${missing}`);
  const network = await module.Lan.open(machines);
  for (let machine = 2; machine <= machines; machine++) network.lose(machine, loss, { port });
  return network;
}
