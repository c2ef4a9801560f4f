// NORM messages built by hand (RFC 5740): a sender with arbitrary contents.

/** Types of messages, and flags of objects. */
export const norm = { info: 1, data: 2, command: 3, nack: 4, acknowledgement: 5, stream: 0x20 };

/** Reed-Solomon codes of 8 bits: the only ones that libzmq requests. */
const fecId = 5;

export interface Coding {
  objectSize?: number;
  segmentSize?: number;
  blockLength?: number;
  parity?: number;
}

/** Transport information as a header extension, by which a receiver allocates its memory. */
export function coding({
  objectSize = 64_000,
  segmentSize = 1400,
  blockLength = 16,
  parity = 4,
}: Coding = {}): Buffer {
  const extension = Buffer.alloc(12);
  extension[0] = 64;
  extension[1] = 3;
  extension.writeUIntBE(objectSize, 2, 6);
  extension.writeUInt16BE(segmentSize, 8);
  extension[10] = blockLength;
  extension[11] = parity;
  return extension;
}

/** A segment of a stream: its length, the offset of the first message in it, its place in the stream, and its bytes. */
export function segment(body: Buffer, { length = body.length, begin = 1, offset = 0 } = {}): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(length, 0);
  header.writeUInt16BE(begin, 2);
  header.writeUInt32BE(offset, 4);
  return Buffer.concat([header, body]);
}

let sequence = 0;

/** The common header. `words` is its length field. */
function header(type: number, words: number, rest: Buffer): Buffer {
  const common = Buffer.alloc(8);
  common[0] = 0x10 | type;
  common[1] = words;
  common.writeUInt16BE(sequence++ & 0xffff, 2);
  common.writeUInt32BE(0x0a0b0c0d, 4);
  return Buffer.concat([common, rest]);
}

export interface DataOptions {
  type?: number;
  flags?: number;
  block?: number;
  symbol?: number;
  extensions?: Buffer;
  words?: number;
}

/** A piece of an object, by default of a stream with the usual coding. */
export function data(
  payload: Buffer,
  {
    type = norm.data,
    flags = norm.stream,
    block = 0,
    symbol = 0,
    extensions = coding(),
    words,
  }: DataOptions = {},
): Buffer {
  // Instance, round-trip time, group size, flags, coding, object; then block and symbol, which INFO lacks.
  const object = Buffer.from([0, 1, 100, 0x42, flags, fecId, 0, 0]);
  const place = Buffer.alloc(type === norm.data ? 4 : 0);
  if (type === norm.data) place.writeUInt32BE(block * 256 + symbol);
  const length = 8 + object.length + place.length + extensions.length;
  return header(type, words ?? length / 4, Buffer.concat([object, place, extensions, payload]));
}

/** A command of that flavor. */
export function command(flavour: number, rest: Buffer, words: number): Buffer {
  return header(norm.command, words, Buffer.concat([Buffer.from([0, 1, 100, 0x42, flavour]), rest]));
}

/** A NACK to a sender, with raw requests. */
export function nack(sender: number, instance: number, requests: Buffer): Buffer {
  const fields = Buffer.alloc(16);
  fields.writeUInt32BE(sender, 0);
  fields.writeUInt16BE(instance, 4);
  return header(norm.nack, 6, Buffer.concat([fields, requests]));
}

/** A request of that form (items, ranges, erasures) and level (segment 1, block 2, info 4, object 8). */
export function request(
  form: number,
  level: number,
  items: [object: number, block: number, symbol: number][],
  code = fecId,
) {
  const list = items.map(([object, block, symbol]) => {
    const item = Buffer.alloc(8);
    item[0] = code;
    item.writeUInt16BE(object, 2);
    item.writeUInt32BE(block * 256 + symbol, 4);
    return item;
  });
  const size = Buffer.alloc(2);
  size.writeUInt16BE(8 * list.length);
  return Buffer.concat([Buffer.from([form, level]), size, ...list]);
}
