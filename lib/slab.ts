// Memory that messages are received into. One slab and one frame table serve all sockets of a thread: native code
// writes frames from an offset on, and Buffers are cut from it here, with no further crossing.

import { binding, type Handle } from "./binding.js";
import type { Message } from "./message.js";

/** A kept small message keeps its slab alive: this many bytes at most. */
const slabSize = 32 * 1024;
const tableRows = 1024;

// What native/receiver.cc adds to its count of frames when libzmq had no more.
const emptiedFlag = 1 << 16;
// A row of the table, native/receiver.cc writes the same.
const moreBit = 1;
const ownBufferBit = 2;
const lengthShift = 2;
const alignment = 8;

// Buffer's own constructor for a view, without the checks of Buffer.from: about half the time.
const View = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  memory: ArrayBufferLike,
  offset: number,
  length: number,
) => Buffer;

const table = new Int32Array(tableRows);
const largeFrames: Buffer[] = [];
let memory: ArrayBufferLike;
let offset: number;

function renew(): void {
  // Not zeroed: native code tells how much of it was written.
  const slab = Buffer.allocUnsafeSlow(slabSize);
  binding.receiveInto(slab, new Uint8Array(table.buffer), largeFrames);
  memory = slab.buffer;
  offset = 0;
}
renew();

/** Cuts the frame behind one row of the table out of the slab. */
function cut(row: number): Buffer {
  const length = row >> lengthShift;
  const frame = new View(memory, offset, length);
  offset += (length + alignment - 1) & -alignment;
  return frame;
}

/** Whether the last `receiveInto` ended because libzmq had no more; then its next wake-up is certain to come. */
export let emptied = false;

/** Names of properties to read of the first message, and where their values go. */
export interface Properties {
  readonly names: readonly string[];
  readonly values: (string | null)[];
}

/**
 * Puts up to `maxMessages` complete messages that are ready into `messages`, from index `at` on. Answers how many, 0
 * when none is ready, or -errno. Nothing that was taken from libzmq stays behind.
 */
export function receiveInto(
  messages: Message[][],
  at: number,
  handle: Handle,
  maxMessages: number,
  properties?: Properties,
): number {
  let complete = 0;
  let partial: Buffer[] | undefined;
  do {
    if (offset >= slabSize) renew();
    const result =
      properties === undefined || partial !== undefined
        ? binding.receive(handle, offset, maxMessages - complete)
        : binding.receive(handle, offset, 1, properties.names, properties.values);
    emptied = result >= emptiedFlag || result === 0;
    if (result <= 0) return complete > 0 ? complete : result;
    const frames = emptied ? result - emptiedFlag : result;
    let large = 0;
    for (let index = 0; index < frames; index++) {
      const row = table[index]!;
      const frame = row & ownBufferBit ? largeFrames[large++]! : cut(row);
      if (partial === undefined) partial = [frame];
      else partial.push(frame);
      if (row & moreBit) continue;
      messages[at + complete++] = partial;
      partial = undefined;
    }
    if (large > 0) {
      largeFrames.length = 0;
      // A frame that no longer fitted went beside the slab, which then counts as full.
      if (slabSize - offset < slabSize / 4) offset = slabSize;
    }
  } while (partial !== undefined);
  return complete;
}
