// The demonstration with losses needs machines of its own: network namespaces, as the tests of this repository have them.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Lan } from "../../test/multicast/lan.mjs";

// From the compiled copy in out/examples/multicast.
const file = pathToFileURL(join(__dirname, "../../../test/multicast/lan.mjs")).href;

/** So many machines, each of which loses a part, from 0 to 1, of the packets of the feed that it is sent. */
export async function openNetwork(machines: number, loss: number, port: number): Promise<Lan> {
  const module = (await import(file)) as typeof import("../../test/multicast/lan.mjs");
  const missing = module.Lan.missing();
  if (missing) throw new Error(`Losses need a network of namespaces (Linux, mostly as root): ${missing}`);
  const network = await module.Lan.open(machines);
  for (let machine = 2; machine <= machines; machine++) network.lose(machine, loss, { port });
  return network;
}
