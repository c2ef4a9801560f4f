// The constants and functions that a zmq.h declares.

/** Returns a map of the numeric constants: plain, in hexadecimal, or error numbers counted from ZMQ_HAUSNUMERO. */
export function constantsOf(header) {
  const base = Number(/#define ZMQ_HAUSNUMERO (\d+)/.exec(header)?.[1]);
  const define = /^\s*#define (ZMQ_\w+|E\w+) (?:\(ZMQ_HAUSNUMERO \+ (\d+)\)|(0x[0-9a-fA-F]+|-?\d+))\s*$/gm;
  const values = new Map();
  for (const [, name, offset, number] of header.matchAll(define)) {
    values.set(name, offset === undefined ? Number(number) : base + Number(offset));
  }
  return values;
}

const functionsOf = (header) =>
  new Set([...header.matchAll(/^ZMQ_EXPORT [^;(]*?\b(zmq_\w+)\s*\(/gm)].map(([, name]) => name));

/** Returns the version that a zmq.h declares, such as 4.3.4. */
export function versionOf(header) {
  const part = (name) => new RegExp(`#define ZMQ_VERSION_${name} (\\d+)`).exec(header)?.[1];
  return ["MAJOR", "MINOR", "PATCH"].map(part).join(".");
}

/** Returns lines that tell how the constants and functions of `other` differ from those of our patched header. */
export function compareHeaders(ours, other) {
  const [mine, theirs] = [constantsOf(ours), constantsOf(other)];
  const lines = [];
  for (const [name, value] of theirs) {
    if (name.startsWith("ZMQ_VERSION_")) continue;
    if (!mine.has(name)) lines.push(`new: ${name} = ${value}`);
    else if (mine.get(name) !== value) lines.push(`changed: ${name} is ${value}, was ${mine.get(name)}`);
  }
  for (const name of functionsOf(other)) if (!functionsOf(ours).has(name)) lines.push(`new: ${name}()`);
  for (const [name, value] of mine) {
    if (!theirs.has(name)) lines.push(`only ours (by a patch, or removed): ${name} = ${value}`);
  }
  return lines;
}
