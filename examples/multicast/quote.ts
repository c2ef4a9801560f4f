// What goes over the wire: a symbol, to filter by, and three numbers.

export interface Quote {
  symbol: string;
  /** Counts the quotes of this symbol, from 0. */
  number: number;
  /** When it was made: milliseconds since 1970. */
  time: number;
  price: number;
}

/** The symbol under which the publisher says that it ends. */
export const end = "END";

export function encode({ symbol, number, time, price }: Quote): [string, Buffer] {
  const body = Buffer.allocUnsafe(24);
  body.writeDoubleLE(number, 0);
  body.writeDoubleLE(time, 8);
  body.writeDoubleLE(price, 16);
  return [symbol, body];
}

export function decode([symbol, body]: Buffer[]): Quote {
  return {
    symbol: String(symbol),
    number: body!.readDoubleLE(0),
    time: body!.readDoubleLE(8),
    price: body!.readDoubleLE(16),
  };
}
