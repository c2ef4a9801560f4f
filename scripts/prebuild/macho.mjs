// Reads what a library of macOS says of itself: just what the checks ask, 64 bits and one processor only.

const machines = { 16777223: "x64", 16777228: "arm64" };
const [LC_SYMTAB, LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_CODE_SIGNATURE, LC_BUILD_VERSION] = [
  ...[0x2, 0xc, 0x80000018, 0x1d, 0x32],
];
const [N_STAB, N_TYPE, N_EXT, N_PEXT] = [0xe0, 0x0e, 0x01, 0x10];

export function readMacho(file) {
  if (file.readUInt32LE(0) !== 0xfeedfacf) throw new Error("it is no Mach-O file of 64 bits");
  const text = (offset) => file.toString("latin1", offset, file.indexOf(0, offset));
  const commands = [];
  for (let at = 32, left = file.readUInt32LE(16); left > 0; left--) {
    commands.push({ type: file.readUInt32LE(at), at });
    at += file.readUInt32LE(at + 4);
  }
  const command = (type) => commands.find((found) => found.type === type)?.at;

  const table = command(LC_SYMTAB);
  const [symbols, count, strings] = [8, 12, 16].map((offset) => file.readUInt32LE(table + offset));
  const [exported, imported] = [[], []];
  let debugging = 0;
  for (let at = symbols; at < symbols + count * 16; at += 16) {
    const type = file[at + 4];
    const name = text(strings + file.readUInt32LE(at)).replace(/^_/, "");
    if ((type & N_STAB) !== 0) debugging++;
    else if ((type & N_EXT) === 0) continue;
    else if ((type & N_TYPE) === 0) imported.push(name);
    else if ((type & N_PEXT) === 0) exported.push(name);
  }
  const version = command(LC_BUILD_VERSION);
  const minimum = version === undefined ? 0 : file.readUInt32LE(version + 12);
  return {
    arch: machines[file.readUInt32LE(4)] ?? `machine ${file.readUInt32LE(4)}`,
    libraries: commands
      .filter(({ type }) => type === LC_LOAD_DYLIB || type === LC_LOAD_WEAK_DYLIB)
      .map(({ at }) => text(at + file.readUInt32LE(at + 8))),
    exported,
    imported,
    // zig's linker keeps the names of local symbols; taking them out afterwards would break the signature.
    stripped: debugging === 0,
    /** The oldest macOS that loads it. */
    minimum: `${minimum >> 16}.${(minimum >> 8) & 255}`,
    signed: command(LC_CODE_SIGNATURE) !== undefined,
  };
}
