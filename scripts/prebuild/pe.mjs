// Reads what a library of Windows says of itself: just what the checks ask, 64 bits only.

const machines = { 34404: "x64", 43620: "arm64" };
const [EXPORTS, IMPORTS, DELAYED] = [0, 1, 13];
const [DYNAMIC_BASE, NX_COMPATIBLE] = [0x40, 0x100];

export function readPe(file) {
  const header = file.readUInt32LE(0x3c);
  if (file.readUInt32BE(header) !== 0x50450000) throw new Error("it is no PE file");
  const optional = header + 24;
  if (file.readUInt16LE(optional) !== 0x20b) throw new Error("it is not of 64 bits");
  const firstSection = optional + file.readUInt16LE(header + 20);
  const sections = Array.from({ length: file.readUInt16LE(header + 6) }, (_, index) => {
    const row = firstSection + index * 40;
    return {
      name: file.toString("latin1", row, row + 8).replace(/\0.*/s, ""),
      size: file.readUInt32LE(row + 8),
      address: file.readUInt32LE(row + 12),
      offset: file.readUInt32LE(row + 20),
    };
  });
  const inFile = (address) => {
    const section = sections.find(({ address: start, size }) => address >= start && address < start + size);
    return address - section.address + section.offset;
  };
  const text = (address) => {
    const offset = inFile(address);
    return file.toString("latin1", offset, file.indexOf(0, offset));
  };
  const directory = (index) => {
    const address = file.readUInt32LE(optional + 112 + index * 8);
    return address === 0 ? undefined : inFile(address);
  };
  /** Names in a list of imports, whose rows end with an empty one. */
  const names = (at, size, name) => {
    const found = [];
    if (at === undefined) return found;
    for (let row = at; file.readUInt32LE(row + name) !== 0; row += size)
      found.push(text(file.readUInt32LE(row + name)));
    return found;
  };
  const exports = directory(EXPORTS);
  const exported =
    exports === undefined
      ? []
      : Array.from({ length: file.readUInt32LE(exports + 24) }, (_, index) =>
          text(file.readUInt32LE(inFile(file.readUInt32LE(exports + 32)) + index * 4)),
        );
  const characteristics = file.readUInt16LE(optional + 70);
  return {
    arch: machines[file.readUInt16LE(header + 4)] ?? `machine ${file.readUInt16LE(header + 4)}`,
    libraries: [...names(directory(IMPORTS), 20, 12), ...names(directory(DELAYED), 32, 4)],
    exported,
    stripped: file.readUInt32LE(header + 12) === 0 && !sections.some(({ name }) => /^\.debug|^\//.test(name)),
    /** May be put at any address, and has no data that can be run. */
    hardened: (characteristics & DYNAMIC_BASE) !== 0 && (characteristics & NX_COMPATIBLE) !== 0,
  };
}
