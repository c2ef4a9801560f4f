// Downloads a file over HTTPS and checks its hash.

import { createHash } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";

/** The error codes of a host that cannot be reached. */
const noConnection =
  /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/;

/** Hosts without a connection in this run, with the reason: each later URL of theirs fails at once. */
const unreachable = new Map();

/** Five minutes: the largest archive has 1.6 MB. */
const timeout = 300_000;

/** Returns the innermost error behind one of `fetch`, which says no more than "fetch failed" itself. */
const innermost = (error) => (error.cause ? innermost(error.cause) : error);

const reasonOf = (error) => innermost(error).message || innermost(error).code || String(error);

async function bodyOf(url) {
  let response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    if (noConnection.test(innermost(error).code)) unreachable.set(new URL(url).host, reasonOf(error));
    throw error;
  }
  if (!response.url.startsWith("https:")) {
    throw new Error(
      `${response.redirected ? `redirects to ${response.url}, which` : "the URL"} is not HTTPS`,
    );
  }
  if (!response.ok) throw new Error(`HTTP ${response.status} ${response.statusText}`.trim());
  try {
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`the download was interrupted (${reasonOf(error)})`);
  }
}

/** Downloads `url` to `path` if its content has the hash. Returns undefined, or the reason why there is no file. */
export async function download(url, path, sha256) {
  if (!url.startsWith("https://") || !URL.canParse(url)) return `${url}: not an https:// URL`;
  const reason = unreachable.get(new URL(url).host);
  if (reason) return `${url}: ${reason}`;
  try {
    const body = await bodyOf(url);
    const hash = createHash("sha256").update(body).digest("hex");
    if (hash !== sha256) return `${url}: sha256 is ${hash}, expected ${sha256}`;
    // Renamed into place: an interrupted run leaves no truncated archive.
    writeFileSync(`${path}.part`, body);
    renameSync(`${path}.part`, path);
    return undefined;
  } catch (error) {
    rmSync(`${path}.part`, { force: true });
    return `${url}: ${reasonOf(error)}`;
  }
}
