// Memory that messages are received into. One slab and one frame table serve all sockets of this copy of the library:
// native code writes frames from an offset on, and Buffers are cut from it here, with no further crossing.

import * as threads from "node:worker_threads";
import { binding, type Handle } from "./binding.js";
import { check } from "./errors.js";
import type { Message } from "./message.js";

/** A kept small message keeps its slab alive: this many bytes at most. */
const slabSize = 32 * 1024;
const tableRows = 1024;
/** As many large frames as one crossing can find: each fills a quarter of the slab, and 1 MiB of them ends it. */
const largestBatch = 160;
/** Crossings for one message before the event loop has its turn: each brings up to 1,024 frames. */
const crossingsPerTurn = 16;

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
const largeFrames: (Buffer | undefined)[] = new Array(largestBatch).fill(undefined);
check(binding.receiveInto(new Uint8Array(table.buffer), largeFrames));

let slab: Buffer;
let memory: ArrayBufferLike;
let offset: number;

function renew(): void {
  // Not zeroed: native code tells how much of it was written.
  slab = Buffer.allocUnsafeSlow(slabSize);
  memory = slab.buffer;
  offset = 0;
  // As Node does with its own pool: users hold views of this memory, and postMessage with one of them in its transfer
  // list would take it away from all the others. Bun and Deno lack the function.
  (threads as Partial<typeof threads>).markAsUntransferable?.(memory);
}
renew();

/** Cuts the frame behind one row of the table out of the slab. */
function cut(row: number): Buffer {
  const length = row >> lengthShift;
  const frame = new View(memory, offset, length);
  offset += (length + alignment - 1) & -alignment;
  return frame;
}

/** Properties to read of the first message, by name, and where their values go: as many nulls before the call. */
export interface Properties {
  readonly names: string[];
  readonly values: (string | null)[];
}

/** What receiving from one socket leaves for the next call. */
export class Intake {
  /** The last call ended because libzmq had no more: its next wake-up is then certain to come. */
  emptied = false;
  /** Frames of a message whose other frames are still in libzmq: the event loop had its turn in between. */
  partial: Message[] | undefined;
  /** -errno that came after complete messages. */
  failure = 0;
}

/**
 * Puts up to `maxMessages` complete messages that are ready into `messages`, from index `at` on. Returns how many, 0
 * when none is ready, or -errno. A message of very many frames is received in parts, unless `whole`: with `partial` set
 * on return, the caller comes again in the next turn of the event loop.
 */
export function receiveInto(
  messages: Message[][],
  at: number,
  handle: Handle,
  maxMessages: number,
  intake: Intake,
  properties?: Properties,
  whole = false,
): number {
  const { failure } = intake;
  if (failure !== 0) {
    intake.failure = 0;
    return failure;
  }
  let complete = 0;
  let { partial } = intake;
  let crossings = 0;
  do {
    // Some call of the user's may have detached the slab all the same, ArrayBuffer.prototype.transfer for instance.
    if (offset >= slabSize || memory.byteLength === 0) renew();
    const result =
      properties === undefined || partial !== undefined
        ? binding.receive(handle, slab, offset, maxMessages - complete)
        : binding.receive(handle, slab, offset, 1, properties.names, properties.values);
    intake.emptied = result >= emptiedFlag || result === 0;
    if (result <= 0) {
      // What an error interrupts cannot be completed; "nothing there" keeps it.
      intake.partial = result < 0 ? undefined : partial;
      if (complete === 0) return result;
      intake.failure = result;
      return complete;
    }
    const frames = intake.emptied ? result - emptiedFlag : result;
    let large = 0;
    for (let index = 0; index < frames; index++) {
      const row = table[index]!;
      let frame: Buffer;
      if (row & ownBufferBit) {
        frame = largeFrames[large]!;
        largeFrames[large++] = undefined;
      } else {
        frame = cut(row);
      }
      if (partial === undefined) partial = [frame];
      else partial.push(frame);
      if (row & moreBit) continue;
      messages[at + complete++] = partial;
      partial = undefined;
    }
    // A frame that no longer fitted went beside the slab, which then counts as full.
    if (large > 0 && slabSize - offset < slabSize / 4) offset = slabSize;
  } while (partial !== undefined && (whole || ++crossings < crossingsPerTurn));
  intake.partial = partial;
  return complete;
}
