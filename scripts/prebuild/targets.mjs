// The targets of prebuilt binaries: what each is called by zig, by Node and by file, and what its binary must be like.

/** Bytes that a binary may have. */
export const budget = 2_000_000;

/** The oldest glibc that the binaries load on, that of RHEL 7. */
const glibc = "2.17";

/** Where names of libraries differ by processor. */
const loaders = { x64: "ld-linux-x86-64.so.2", arm64: "ld-linux-aarch64.so.1", arm: "ld-linux-armhf.so.3" };

const linux = (arch, zigArch, libc, more = {}) => ({
  platform: "linux",
  arch,
  libc,
  triple: `${zigArch}-linux-${libc === "glibc" ? `${more.abi ?? "gnu"}.${glibc}` : "musl"}`,
  // As prebuildify names it.
  file: `prebuilds/linux-${arch}/${["zmq-native", ...(more.armv ? [`armv${more.armv}`] : []), libc, "node"].join(".")}`,
  format: "elf",
  glibc: libc === "glibc" ? glibc : undefined,
  libraries:
    libc === "glibc"
      ? ["libc.so.6", "libpthread.so.0", "libdl.so.2", "libm.so.6", "librt.so.1", loaders[arch]]
      : ["libc.so"],
  // Where OpenPGM and NORM are built in (vendor/CMakeLists.txt).
  capabilities: ["curve", "draft", "ipc", "norm", "pgm", "tipc", "WS"],
  ...more,
});

const windows = (arch, zigArch) => ({
  platform: "win32",
  arch,
  triple: `${zigArch}-windows-gnu`,
  file: `prebuilds/win32-${arch}/zmq-native.node`,
  format: "pe",
  // Not node.exe: its name is not always that.
  libraries: [
    /^(advapi32|bcrypt|iphlpapi|kernel32|rpcrt4|ws2_32)\.dll$/i,
    /^api-ms-win-crt-[a-z]+-l1-1-0\.dll$/i,
  ],
  capabilities: ["curve", "draft", "ipc", "WS"],
});

const darwin = (arch, zigArch) => ({
  platform: "darwin",
  arch,
  triple: `${zigArch}-macos.11.0`,
  file: `prebuilds/darwin-${arch}/zmq-native.node`,
  format: "macho",
  minimum: "11.0",
  libraries: ["/usr/lib/libSystem.B.dylib"],
  capabilities: ["curve", "draft", "ipc", "WS"],
});

export const targets = {
  "linux-x64-glibc": linux("x64", "x86_64", "glibc"),
  "linux-x64-musl": linux("x64", "x86_64", "musl"),
  "linux-arm64-glibc": linux("arm64", "aarch64", "glibc"),
  "linux-arm64-musl": linux("arm64", "aarch64", "musl"),
  // With NEON; an ARMv6 is another tag.
  "linux-arm-glibc": linux("arm", "arm", "glibc", { abi: "gnueabihf", armv: "7" }),
  "win32-x64": windows("x64", "x86_64"),
  "win32-arm64": windows("arm64", "aarch64"),
  "darwin-x64": darwin("x64", "x86_64"),
  "darwin-arm64": darwin("arm64", "aarch64"),
};

/** The targets of these names, or all; an unknown name is told by `fail`. */
export function targetsOf(names, all, fail) {
  const known = Object.keys(targets);
  for (const name of names) {
    if (!known.includes(name)) fail(`There is no target ${name}: there are ${known.join(", ")}.`);
  }
  return Object.entries(targets).filter(([name]) => all || names.includes(name));
}
