// Encodes quotes: a frame with the symbol, which is the topic, and a frame with three numbers.

export interface Quote {
  symbol: string;
  /** Counts the quotes of this symbol, from 0. */
  number: number;
  /** When the quote was created, in milliseconds since 1970. */
  time: number;
  price: number;
}

/** The topic of the last message. */
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
