// Memory that messages are received into. One slab and one frame table serve all sockets of this copy of the library:
// native code writes frames from an offset on, and Buffers are cut from it here, with no further crossing.

import { constants as os } from "node:os";
import { ZMQ_RCVMORE } from "../binding/constants.js";
import { check, errorOf } from "../binding/errors.js";
import { binding, type Handle } from "../binding/index.js";
import { kinds } from "../options/kinds.js";
import type { Message } from "./frames.js";

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
  memory: ArrayBuffer,
  offset: number,
  length: number,
) => Buffer;

const table = new Int32Array(tableRows);
const largeFrames: (Buffer | undefined)[] = Array.from({ length: largestBatch }, () => undefined);
check(binding.receiveInto(new Uint8Array(table.buffer), largeFrames));

// The first receive replaces them: until then, a program that only sends has neither the memory nor the module.
let slab = Buffer.alloc(0);
let memory = slab.buffer;
let offset = 0;

type Threads = typeof import("node:worker_threads");
let threads: Partial<Threads> | undefined;

/** False when there is no memory for a new slab; the old one stays then. */
function renew(): boolean {
  let fresh: Buffer<ArrayBuffer>;
  try {
    // Not zeroed: native code tells how much of it was written.
    fresh = Buffer.allocUnsafeSlow(slabSize);
  } catch {
    return false;
  }
  // As Node does with its own pool: users hold views of this memory, and postMessage with one of them in its transfer
  // list would take it away from all the others. Bun and Deno lack the function. Loading the module takes Node 4 ms.
  threads ??= process.getBuiltinModule("node:worker_threads");
  threads.markAsUntransferable?.(fresh.buffer);
  // Only now: near the end of the stack, the lines above may throw.
  slab = fresh;
  memory = slab.buffer;
  offset = 0;
  return true;
}

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

/**
 * A copy of the small frames that a loop fetched ahead. They share the slab with frames that the user has already, and
 * one of those may take the slab's memory away: a stream of bytes does so with each chunk. A copy for a whole crossing
 * costs about 3 ns a message.
 */
class Reserve {
  #bytes = new Uint8Array(4096);
  #rows = new Int32Array(64);
  #frames = 0;
  #memory: ArrayBufferLike | undefined;

  /** Copies what a crossing wrote: `frames` rows of the table, from `start` on in the slab. */
  save(start: number, frames: number): void {
    const size = Math.min(offset, slabSize) - start;
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(slabSize);
    if (this.#rows.length < frames) this.#rows = new Int32Array(tableRows);
    this.#bytes.set(slab.subarray(start, start + size));
    this.#rows.set(frames === tableRows ? table : table.subarray(0, frames));
    this.#frames = frames;
    this.#memory = memory;
  }

  /** Whether the memory of the frames has been taken away. */
  get needed(): boolean {
    return this.#memory !== undefined && this.#memory.byteLength === 0;
  }

  /** All messages have been handed out: the slab is kept no longer. */
  release(): void {
    this.#memory = undefined;
  }

  /** Replaces the frames of messages from `head` on; `messages` are those of the crossing that was saved. */
  restore(messages: Message[][], head: number): void {
    let message = 0;
    let frame = 0;
    let at = 0;
    for (let index = 0; index < this.#frames; index++) {
      const row = this.#rows[index]!;
      const length = row >> lengthShift;
      if ((row & ownBufferBit) === 0) {
        if (message >= head) messages[message]![frame] = ownMemory(this.#bytes.subarray(at, at + length));
        at += (length + alignment - 1) & -alignment;
      }
      frame = row & moreBit ? frame + 1 : 0;
      if (frame === 0) message++;
    }
    // Last: if there is no memory for a copy, the next attempt begins anew.
    this.#memory = undefined;
  }
}

/** A Buffer whose memory no other shares. */
function ownMemory(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Gives the frames of all messages but the first memory of their own. */
function own(messages: Message[][], count: number): void {
  for (let index = 1; index < count; index++) {
    messages[index] = messages[index]!.map(ownMemory);
  }
}

/** State of receiving from one socket that the next call needs. */
export class Intake {
  /** The last call ended because libzmq had no more: its next wake-up is then certain to come. */
  emptied = false;
  /** Frames of a message whose other frames are still in libzmq: the event loop had its turn in between. */
  partial: Message[] | undefined;
  /** -errno that came after complete messages, or an exception; 0 for none. */
  failure: number | object = 0;
  /** An exception, such as a stack overflow, came between a crossing and the end of its rows: what it brought is lost. */
  torn = false;
  /** Of what a loop fetched ahead, once it has fetched anything. */
  reserve: Reserve | undefined;
}

// V8 inlines small functions only. What seldom happens is therefore in functions of its own, which leaves the path of
// a message in one piece.

/** The intake whose native call is in progress or whose rows are being read. The table and the slab hold one at a time. */
let reader: Intake | undefined;

/**
 * Before a call, what the last one left: an error to return or throw, or nothing, 0. Drops a message of which frames
 * were lost, as a whole: what is left of it must not pass for a message.
 */
function settle(handle: Handle, intake: Intake): number {
  if (reader !== undefined) {
    // An exception has ended that crossing, or a setter of Array.prototype receives in the midst of it. It then goes on
    // in a slab without anybody's bytes, finds that it is no longer the reader, and gives its messages up.
    reader = undefined;
    largeFrames.fill(undefined);
    if (renew()) slab.fill(0);
    else offset = slabSize;
  }
  const { failure } = intake;
  intake.failure = 0;
  if (typeof failure === "object") throw failure;
  if (failure !== 0) return failure;
  return intake.torn ? dropRest(handle, intake) : 0;
}

/** 0, or -ENOMEM: then the message is still to be dropped. */
function dropRest(handle: Handle, intake: Intake): number {
  intake.partial = undefined;
  let more = binding.getOption(handle, ZMQ_RCVMORE, kinds.int32.area) > 0 && kinds.int32.read(4) !== 0;
  while (more) {
    if ((offset >= slabSize || slab.length === 0) && !renew()) return -os.errno.ENOMEM;
    const frames = binding.receive(handle, memory, offset, 1) & (emptiedFlag - 1);
    more = frames > 0 && frames <= tableRows && (table[frames - 1]! & moreBit) !== 0;
  }
  largeFrames.fill(undefined);
  intake.torn = false;
  return 0;
}

/** The error of a native call during which user code received another message. */
function overwritten(): Error {
  return errorOf(
    "EBUSY",
    "Another message was received, by a setter of Array.prototype, before this one was complete",
  );
}

/** Nothing is lost: the next call goes on from here. */
function outOfMemory(intake: Intake, complete: number): number {
  reader = undefined;
  intake.emptied = false;
  return complete > 0 ? complete : -os.errno.ENOMEM;
}

/** The end of a call that found no frame, or an error: that ends a message which is here in part. */
function ended(intake: Intake, complete: number, result: number): number {
  reader = undefined;
  intake.torn = false;
  if (result < 0) intake.partial = undefined;
  if (complete === 0) return result;
  intake.failure = result;
  return complete;
}

/** Takes a Buffer out of the array of large frames. */
function largeFrame(index: number): Buffer {
  const frame = largeFrames[index]!;
  largeFrames[index] = undefined;
  return frame;
}

/** Makes messages of the first rows of the table. Returns how many were completed; `intake.partial` has the rest. */
function readRows(frames: number, messages: Message[][], at: number, intake: Intake): number {
  let { partial } = intake;
  let complete = 0;
  let large = 0;
  for (let index = 0; index < frames; index++) {
    const row = table[index]!;
    const frame = row & ownBufferBit ? largeFrame(large++) : cut(row);
    if (partial === undefined) partial = [frame];
    else partial.push(frame);
    if (row & moreBit) continue;
    messages[at + complete++] = partial;
    partial = undefined;
  }
  intake.partial = partial;
  // A frame that no longer fitted went beside the slab, which then counts as full.
  if (large > 0 && slabSize - offset < slabSize / 4) offset = slabSize;
  return complete;
}

/** Keeps a copy of what is not handed out at once; `whole`: this crossing alone brought these messages, in full. */
function keepAhead(
  messages: Message[][],
  count: number,
  intake: Intake,
  start: number,
  frames: number,
  whole: boolean,
): void {
  try {
    // Once in a slab a crossing splits a message, and more than one crossing fetches ahead. Copies are simpler then.
    if (!whole || intake.partial !== undefined) {
      own(messages, count);
      return;
    }
    intake.reserve ??= new Reserve();
    intake.reserve.save(start, frames);
  } catch {
    // No memory, or the end of the stack: the messages are here all the same, only without a copy.
    intake.reserve?.release();
  }
}

/**
 * Puts up to `maxMessages` complete messages that are ready into `messages`, from index `at` on. Returns how many, 0
 * when none is ready, or -errno. A message of very many frames is received in parts, unless `whole`: with `partial` set
 * on return, the caller comes again in the next turn of the event loop. With `ahead` the messages after the first are
 * not handed out at once, and the intake's reserve keeps a copy of them.
 */
export function receiveInto(
  messages: Message[][],
  at: number,
  handle: Handle,
  maxMessages: number,
  intake: Intake,
  properties?: Properties,
  whole = false,
  ahead = false,
): number {
  if (intake.failure !== 0 || intake.torn || reader !== undefined) {
    const failure = settle(handle, intake);
    if (failure !== 0) return failure;
  }
  const continues = intake.partial !== undefined;
  let complete = 0;
  let crossings = 0;
  reader = intake;
  do {
    // Some call of the user's may have detached the slab all the same, ArrayBuffer.prototype.transfer for instance.
    if ((offset >= slabSize || slab.length === 0) && !renew()) return outOfMemory(intake, complete);
    // Until the rows have been read. Nothing but an exception leaves it set.
    intake.torn = true;
    const result =
      properties === undefined || intake.partial !== undefined
        ? binding.receive(handle, memory, offset, maxMessages - complete)
        : binding.receive(handle, memory, offset, 1, properties.names, properties.values);
    intake.emptied = result >= emptiedFlag || result === 0;
    if (result <= 0) return ended(intake, complete, result);
    const frames = result & (emptiedFlag - 1);
    const start = offset;
    complete += readRows(frames, messages, at + complete, intake);
    if (ahead && complete > 1)
      keepAhead(messages, complete, intake, start, frames, crossings === 0 && !continues);
    if (reader !== intake) throw overwritten();
    intake.torn = false;
  } while (intake.partial !== undefined && (whole || ++crossings < crossingsPerTurn));
  reader = undefined;
  return complete;
}
