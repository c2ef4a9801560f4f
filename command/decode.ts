// Shows MessagePack and CBOR as JSON without a loss. docs/command.md documents the notation of the values that JSON lacks.
//
// cborg reads CBOR. MessagePack is read here: the decoder of @msgpack/msgpack allocates as many elements as an array claims to
// have, so a peer could end the process with fifty bytes. It also changes texts that are not UTF-8.

import { decodeTimestampToTimeSpec } from "@msgpack/msgpack";
import { decode, type TagDecoder, Token, Tokenizer, Type } from "cborg";
import { jsonOf } from "./harmless.js";
import { bufferOf, textOfFrame } from "./parcel.js";

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

/** A value without parts, as JSON. An object, so that equal keys of a map stay apart. */
class Leaf {
  constructor(
    readonly json: string,
    readonly bytes?: Uint8Array,
  ) {}
}

function leafOf({ type, value, byteValue }: Token): Leaf {
  switch (type.name) {
    case "bytes":
      return new Leaf(bytesText(value), value);
    case "string":
      return new Leaf(stringText(byteValue ?? Buffer.from(value)));
    case "float":
      return new Leaf(floatText(value));
    case "undefined":
      return new Leaf('{"simple":23}');
    default:
      return new Leaf(String(value));
  }
}

/** Makes leaves of the tokens of cborg. Adds those that it rejects: simple values, and bytes and texts in pieces. */
class CborTokens extends Tokenizer {
  override next(): Token {
    const token = this.#token();
    const isLeaf = token.type.terminal && token.type !== Type.break;
    return isLeaf ? new Token(token.type, leafOf(token)) : token;
  }

  #token(): Token {
    const head = this.data[this._pos]!;
    if (head === 0x5f) return new Token(Type.bytes, this.#pieces());
    if (head === 0x7f) return Object.assign(new Token(Type.string), { byteValue: this.#pieces() });
    const isShort = head >= 0xe0 && head < 0xf4;
    if (!isShort && head !== 0xf8) return super.next();
    const value = isShort ? head & 31 : this.data[this._pos + 1];
    if (value === undefined) throw new RangeError("the encoded value ends early");
    this._pos += isShort ? 1 : 2;
    return new Token(Type.null, `{"simple":${value}}`);
  }

  /** Bytes or a text in pieces, each with a length. */
  #pieces(): Buffer {
    const { data } = this;
    const major = data[this._pos++]! >> 5;
    const pieces: Buffer[] = [];
    while (data[this._pos] !== 0xff) {
      if (data[this._pos]! >> 5 !== major) throw new RangeError("a piece of another type");
      const { value, byteValue } = super.next();
      pieces.push(Buffer.from(byteValue ?? value));
    }
    this._pos++;
    return Buffer.concat(pieces);
  }
}

/** The longest big number that is shown in decimal digits, in bytes. */
const longestNumber = 768;

function tagText(tag: string, value: unknown): string {
  const bytes = value instanceof Leaf ? value.bytes : undefined;
  if ((tag === "2" || tag === "3") && bytes !== undefined && bytes.length < longestNumber) {
    const number = BigInt(`0x0${bufferOf(bytes).toString("hex")}`);
    return String(tag === "2" ? number : -1n - number);
  }
  return `{"tag":${tag},"value":${treeText(value)}}`;
}

/** Decodes each tag. */
const tags = new Proxy<TagDecoder[]>([], {
  get: (_, tag) => (value: unknown) => new Leaf(tagText(String(tag), value)),
});

/** The JSON of a value that cborg has decoded. */
function treeText(value: unknown): string {
  if (value instanceof Leaf) return value.json;
  if (Array.isArray(value)) return listText(value.map(treeText));
  if (value instanceof Map)
    return mapText(Array.from(value, ([key, item]) => [treeText(key), treeText(item)]));
  // cborg accepts the end of an open list as a value.
  throw new RangeError("the encoded value ends early");
}

/** The JSON of a CBOR value. Throws an error if the bytes are none. */
export function cborText(bytes: Uint8Array): string {
  const tokenizer = new CborTokens(bytes, { allowBigInt: true, retainStringBytes: true });
  return treeText(decode(bytes, { tokenizer, tags, useMaps: true }));
}

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

/** A time of MessagePack. Undefined if its size is unknown, or if a Date cannot express its seconds. */
function timestamp(data: Buffer): string | undefined {
  if (![4, 8, 12].includes(data.length)) return undefined;
  const { sec, nsec } = decodeTimestampToTimeSpec(data);
  const date = new Date(sec * 1000);
  if (Number.isNaN(date.getTime()) || nsec > 999_999_999) return undefined;
  const fraction = String(nsec).padStart(9, "0");
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

/** The JSON of a MessagePack value. Throws a `RangeError` if the bytes are none. */
export function msgpackText(bytes: Uint8Array): string {
  const cursor = new Cursor(bytes);
  const text = msgpackItem(cursor);
  if (!cursor.atEnd) throw new RangeError("bytes follow the value");
  return text;
}
