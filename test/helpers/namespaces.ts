// A place for programs that may talk to nobody else: a network of its own, and a name server that the test may play.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";
import { afterAll } from "vitest";

let folder: string | undefined;
afterAll(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/**
 * A command that runs another one with the loopback interface only; names are asked for at 127.0.0.1, port 53, and a
 * question that is not answered fails after five seconds. Needs no root where users may have namespaces.
 */
export function withinNamespaces(): string[] {
  folder ??= mkdtempSync(join(tmpdir(), "zmq-native-"));
  const place = folder;
  writeFileSync(join(place, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:5 attempts:1\n");
  writeFileSync(join(place, "hosts"), "127.0.0.1 localhost\n");
  const mounts = ["resolv.conf", "hosts"].map((file) => `mount --bind ${join(place, file)} /etc/${file}`);
  return ["unshare", "-rnm", "sh", "-c", `${mounts.join(" && ")} && ip link set lo up && exec "$@"`, "sh"];
}

/** Why that cannot be done here; undefined when it can. */
export function namespacesMissing(): string | undefined {
  const [command, ...parameters] = withinNamespaces() as [string, ...string[]];
  const { failed, exitCode, stderr } = execaSync(command, [...parameters, "true"], { reject: false });
  if (exitCode === undefined) return "unshare is not installed";
  return failed ? `no namespaces for this user: ${stderr}` : undefined;
}
