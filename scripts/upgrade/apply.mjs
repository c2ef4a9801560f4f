// Applies one patch with GNU patch and reports what became of each hunk.

import { readFileSync } from "node:fs";
import { execaSync } from "execa";
import { fail } from "../terminal.mjs";

/**
 * Runs patch in `folder`. Hunks that fail are left out without a question. Returns, per file of the patch, the hunks
 * with an offset, with fuzz and failed, each by its number with the line.
 */
function runPatch(folder, path, ...flags) {
  const { exitCode, failed, stdout, stderr } = execaSync(
    "patch",
    ["-p1", "--force", "--no-backup-if-mismatch", "--reject-file=-", ...flags, "-i", path],
    { cwd: folder, env: { LC_ALL: "C" }, stripFinalNewline: false, reject: false },
  );
  if (exitCode === undefined) fail("patch is needed and could not be run: install it (GNU patch).");
  const hunks = [];
  let file;
  for (const line of `${stdout}\n${stderr}`.split("\n")) {
    file = /^(?:patching|checking) file '?(?<name>[^']+?)'?$/.exec(line)?.groups.name ?? file;
    const hunk = /^Hunk #(?<number>\d+) (?<state>FAILED|succeeded) at (?<at>\d+)(?<how>.*?)\.?$/.exec(
      line,
    )?.groups;
    if (hunk) hunks.push({ ...hunk, file, number: Number(hunk.number) });
    // The file is missing: all its hunks are ignored.
    const missing = /^\|\+\+\+ b\/(?<name>\S+)/.exec(line)?.groups.name;
    if (missing) hunks.push({ state: "FAILED", file: missing, number: 0, at: "the whole file is missing" });
  }
  return { clean: !failed, hunks, failed: hunks.filter(({ state }) => state === "FAILED") };
}

/** Returns how many hunks a patch has. */
const hunkCount = (path) => readFileSync(path, "utf8").match(/^@@ /gm)?.length ?? 0;

const where = ({ file, number, at }) => (number === 0 ? `${file}: ${at}` : `${file}:${at} (hunk ${number})`);

/**
 * Applies a patch to `folder`, each hunk that fits. Returns its state, `applied`, `offset`, `fuzz`, `upstream` (the
 * folder already has the change; nothing is applied), `partly` or `rejected`, and the hunks that failed with their places.
 */
export function applyPatch(folder, path) {
  const reverse = runPatch(folder, path, "--dry-run", "--reverse", "--fuzz=0");
  if (reverse.clean) return { state: "upstream", notes: [] };
  const { clean, hunks, failed } = runPatch(folder, path);
  if (clean) {
    if (hunks.some(({ how }) => how.includes("fuzz"))) {
      const fuzzy = hunks.filter(({ how }) => how.includes("fuzz"));
      return { state: "fuzz", notes: fuzzy.map((hunk) => `${where(hunk)}${hunk.how}`) };
    }
    return { state: hunks.length > 0 ? "offset" : "applied", notes: [] };
  }
  const stillMissing = (hunk) =>
    reverse.failed.some(({ file, number }) => file === hunk.file && (number === hunk.number || number === 0));
  const notes = failed.map(
    (hunk) => `${where(hunk)}${stillMissing(hunk) ? "" : ": this hunk is already upstream"}`,
  );
  return { state: failed.length < hunkCount(path) ? "partly" : "rejected", notes };
}
