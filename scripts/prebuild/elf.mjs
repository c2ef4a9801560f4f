// Reads what a shared object of Linux says of itself: just what the checks ask, little-endian only.

const machines = { 62: "x64", 183: "arm64", 40: "arm" };
const [PT_LOAD, PT_DYNAMIC, PT_GNU_STACK] = [1, 2, 0x6474e551];
const [DT_NEEDED, DT_STRTAB, DT_SYMTAB, DT_TEXTREL, DT_FLAGS_1] = [1, 5, 6, 22, 0x6ffffffb];
const [DT_VERNEED, DT_VERNEEDNUM] = [0x6ffffffe, 0x6fffffff];
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const DF_1_NODELETE = 8;
const PF_X = 1;

export function readElf(file) {
  if (file.readUInt32BE(0) !== 0x7f454c46) throw new Error("it is no ELF file");
  const wide = file[4] === 2;
  const word = wide ? 8 : 4;
  const number = (offset) => (wide ? Number(file.readBigUInt64LE(offset)) : file.readUInt32LE(offset));
  /** Rows of a table that the header names: where it begins, the size of a row, how many. */
  const rows = (at, sizes) => {
    const [size, count] = [file.readUInt16LE(sizes), file.readUInt16LE(sizes + 2)];
    return Array.from({ length: count }, (_, index) => number(at) + index * size);
  };
  const segments = rows(wide ? 32 : 28, wide ? 54 : 42).map((row) => ({
    type: file.readUInt32LE(row),
    flags: file.readUInt32LE(row + (wide ? 4 : 24)),
    offset: number(row + (wide ? 8 : 4)),
    address: number(row + (wide ? 16 : 8)),
    size: number(row + (wide ? 32 : 16)),
  }));
  const sections = rows(wide ? 40 : 32, wide ? 58 : 46).map((row) => ({
    type: file.readUInt32LE(row + 4),
    offset: number(row + (wide ? 24 : 16)),
    size: number(row + (wide ? 32 : 20)),
  }));
  const inFile = (address) => {
    const segment = segments.find(
      ({ type, address: start, size }) => type === PT_LOAD && address >= start && address < start + size,
    );
    return address - segment.address + segment.offset;
  };
  const text = (offset) => file.toString("latin1", offset, file.indexOf(0, offset));

  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const entries = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 2 * word) {
    entries.push([number(at), number(at + word)]);
  }
  const entry = (tag) => entries.find(([found]) => found === tag)?.[1];
  const strings = inFile(entry(DT_STRTAB));

  const symbols = sections.find(({ type }) => type === SHT_DYNSYM);
  const symbolSize = wide ? 24 : 16;
  const [exported, imported] = [[], []];
  for (let at = inFile(entry(DT_SYMTAB)) + symbolSize; at < symbols.offset + symbols.size; at += symbolSize) {
    const name = text(strings + file.readUInt32LE(at));
    const [info, section] = wide
      ? [file[at + 4], file.readUInt16LE(at + 6)]
      : [file[at + 12], file.readUInt16LE(at + 14)];
    const weak = info >> 4 === 2;
    if (section !== 0) exported.push(name);
    else if (!weak) imported.push(name);
  }

  const versions = new Set();
  let need = entry(DT_VERNEED) === undefined ? 0 : inFile(entry(DT_VERNEED));
  for (let left = need === 0 ? 0 : entry(DT_VERNEEDNUM); left > 0; left--) {
    let version = need + file.readUInt32LE(need + 8);
    for (let names = file.readUInt16LE(need + 2); names > 0; names--) {
      versions.add(text(strings + file.readUInt32LE(version + 8)));
      version += file.readUInt32LE(version + 12);
    }
    need += file.readUInt32LE(need + 12);
  }

  const stack = segments.find(({ type }) => type === PT_GNU_STACK);
  return {
    arch: machines[file.readUInt16LE(18)] ?? `machine ${file.readUInt16LE(18)}`,
    libraries: entries.filter(([tag]) => tag === DT_NEEDED).map(([, offset]) => text(strings + offset)),
    exported,
    imported,
    /** Names of versions of symbols, such as GLIBC_2.17. */
    versions: [...versions],
    stripped: !sections.some(({ type }) => type === SHT_SYMTAB),
    /** Stays where it is when it is closed. */
    stays: ((entry(DT_FLAGS_1) ?? 0) & DF_1_NODELETE) !== 0,
    executableStack: stack === undefined || (stack.flags & PF_X) !== 0,
    textRelocations: entry(DT_TEXTREL) !== undefined,
  };
}
