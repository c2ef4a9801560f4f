// The report: a table of what each worker did, the totals, what was left out, and whether every digest agrees.

import Table from "cli-table3";
import type { Outcome } from "./pipeline.js";
import type { Result } from "./protocol.js";
import { counted, listed, megabytesPerSecond, printable } from "./text.js";
import type { Omission, Tree } from "./tree.js";
import type { Verification } from "./verify.js";

const mostDifferences = 8;

/** 1 when any result is not confirmed. */
export function exitCodeOf({ differences }: Verification): number {
  return differences.length === 0 ? 0 : 1;
}

/** Renders the report at the end of a run. */
export function render(tree: Tree, outcome: Outcome, verification: Verification): string {
  const unreadable = [...tree.unreadable, ...outcome.unreadable];
  return [
    table(outcome),
    total(outcome),
    ...omissions("Ignored", tree.ignored),
    ...omissions("WARNING: could not be read and was left out", unreadable),
    ...verdict(verification),
  ].join("\n");
}

function sum(results: readonly Result[]): { files: number; bytes: number; gzipBytes: number } {
  const tally = { files: results.length, bytes: 0, gzipBytes: 0 };
  for (const { bytes, gzipBytes } of results) {
    tally.bytes += bytes;
    tally.gzipBytes += gzipBytes;
  }
  return tally;
}

function table({ results, workers, deaths, seconds }: Outcome): string {
  const all = sum(results);
  const rendered = new Table({
    head: ["worker", "files", "bytes", "gzip", "MB/s", "share of bytes"],
    colAligns: ["left", "right", "right", "right", "right", "right"],
    // No colors: the table is the same in a terminal and in a file.
    style: { head: [], border: [], compact: true },
  });
  const row = (name: string, own: readonly Result[]) => {
    const { files, bytes, gzipBytes } = sum(own);
    const share = all.bytes > 0 ? `${((bytes / all.bytes) * 100).toFixed(1)} %` : "-";
    rendered.push([
      name,
      ...[files, bytes, gzipBytes].map((amount) => amount.toLocaleString("en-US")),
      megabytesPerSecond(bytes, seconds),
      share,
    ]);
  };
  for (const name of workers) {
    const death = deaths.get(name);
    row(
      death ? `${name} (${death})` : name,
      results.filter(({ worker }) => worker === name),
    );
  }
  row("all", results);
  return rendered.toString();
}

function total({ results, seconds }: Outcome): string {
  const { files, bytes } = sum(results);
  const rate = megabytesPerSecond(bytes, seconds);
  return `${counted(files, "file")}, ${counted(bytes, "byte")} in ${seconds.toFixed(2)} s: ${rate} MB/s.`;
}

function omissions(title: string, found: readonly Omission[]): string[] {
  if (found.length === 0) return [];
  return [`${title}: ${listed(found.map(({ path, reason }) => `${path} (${reason})`))}.`];
}

function verdict({ checked, differences }: Verification): string[] {
  if (differences.length === 0) {
    return [`Digests checked against the files themselves: ${checked}, all agree.`];
  }
  const lines = differences
    .slice(0, mostDifferences)
    .map(
      ({ path, reported, found }) => `  ${printable(path)}\n    worker: ${reported}\n    file:   ${found}`,
    );
  const more = differences.length - lines.length;
  if (more > 0) lines.push(`  and ${more} more`);
  return [
    `Digests checked against the files themselves: ${checked}, ${differences.length} DIFFER:`,
    ...lines,
  ];
}
