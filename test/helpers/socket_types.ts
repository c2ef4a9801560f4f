// Facts about socket types that cannot be derived from the classes: their numbers in libzmq's interface, and the types
// that exchange messages. socket_types.json is the only place where they are written down, so that plain JavaScript reads
// them, too. test/docs/sockets.test.ts compares the lists with the classes that the package exports.

import data from "./socket_types.json";

export type StableName = keyof typeof data.numbers.stable;
export type DraftName = keyof typeof data.numbers.draft;

/** The numbers of the socket types, which never change. */
export const stableTypes: Readonly<Record<StableName, number>> = data.numbers.stable;
export const draftTypes: Readonly<Record<DraftName, number>> = data.numbers.draft;

export const stableNames = Object.keys(stableTypes) as StableName[];
export const draftNames = Object.keys(draftTypes) as DraftName[];

type Pair = readonly [first: string, second: string];

/** Pairs of types that exchange messages. The first one can send first. */
export const stablePairs = data.pairs.stable as unknown as readonly Pair[];
export const draftPairs = data.pairs.draft as unknown as readonly Pair[];

/** Types in no pair: a Stream talks to programs without ZeroMQ, a Datagram exchanges packets. */
export const unpaired: readonly string[] = data.unpaired;
