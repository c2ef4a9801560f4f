// A folder of certificates that is watched: files and folders come, change and go.

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Authenticator, Certificate, Context, Dealer, type Reload } from "zmq-native";
import { runProgram } from "../helpers/program.js";
import { curveClient, type KeyPair, Server, servers } from "./servers.js";

let root: string;
let folder: string;
let context: Context;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "zmq-native-"));
  folder = join(root, "keys");
  mkdirSync(folder);
  context = new Context();
});
afterEach(async () => {
  await context.close({ linger: 0 });
  rmSync(root, { recursive: true, force: true });
});

const start = (path = folder) => context.authenticate({ domain: "global", curve: { allow: path } });

/** Waits for the reload after which `done` holds: one change may cause several. */
function reloadOf(auth: Authenticator, done: (reload: Reload) => boolean): Promise<Reload> {
  return new Promise((resolve) => {
    const listener = (reload: Reload) => {
      if (!done(reload)) return;
      auth.off("reload", listener);
      resolve(reload);
    };
    auth.on("reload", listener);
  });
}

const pair = ({ publicKey, secretKey }: Certificate): KeyPair => ({ publicKey, secretKey: secretKey! });

test("keys come and go with their files", async () => {
  const [ada, bob] = [Certificate.generate({ name: "Ada", "not/zmtp": "x" }), Certificate.generate()];
  await ada.save(join(folder, "ada.key"));
  const auth = await start();
  using server = await Server.open(context, servers.curve);
  expect(await server.attempt(curveClient(pair(ada)))).toBe("in");
  expect(await server.attempt(curveClient(pair(bob)))).toBe("status 400");

  let reloaded = reloadOf(auth, ({ keys }) => keys === 2);
  await bob.save(join(folder, "bob.key"));
  expect(await reloaded).toEqual({ keys: 2, added: [bob.publicKey], removed: [], errors: [] });
  expect(await server.attempt(curveClient(pair(bob)))).toBe("in");

  // Renamed, as an administrator might do to keep it.
  reloaded = reloadOf(auth, ({ keys }) => keys === 1);
  renameSync(join(folder, "ada.key"), join(folder, "ada.key.old"));
  expect((await reloaded).removed).toEqual([ada.publicKey]);
  expect(await server.attempt(curveClient(pair(ada)))).toBe("status 400");
  expect(() => auth.allowKey(ada.publicKey)).toThrow(/it is a folder: save or delete a certificate there/);
});

test("metadata of the certificate appears with messages", async () => {
  const ada = Certificate.generate({ name: "Ada", "not/zmtp": "x", "User-Id": "root" });
  await ada.save(join(folder, "ada.key"));
  await start();
  using server = await Server.open(context, servers.curve);
  using dealer = new Dealer({ linger: 0, ...curveClient(pair(ada)) });
  dealer.connect(server.endpoint);
  await dealer.send("hello");
  const properties = ["User-Id", "name", "not/zmtp"];
  const { metadata } = await server.router.receiveWithMetadata({ properties });
  expect(metadata).toEqual({ "User-Id": ada.publicKey, name: "Ada" });
});

test("files that are not certificates are reported and admit nobody", async () => {
  writeFileSync(join(folder, "README"), "not a key");
  writeFileSync(join(folder, ".hidden.key"), "not a key");
  const auth = await start();
  const reloaded = reloadOf(auth, ({ errors }) => errors.length > 0);
  writeFileSync(join(folder, "broken.key"), "not a key");
  mkdirSync(join(folder, "folder.key"));
  await reloaded;
  const { keys, errors } = await auth.reload();
  expect(keys).toBe(0);
  const messages = [
    expect.stringMatching(/broken\.key is not a certificate/),
    expect.stringMatching(/folder\.key is not a file/),
  ];
  expect(errors.map(({ message }) => message)).toEqual(messages);
  await auth.close();
  // The first reading reports them, too.
  const first = await reloadOf(await start(), () => true);
  expect(first.errors.map(({ message }) => message)).toEqual(messages);
});

test("the folder is deleted and made again", async () => {
  const ada = Certificate.generate();
  await ada.save(join(folder, "ada.key"));
  const auth = await start();
  using server = await Server.open(context, servers.curve);
  let reloaded = reloadOf(auth, ({ errors }) => (errors[0] as NodeJS.ErrnoException)?.code === "ENOENT");
  rmSync(folder, { recursive: true });
  expect((await reloaded).keys).toBe(0);
  expect(await server.attempt(curveClient(pair(ada)))).toBe("status 400");
  reloaded = reloadOf(auth, ({ keys }) => keys === 1);
  mkdirSync(folder);
  await ada.save(join(folder, "ada.key"));
  await reloaded;
  expect(await server.attempt(curveClient(pair(ada)))).toBe("in");
});

test.skipIf(process.platform === "win32")("a symbolic link leads to another folder", async () => {
  const [ada, bob] = [Certificate.generate(), Certificate.generate()];
  const next = join(root, "next");
  mkdirSync(next);
  await ada.save(join(folder, "ada.key"));
  await bob.save(join(next, "bob.key"));
  const link = join(root, "current");
  symlinkSync(folder, link);
  const auth = await start(link);
  let reloaded = reloadOf(auth, ({ keys, removed }) => keys === 1 && removed.includes(ada.publicKey));
  symlinkSync(next, `${link}.new`);
  renameSync(`${link}.new`, link);
  expect(await reloaded).toMatchObject({ added: [bob.publicKey] });
  // The new folder is watched, too.
  reloaded = reloadOf(auth, ({ keys }) => keys === 0);
  unlinkSync(join(next, "bob.key"));
  expect((await reloaded).removed).toEqual([bob.publicKey]);
});

// No watcher notices that a folder above was replaced.
test.skipIf(process.platform === "win32")("reload follows a symbolic link above the folder", async () => {
  const [ada, bob] = [Certificate.generate(), Certificate.generate()];
  for (const [release, certificate] of [
    ["1", ada],
    ["2", bob],
  ] as const) {
    mkdirSync(join(root, release, "keys"), { recursive: true });
    await certificate.save(join(root, release, "keys", "client.key"));
  }
  symlinkSync(join(root, "1"), join(root, "current"));
  const auth = await start(join(root, "current", "keys"));
  symlinkSync(join(root, "2"), join(root, "new"));
  renameSync(join(root, "new"), join(root, "current"));
  expect(await auth.reload()).toEqual({
    keys: 1,
    added: [bob.publicKey],
    removed: [ada.publicKey],
    errors: [],
  });
  // From now on, the new folder is watched.
  const reloaded = reloadOf(auth, ({ keys }) => keys === 0);
  unlinkSync(join(root, "2", "keys", "client.key"));
  expect((await reloaded).removed).toEqual([bob.publicKey]);
});

test("a certificate that is a symbolic link counts, and one that leads nowhere does not", async () => {
  const ada = Certificate.generate();
  await ada.save(join(root, "ada.key"));
  try {
    symlinkSync(join(root, "ada.key"), join(folder, "link.key"));
    symlinkSync(join(root, "absent.key"), join(folder, "broken.key"));
    symlinkSync(join(folder, "loop.key"), join(folder, "loop.key"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    console.warn("SKIPPED: this user may not make symbolic links");
    return;
  }
  const auth = await start();
  const { keys, errors } = await auth.reload();
  expect([keys, errors.map(({ message }) => message)]).toEqual([1, [expect.stringContaining("ELOOP")]]);
});

test.skipIf(process.platform === "win32")("a folder that becomes unreadable admits nobody", async () => {
  const ada = Certificate.generate();
  await ada.save(join(folder, "ada.key"));
  const { stdout, ...outcome } = await runProgram(`
    const folder = ${JSON.stringify(folder)};
    const auth = await zmq.context.authenticate({ curve: { allow: folder } });
    require("node:fs").chmodSync(folder, 0o000);
    // Root may read every folder.
    if (process.getuid() === 0) process.seteuid(65534);
    const reloaded = new Promise((resolve) => auth.on("reload", resolve));
    console.log((await auth.reload()).keys);
    const { keys, removed, errors } = await reloaded;
    console.log(keys, removed.length, errors[0].code);
  `);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  chmodSync(folder, 0o700);
  expect(stdout).toBe("0\n0 1 EACCES\n");
});

test("a folder that the system cannot watch is reported, and can be read by reload", async () => {
  const { stdout, ...outcome } = await runProgram(`
    require("node:fs").watch = () => {
      throw Object.assign(new Error("ENOSPC: System limit for number of file watchers reached"), { code: "ENOSPC" });
    };
    const auth = await zmq.context.authenticate({ curve: { allow: ${JSON.stringify(folder)} } });
    const { errors } = await new Promise((resolve) => auth.on("reload", resolve));
    console.log(errors.length, errors[0].code, errors[0].message);
    await zmq.Certificate.generate().save(${JSON.stringify(join(folder, "ada.key"))});
    console.log((await auth.reload()).keys);
  `);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(stdout).toBe(
    "1 ENOSPC the folder of certificates is not watched (ENOSPC: System limit for number of file watchers reached): call reload() after each change\n1\n",
  );
});

test("reload reads what was written before the call, also at the same time as others", async () => {
  const auth = await start();
  const counts: number[] = [];
  for (let count = 1; count <= 20; count++) {
    await Certificate.generate().save(join(folder, `${count}.key`));
    const [first, second] = await Promise.all([auth.reload(), auth.reload()]);
    counts.push(first.keys, second.keys);
  }
  expect(counts).toEqual(Array.from({ length: 40 }, (_, index) => (index >> 1) + 1));
});

test("a thousand certificates", async () => {
  const certificates = Array.from({ length: 1000 }, () => Certificate.generate());
  for (const [index, { publicKey }] of certificates.entries()) {
    writeFileSync(join(folder, `${index}.key`), `curve\n    public-key = "${publicKey}"\n`);
  }
  await start();
  using server = await Server.open(context, servers.curve);
  expect(await server.attempt(curveClient(pair(certificates[999]!)))).toBe("in");
});

// With a second read beside the first one, the result of the older read could be the last one.
test.each([1, 2, 4, 8, 16, 32])(
  "certificates that are deleted %i turns after the start admit nobody",
  async (turns) => {
    const ada = Certificate.generate();
    for (let index = 0; index < 300; index++) {
      const { publicKey } = index === 0 ? ada : Certificate.generate();
      writeFileSync(
        join(folder, `${String(index).padStart(3, "0")}.key`),
        `curve\n    public-key = "${publicKey}"\n`,
      );
    }
    const starting = start();
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
    await starting;
    using server = await Server.open(context, servers.curve);
    // Until the folder was read again.
    while ((await server.attempt(curveClient(pair(ada)))) !== "status 400");
  },
);

// An authenticator of a sibling watches the same parent, so the event of making the folder comes after the start.
test("a folder that has just been made does not end the process", async () => {
  const { code, stderr } = await runProgram(`
    const { mkdirSync, writeFileSync } = require("node:fs");
    const sibling = ${JSON.stringify(folder)} + "/sibling";
    mkdirSync(sibling);
    const first = await zmq.context.authenticate({ curve: { allow: sibling }, domain: "first" });
    for (let index = 0; index < 100; index++) {
      const folder = ${JSON.stringify(folder)} + "/" + index;
      mkdirSync(folder);
      writeFileSync(folder + "/a.key", 'curve\\n    public-key = "' + zmq.curveKeyPair().publicKey + '"\\n');
      const auth = await zmq.context.authenticate({ curve: { allow: folder }, domain: "d" + index });
      await new Promise((resolve) => setTimeout(resolve, index % 10));
      await auth.close();
    }
    await first.close();`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("a folder that cannot be read is an error, and leaves nothing behind", async () => {
  await expect(start(join(root, "absent"))).rejects.toMatchObject({ code: "ENOENT" });
  const file = join(root, "file");
  writeFileSync(file, "");
  await expect(start(file)).rejects.toMatchObject({ code: "ENOTDIR" });
  expect(statSync(file).size).toBe(0);
  await (await start()).close();
});

test("a closed authenticator reads no more", async () => {
  const auth = await start();
  auth.on("reload", () => expect.unreachable("a reload after the close"));
  const pending = auth.reload();
  await auth.close();
  await Certificate.generate().save(join(folder, "ada.key"));
  expect((await pending).keys).toBeLessThanOrEqual(1);
  await expect(auth.reload()).rejects.toThrow("The authenticator is closed");
  // A second authenticator of the same folder notices the file, so its event has come by then.
  const other = await start();
  const reloaded = reloadOf(other, ({ keys }) => keys === 2);
  await Certificate.generate().save(join(folder, "bob.key"));
  await reloaded;
});
