// Shows MessagePack and CBOR as JSON without a loss. The decoders of the libraries that encode cannot: they drop keys such as
// `__proto__`, and turn integer keys into text. docs/command.md documents the notation of the values that JSON lacks.

import { jsonOf } from "./harmless.js";
import { bufferOf, textOfFrame } from "./parcel.js";

/** Reads bytes from the start to the end. Each method throws a `RangeError` behind the end. */
class Cursor {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = bufferOf(bytes);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(size: number | bigint): Buffer {
    const end = this.#at + Number(size);
    if (end > this.#bytes.length) throw new RangeError("the encoded value ends early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** Reads a byte, unless it has another value. */
  skip(value: number): boolean {
    const found = this.#bytes[this.#at] === value;
    if (found) this.#at++;
    return found;
  }

  unsigned(size: number): number | bigint {
    return size === 8 ? this.take(8).readBigUInt64BE() : this.take(size).readUIntBE(0, size);
  }

  signed(size: number): number | bigint {
    return size === 8 ? this.take(8).readBigInt64BE() : this.take(size).readIntBE(0, size);
  }
}

/** Calls `read` so many times. Each item has at least one byte, so the input limits the output. */
const repeat = <T>(count: number | bigint, read: () => T): T[] => {
  const items: T[] = [];
  for (let index = 0; index < count; index++) items.push(read());
  return items;
};

const bytesText = (bytes: Uint8Array) => `{"base64":"${bufferOf(bytes).toString("base64")}"}`;

function stringText(bytes: Uint8Array): string {
  const text = textOfFrame(bytes);
  if (text === undefined) throw new RangeError("the text is not UTF-8");
  return jsonOf(text);
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return `{"float":"${value}"}`;
  return Object.is(value, -0) ? "-0" : String(value);
}

const listText = (items: readonly string[]) => `[${items.join(",")}]`;

/** An object, or pairs if its keys are not different texts. */
function mapText(entries: readonly (readonly [key: string, value: string])[]): string {
  const keys = new Set(entries.map(([key]) => key));
  if (keys.size === entries.length && entries.every(([key]) => key.startsWith('"'))) {
    return `{${entries.map(([key, value]) => `${key}:${value}`).join(",")}}`;
  }
  return `{"map":${listText(entries.map(listText))}}`;
}

/** The longest big number that is shown in decimal digits, in bytes. */
const longestNumber = 1024;

/** A float of 16 bits (IEEE 754). */
function halfFloat(bits: number | bigint): number {
  const exponent = (Number(bits) >> 10) & 31;
  const mantissa = Number(bits) & 1023;
  const sign = Number(bits) & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

function cborSimple(cursor: Cursor, info: number): string {
  switch (info) {
    case 20:
      return "false";
    case 21:
      return "true";
    case 22:
      return "null";
    case 24:
      return `{"simple":${cursor.byte()}}`;
    case 25:
      return floatText(halfFloat(cursor.unsigned(2)));
    case 26:
      return floatText(cursor.take(4).readFloatBE());
    case 27:
      return floatText(cursor.take(8).readDoubleBE());
    default:
      if (info > 23) throw new RangeError("an unknown simple value");
      return `{"simple":${info}}`;
  }
}

function cborTag(cursor: Cursor, tag: number | bigint): string {
  const value = cborItem(cursor);
  const [, base64] = /^\{"base64":"([^"]*)"\}$/.exec(value) ?? [];
  if ((tag === 2 || tag === 3) && base64 !== undefined && base64.length < longestNumber) {
    const number = BigInt(`0x0${Buffer.from(base64, "base64").toString("hex")}`);
    return String(tag === 2 ? number : -1n - number);
  }
  return `{"tag":${tag},"value":${value}}`;
}

/** Bytes or a text that comes in pieces, each with a length. */
function cborPieces(cursor: Cursor, major: number): Buffer {
  const pieces: Buffer[] = [];
  while (!cursor.skip(0xff)) {
    const head = cursor.byte();
    if (head >> 5 !== major || (head & 31) === 31) throw new RangeError("a piece of another type");
    pieces.push(cursor.take(cborArgument(cursor, head & 31)));
  }
  return Buffer.concat(pieces);
}

function cborArgument(cursor: Cursor, info: number): number | bigint {
  if (info < 24) return info;
  if (info > 27) throw new RangeError("an unknown length");
  return cursor.unsigned(1 << (info - 24));
}

function cborItem(cursor: Cursor): string {
  const head = cursor.byte();
  const major = head >> 5;
  const info = head & 31;
  if (major === 7) return cborSimple(cursor, info);
  const isOpen = info === 31;
  const size = isOpen ? 0 : cborArgument(cursor, info);
  const item = () => cborItem(cursor);
  const entry = () => [item(), item()] as const;
  const items = <T>(read: () => T): T[] => {
    if (!isOpen) return repeat(size, read);
    const found: T[] = [];
    while (!cursor.skip(0xff)) found.push(read());
    return found;
  };
  const content = () => (isOpen ? cborPieces(cursor, major) : cursor.take(size));
  switch (major) {
    case 2:
      return bytesText(content());
    case 3:
      return stringText(content());
    case 4:
      return listText(items(item));
    case 5:
      return mapText(items(entry));
  }
  if (isOpen) throw new RangeError("a number without a value");
  if (major === 6) return cborTag(cursor, size);
  return String(major === 0 ? size : -1n - BigInt(size));
}

/** A time of MessagePack, or undefined if a Date cannot express its seconds. */
function timestamp(data: Buffer): string | undefined {
  let seconds: bigint;
  let nanoseconds = 0n;
  if (data.length === 4) seconds = BigInt(data.readUInt32BE());
  else if (data.length === 8) {
    const both = data.readBigUInt64BE();
    seconds = both & 0x3_ffff_ffffn;
    nanoseconds = both >> 34n;
  } else if (data.length === 12) {
    seconds = data.readBigInt64BE(4);
    nanoseconds = BigInt(data.readUInt32BE());
  } else return undefined;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime()) || nanoseconds > 999_999_999n) return undefined;
  const fraction = String(nanoseconds).padStart(9, "0");
  return `{"timestamp":"${date.toISOString().replace(/\.000Z$/, `.${fraction}Z`)}"}`;
}

function msgpackExtension(cursor: Cursor, size: number | bigint): string {
  const type = cursor.signed(1);
  const data = cursor.take(size);
  const time = type === -1 ? timestamp(data) : undefined;
  return time ?? `{"ext":${type},"data":${bytesText(data)}}`;
}

function msgpackItem(cursor: Cursor): string {
  const head = cursor.byte();
  const item = () => msgpackItem(cursor);
  const list = (size: number | bigint) => listText(repeat(size, item));
  const map = (size: number | bigint) => mapText(repeat(size, () => [item(), item()] as const));
  const text = (size: number | bigint) => stringText(cursor.take(size));
  if (head < 0x80) return String(head);
  if (head < 0x90) return map(head & 15);
  if (head < 0xa0) return list(head & 15);
  if (head < 0xc0) return text(head & 31);
  if (head >= 0xe0) return String(head - 256);
  if (head >= 0xd9) {
    const sizes = [1, 2, 4, 2, 4, 2, 4];
    const read = head < 0xdc ? text : head < 0xde ? list : map;
    return read(cursor.unsigned(sizes[head - 0xd9]!));
  }
  if (head >= 0xd4) return msgpackExtension(cursor, 1 << (head - 0xd4));
  if (head >= 0xd0) return String(cursor.signed(1 << (head - 0xd0)));
  if (head >= 0xcc) return String(cursor.unsigned(1 << (head - 0xcc)));
  switch (head) {
    case 0xc0:
      return "null";
    case 0xc2:
      return "false";
    case 0xc3:
      return "true";
    case 0xca:
      return floatText(cursor.take(4).readFloatBE());
    case 0xcb:
      return floatText(cursor.take(8).readDoubleBE());
  }
  if (head === 0xc1) throw new RangeError("an unknown type");
  if (head < 0xc7) return bytesText(cursor.take(cursor.unsigned(1 << (head - 0xc4))));
  return msgpackExtension(cursor, cursor.unsigned(1 << (head - 0xc7)));
}

function decoder(item: (cursor: Cursor) => string): (bytes: Uint8Array) => string {
  return (bytes) => {
    const cursor = new Cursor(bytes);
    const text = item(cursor);
    if (!cursor.atEnd) throw new RangeError("bytes follow the value");
    return text;
  };
}

/** The JSON of a MessagePack value. Throws a `RangeError` if the bytes are none. */
export const msgpackText = decoder(msgpackItem);

/** The JSON of a CBOR value. Throws a `RangeError` if the bytes are none. */
export const cborText = decoder(cborItem);
