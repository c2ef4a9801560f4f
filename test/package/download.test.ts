// Sources over HTTPS, from a server of this machine: redirects, errors, and the origins after it.

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { execute, executeSync } from "../helpers/execute.js";

const root = join(__dirname, "../..");
const [name, pin] = Object.entries(
  JSON.parse(readFileSync(join(root, "vendor/versions.json"), "utf8")) as Record<
    string,
    { archive: string; sha256: string }
  >,
)[0]!;
const archive = readFileSync(join(root, "vendor/sources", pin.archive));

const portOf = (server: Server | typeof plain) => (server.address() as AddressInfo).port;

let folder: string;
let server: Server;
let plain: ReturnType<typeof createPlainServer>;
let origin: string;
/** The paths that were asked for. */
let requests: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
  const { status, stderr } = executeSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "certificate.pem"],
    ],
    { cwd: folder },
  );
  expect(status, stderr).toBe(0);
  const read = (file: string) => readFileSync(join(folder, file));
  server = createServer({ key: read("key.pem"), cert: read("certificate.pem") }, (request, response) => {
    requests.push(request.url ?? "");
    const url = decodeURIComponent(request.url ?? "");
    if (url === "/archive" || url === `/mirror/${pin.archive}`) response.end(archive);
    else if (request.url === "/redirect") response.writeHead(302, { location: "/archive" }).end();
    else if (request.url === "/plain")
      response.writeHead(302, { location: `http://localhost:${portOf(plain)}/` }).end();
    else if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
    else if (request.url === "/wrong") response.end("another file");
    else if (request.url === "/interrupted") {
      response.writeHead(200, { "content-length": archive.length });
      response.write(archive.subarray(0, 1000), () => response.destroy());
    } else response.writeHead(404).end();
  });
  plain = createPlainServer((_, response) => response.end(archive));
  await new Promise<void>((listening) => plain.listen(0, "localhost", listening));
  await new Promise<void>((listening) => server.listen(0, "localhost", listening));
  origin = `https://localhost:${portOf(server)}`;
});
afterAll(() => {
  server?.close();
  plain?.close();
  rmSync(folder, { recursive: true, force: true });
});

let copy: string;
beforeEach(() => {
  requests = [];
  copy = mkdtempSync(join(folder, "copy-"));
  for (const path of ["scripts", "package.json"])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  mkdirSync(join(copy, "vendor"));
});

/** Fetches with the library's URLs in the place of the pinned ones. No program is found, so apt is not either. */
async function fetchFrom(
  paths: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; text: string; sources: string[] }> {
  const urls = paths.map((path) => `${origin}${path}`);
  writeFileSync(join(copy, "vendor/versions.json"), JSON.stringify({ [name]: { ...pin, urls } }));
  const env = {
    NODE_EXTRA_CA_CERTS: join(folder, "certificate.pem"),
    PATH: copy,
    ZMQ_NATIVE_MIRROR: "",
    ZMQ_NATIVE_SOURCES: "",
    ...environment,
  };
  const { status, stdout, stderr } = await execute(process.execPath, ["scripts/vendor.mjs", "--fetch"], {
    cwd: copy,
    env,
  });
  const sources = join(copy, "vendor/sources");
  return { code: status, text: stdout + stderr, sources: existsSync(sources) ? readdirSync(sources) : [] };
}

const success = {
  code: 0,
  text: expect.stringMatching(new RegExp(`^fetched ${name} [\\d.]+\n$`)) as string,
  sources: [pin.archive],
};

test("downloads an archive", async () => {
  expect(await fetchFrom(["/archive"])).toEqual(success);
  expect(readFileSync(join(copy, "vendor/sources", pin.archive)).equals(archive)).toBe(true);
});

test("follows redirects", async () => {
  expect(await fetchFrom(["/redirect"])).toEqual(success);
  expect(requests).toEqual(["/redirect", "/archive"]);
});

test.each([
  ["a 404", "/missing", "HTTP 404 Not Found"],
  ["another hash", "/wrong", `expected ${pin.sha256}`],
  ["an interrupted download", "/interrupted", "the download was interrupted"],
  ["endless redirects", "/loop", "redirect count exceeded"],
  ["a redirect away from HTTPS", "/plain", "which is not HTTPS"],
])("names the URL and the reason of %s, and leaves no file", async (_, path, reason) => {
  const { code, text, sources } = await fetchFrom([path]);
  expect(code).toBe(1);
  expect(text.split("\n").find((line) => line.includes(`${origin}${path}: `))).toContain(reason);
  expect(text).toContain("apt: this system has no apt-get");
  expect(sources).toEqual([]);
});

test.each(["/mirror", "/mirror/"])(
  "asks the mirror first: ZMQ_NATIVE_MIRROR=https://HOST%s",
  async (path) => {
    expect(await fetchFrom(["/archive"], { ZMQ_NATIVE_MIRROR: `${origin}${path}` })).toEqual(success);
    expect(requests).toEqual([`/mirror/${encodeURIComponent(pin.archive)}`]);
  },
);

test("falls back to the pinned URLs if the mirror does not have the archive", async () => {
  expect(await fetchFrom(["/archive"], { ZMQ_NATIVE_MIRROR: `${origin}/empty` })).toEqual(success);
  expect(requests).toEqual([`/empty/${encodeURIComponent(pin.archive)}`, "/archive"]);
});

test("falls back to the next URL", async () => {
  expect(await fetchFrom(["/missing", "/wrong", "/interrupted", "/archive"])).toEqual(success);
  expect(requests).toEqual(["/missing", "/wrong", "/interrupted", "/archive"]);
});

test("does not trust a server whose certificate is unknown", async () => {
  const { code, text, sources } = await fetchFrom(["/archive"], { NODE_EXTRA_CA_CERTS: "" });
  expect(code).toBe(1);
  expect(text).toContain("self-signed certificate");
  expect(sources).toEqual([]);
  expect(requests).toEqual([]);
});
