// Kinds of options: the type of a value in JavaScript and its bytes in libzmq.

import { emitWarning } from "node:process";
import { types } from "node:util";
import { errorOf } from "../binding/errors.js";
import { explainReading, explainValue } from "./explain.js";
import { knownOptions } from "./known.js";
import { liveOptions } from "./live.js";

type Access = "rw" | "r" | "w";

/** Converts between a value and its bytes. */
export interface Kind<T> {
  /** The valid values, for an error. */
  readonly takes?: string;
  /** The memory that libzmq writes the value to. Its length must be that of a number or key. */
  readonly area: Uint8Array;
  /** Converts the `length` bytes that libzmq wrote to the area. */
  read(length: number): T;
  /** Converts a value to bytes, in the area or elsewhere. */
  write(value: unknown): Uint8Array;
}

/** A row of a table of options: `T` is the type of its value in JavaScript. */
export interface Option<T> {
  readonly id: number;
  readonly kind: Kind<T>;
  readonly access: Access;
}

/** Properties whose types come from a table of options. */
export type Values<Table> = { [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never };

// One area for all options, since each value is used at once. It is longer than any text of libzmq: 255 bytes, except
// for endpoints.
const scratch = new ArrayBuffer(1024);
const bytes = new Uint8Array(scratch);
const first4 = bytes.subarray(0, 4);
const first8 = bytes.subarray(0, 8);
const int32s = new Int32Array(scratch);
const int64s = new BigInt64Array(scratch);
const uint64s = new BigUint64Array(scratch);

function numberOf(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("Option value must be a number");
  // zeromq stores 0 for NaN, which often means the opposite: no linger, no timeout.
  if (Number.isNaN(value)) throw new TypeError("Option value must not be NaN");
  return value;
}

/** An int32 would store 0 for an infinite number, as zeromq does. 64-bit kinds store the largest number instead. */
function finiteOf(value: unknown): number {
  const number = numberOf(value);
  if (!Number.isFinite(number)) throw new TypeError("Option value must be a finite number");
  return number;
}

const maxUint64 = 2n ** 64n - 1n;
const maxInt64 = 2n ** 63n - 1n;

/** Truncates a number and limits it to the bounds, like a cast in C but without its undefined cases. */
function clamp(value: number, low: bigint, high: bigint): bigint {
  if (value >= Number(high)) return high;
  return value <= Number(low) ? low : BigInt(Math.trunc(value));
}

const wholeNumber = "a whole number";

const int32: Kind<number> = {
  takes: wholeNumber,
  area: first4,
  read: () => int32s[0]!,
  write(value) {
    int32s[0] = finiteOf(value);
    return first4;
  },
};

const uint32: Kind<number> = {
  takes: wholeNumber,
  area: first4,
  read: () => int32s[0]! >>> 0,
  write: int32.write,
};

const int64: Kind<number> = {
  takes: wholeNumber,
  area: first8,
  read: () => Number(int64s[0]!),
  write(value) {
    int64s[0] = clamp(numberOf(value), -maxInt64 - 1n, maxInt64);
    return first8;
  },
};

/** From 0, or -1 for no limit. libzmq treats any negative number as no limit. */
const limit: Kind<number> = {
  ...int64,
  write(value) {
    if (numberOf(value) < 0 && value !== -1) throw errorOf("EINVAL");
    return int64.write(value);
  },
};

const uint64: Kind<number> = {
  takes: wholeNumber,
  area: first8,
  read: () => Number(uint64s[0]!),
  write(value) {
    const number = numberOf(value);
    if (number > Number.MAX_SAFE_INTEGER) {
      emitWarning("Value is larger than Number.MAX_SAFE_INTEGER and may have been rounded inaccurately.");
    }
    uint64s[0] = clamp(number, 0n, maxUint64);
    return first8;
  },
};

const boolean: Kind<boolean> = {
  takes: "true or false",
  area: first4,
  read: () => int32s[0] !== 0,
  write(value) {
    if (typeof value !== "boolean") throw new TypeError("Option value must be a boolean");
    int32s[0] = value ? 1 : 0;
    return first4;
  },
};

const noBytes = new Uint8Array(0);

/** Text up to the first NUL. Empty text reads as null. A Buffer may be given for bytes that are not text. */
const string: Kind<string | null> = {
  takes: "a string, a Buffer or null",
  area: bytes,
  read(length) {
    const end = bytes.subarray(0, length).indexOf(0);
    return Buffer.from(scratch, 0, end < 0 ? length : end).toString() || null;
  },
  write(value) {
    if (value === null) return noBytes;
    if (typeof value === "string") return Buffer.from(value);
    if (types.isUint8Array(value)) return value;
    throw new TypeError("Option value must be a string or buffer");
  },
};

/** Bytes, including NULs. */
const binary: Kind<Buffer> = {
  takes: "a Buffer or a string",
  area: bytes,
  read: (length) => Buffer.from(bytes.subarray(0, length)),
  write: string.write,
};

/** Text that null removes. Empty text is rejected, since libzmq would remove a user name, and security with it. */
const text: Kind<string | null> = {
  ...string,
  write(value) {
    const written = string.write(value);
    if (value !== null && written.length === 0) throw errorOf("EINVAL");
    return written;
  },
};

/** A CURVE key: 40 characters of Z85 and a NUL. It may be given as text or as 32 bytes. */
const key: Kind<string | null> = { ...string, area: bytes.subarray(0, 41) };

/** @internal The kinds for options by number. */
export const kinds = { int32, uint32, int64, uint64, boolean, string };

interface Extras {
  /** Default `"rw"`. */
  access?: Access;
  /** Whether the option takes effect at once, instead of at the next `bind` or `connect`. Default false. */
  live?: boolean;
}

function row<T>(kind: Kind<T>) {
  return (id: number, { access = "rw", live = false }: Extras = {}): Option<T> => {
    if (live) liveOptions.add(id);
    return { id, kind, access };
  };
}

/** @internal Functions that create a row of each kind. */
export const rows = {
  int32: row(int32),
  uint32: row(uint32),
  limit: row(limit),
  uint64: row(uint64),
  boolean: row(boolean),
  string: row(string),
  binary: row(binary),
  text: row(text),
  key: row(key),
  /** An int32 of bits, as a list of their names: the first name is bit 0. */
  flags: <Name extends string>(
    names: readonly Name[],
    id: number,
    extras: Extras = {},
  ): Option<readonly Name[]> => {
    const takes = `an array of ${names.map((name) => JSON.stringify(name)).join(", ")}`;
    return row<readonly Name[]>({
      takes,
      area: first4,
      read: () => names.filter((_, bit) => int32s[0]! & (1 << bit)),
      write(value) {
        if (!Array.isArray(value)) throw new TypeError(`Option value must be ${takes}`);
        let bits = 0;
        // Reading the array may run user code, so the shared area is written at the end.
        const count = value.length;
        for (let at = 0; at < count; at++) {
          // With a limit: a proxy can have any length.
          const bit = at < names.length ? names.indexOf(value[at]) : -1;
          if (bit < 0) throw new TypeError(`Option value must be ${takes}`);
          bits |= 1 << bit;
        }
        return int32.write(bits);
      },
    })(id, extras);
  },
  /** An int32 that is the index of one of the names. */
  names: <Name extends string | null>(
    names: readonly Name[],
    id: number,
    extras: Extras = {},
  ): Option<Name> =>
    row<Name>({
      takes: names.map((name) => JSON.stringify(name)).join(", "),
      area: first4,
      read: () => names[int32s[0]!] as Name,
      write(value) {
        const index = names.indexOf(value as Name);
        if (index < 0)
          throw new TypeError(
            `Option value must be one of ${names.map((name) => JSON.stringify(name)).join(", ")}`,
          );
        return int32.write(index);
      },
    })(id, extras),
};

/** @internal The object through which the properties of a table read and set options. */
export interface OptionTarget {
  getOption<T>(option: Option<T>): T;
  setOption<T>(option: Option<T>, value: unknown): void;
}

/**
 * @internal Defines a property on `prototype` for each row. A write-only option has no getter, a read-only one no
 * setter.
 */
export function defineOptions<Owner extends object>(
  prototype: Owner,
  table: Record<string, Option<unknown>>,
  target: (owner: Owner) => OptionTarget,
  of: "socket" | "context" = "socket",
): void {
  for (const [name, option] of Object.entries(table)) {
    knownOptions.push({ prototype, name, id: option.id, writable: option.access !== "r" });
    Object.defineProperty(prototype, name, {
      configurable: true,
      ...(option.access !== "w" && {
        get(this: Owner) {
          try {
            return target(this).getOption(option);
          } catch (error) {
            throw explainReading(error, name);
          }
        },
      }),
      ...(option.access !== "r" && {
        set(this: Owner, value: unknown) {
          try {
            target(this).setOption(option, value);
          } catch (error) {
            throw explainValue(error, name, { kind: option.kind.takes, of }, value);
          }
        },
      }),
    });
  }
}
