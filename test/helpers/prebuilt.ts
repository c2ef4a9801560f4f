// The built addon as a prebuilt binary of a package.

import { cpSync } from "node:fs";
import { join } from "node:path";

/** The name of this platform's binary. Linux has one for each C library. */
export const prebuiltName = process.platform === "linux" ? "zmq-native.glibc.node" : "zmq-native.node";

/** Copies the built addon to where a package has its binary for this machine. */
export function putPrebuild(packageFolder: string): void {
  const prebuilds = join(packageFolder, "prebuilds", `${process.platform}-${process.arch}`);
  cpSync(join(__dirname, "../../build/Release/zmq_native.node"), join(prebuilds, prebuiltName));
}
