// The memory that messages are received into. One slab and one frame table serve all sockets of this copy of the
// library. Native code writes frames to the slab; here Buffers are created over it without further native calls.

import { constants as os } from "node:os";
import { ZMQ_RCVMORE } from "../binding/constants.js";
import { check, errorOf } from "../binding/errors.js";
import { binding, type Handle } from "../binding/index.js";
import { kinds } from "../options/kinds.js";
import type { Message } from "./frames.js";
import { markAsUntransferable } from "./untransferable.js";

/** The size of a slab. A small message that the program keeps also keeps its slab alive. */
const slabSize = 32 * 1024;
const tableRows = 1024;
/** The most large frames of one native call: each fills a quarter of the slab, and 1 MiB of them ends the call. */
const largestBatch = 160;
/** Native calls for one message before the event loop has its turn. Each brings up to 1,024 frames. */
const crossingsPerTurn = 16;

// native/receiver.cc adds this to its count of frames if libzmq had no more.
const emptiedFlag = 1 << 16;
// The format of a row of the table, which native/receiver.cc writes.
const moreBit = 1;
const ownBufferBit = 2;
const lengthShift = 2;
const alignment = 8;

// Buffer's own constructor for a view. It skips the checks of Buffer.from, which takes twice as long.
const View = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  memory: ArrayBuffer,
  offset: number,
  length: number,
) => Buffer;

const table = new Int32Array(tableRows);
const largeFrames: (Buffer | undefined)[] = Array.from({ length: largestBatch }, () => undefined);
check(binding.setReceiveArea(new Uint8Array(table.buffer), largeFrames));

// The first receive creates them, so that a program that only sends does not allocate a slab or load
// node:worker_threads.
let slab = Buffer.alloc(0);
let memory = slab.buffer;
let offset = 0;

/** Allocates a new slab. Returns false, and keeps the old one, if there is no memory. */
function renew(): boolean {
  let fresh: Buffer<ArrayBuffer>;
  try {
    // Not zeroed: native code reports how much of it was written.
    fresh = Buffer.allocUnsafeSlow(slabSize);
  } catch {
    return false;
  }
  // Users hold views of this memory. postMessage with one of them in its transfer list would detach the memory from all
  // others, so it is marked.
  markAsUntransferable(fresh.buffer);
  // Last, since the lines above may throw near a stack overflow.
  slab = fresh;
  memory = slab.buffer;
  offset = 0;
  return true;
}

/**
 * Creates the Buffer for one row of the table. The place is taken before: a program that has replaced the prototype of
 * `View` runs in its constructor, and may receive there.
 */
function cut(row: number): Buffer {
  const length = row >> lengthShift;
  const start = offset;
  offset += (length + alignment - 1) & -alignment;
  return new View(memory, start, length);
}

/** Names of the first message's properties, and the array for their values, filled with nulls. */
export interface Properties {
  readonly names: string[];
  readonly values: (string | null)[];
}

/**
 * A copy of the small frames that a loop prefetched. They share the slab with frames that the user has already, and a
 * user of those may detach the slab: a byte stream does so with each chunk. Copying costs about 3 ns per message.
 */
class Reserve {
  #bytes = new Uint8Array(4096);
  #rows = new Int32Array(64);
  #frames = 0;
  /** The slab that the frames are in, until all of them have been delivered. */
  #slab: Buffer | undefined;

  /** Copies the result of one native call: `frames` rows of the table, and the slab from `start` on. */
  save(start: number, frames: number): void {
    const size = Math.min(offset, slabSize) - start;
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(slabSize);
    if (this.#rows.length < frames) this.#rows = new Int32Array(tableRows);
    // `subarray` of a Buffer costs more than a new view, and that of the table more than copying a few rows.
    this.#bytes.set(new Uint8Array(memory, start, size));
    for (let index = 0; index < frames; index++) this.#rows[index] = table[index]!;
    this.#frames = frames;
    this.#slab = slab;
  }

  /** Whether the memory of the frames was detached. */
  get needed(): boolean {
    // The length of a view: V8 calls a function for that of an ArrayBuffer.
    return this.#slab !== undefined && this.#slab.length === 0;
  }

  /** Stops keeping the slab alive, after all messages have been delivered. */
  release(): void {
    this.#slab = undefined;
  }

  /** Replaces the frames of the messages from index `head` on by copies. */
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
    // Last: if a copy fails for lack of memory, the next attempt starts again.
    this.#slab = undefined;
  }
}

/** A copy in memory that is shared with no other Buffer. */
function ownMemory(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Copies the frames of all messages but the first. */
function own(messages: Message[][], count: number): void {
  for (let index = 1; index < count; index++) {
    messages[index] = messages[index]!.map(ownMemory);
  }
}

/** State of receiving from one socket that the next call needs. */
export class Intake {
  /** Whether the last call ended because libzmq had no more. The next message then causes a wake-up. */
  emptied = false;
  /** The first frames of a message that is received in parts, between which the event loop has its turn. */
  partial: Message[] | undefined;
  /** An error after complete messages, which the next call reports: -errno, or an exception. 0 for none. */
  failure: number | object = 0;
  /** Whether an exception, such as a stack overflow, ended a call before its rows were read. Its frames are lost. */
  torn = false;
  /** The copy of prefetched frames, once a loop has prefetched. */
  reserve: Reserve | undefined;
}

// V8 inlines only small functions. Rare cases are in separate functions, so that the common path stays small.

/** The intake of the native call in progress. The table and the slab hold the frames of one call at a time. */
let reader: Intake | undefined;

/**
 * Handles the leftovers of the last call. Returns its error, or 0. Drops a message as a whole if some of its frames
 * were lost: the rest must not look like a message.
 */
function settle(handle: Handle, intake: Intake): number {
  if (reader !== undefined) {
    // Either an exception ended the earlier call, or this call comes from a setter of Array.prototype inside the earlier
    // one. The earlier call then continues with a zeroed slab, sees that it is no longer `reader`, and drops its
    // messages.
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

/** Drops the rest of a message. Returns 0, or -ENOMEM if that must be retried. */
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

/** The error of a call during which user code received another message. */
function overwritten(): Error {
  return errorOf(
    "EBUSY",
    "Another message was received, by a setter of Array.prototype, before this one was complete",
  );
}

/** Ends a call for lack of memory. Nothing is lost: the next call continues. */
function outOfMemory(intake: Intake, complete: number): number {
  reader = undefined;
  intake.emptied = false;
  return complete > 0 ? complete : -os.errno.ENOMEM;
}

/** Ends a call that found no frame, or an error. An error also drops a message that was received in part. */
function ended(intake: Intake, complete: number, result: number): number {
  reader = undefined;
  intake.torn = false;
  if (result < 0) intake.partial = undefined;
  if (complete === 0) return result;
  intake.failure = result;
  return complete;
}

/** Removes a Buffer from the array of large frames. */
function largeFrame(index: number): Buffer {
  const frame = largeFrames[index]!;
  largeFrames[index] = undefined;
  return frame;
}

/** Creates messages from the rows of the table. Returns the number of complete ones; `intake.partial` has the rest. */
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
  // A frame that did not fit was put beside the slab, which then counts as full.
  if (large > 0 && slabSize - offset < slabSize / 4) offset = slabSize;
  return complete;
}

/** Copies the messages that are not delivered at once. `whole`: one native call received these messages completely. */
function keepAhead(
  messages: Message[][],
  count: number,
  intake: Intake,
  start: number,
  frames: number,
  whole: boolean,
): void {
  try {
    // A message that is split between two native calls occurs once per slab. Separate copies are simpler then.
    if (!whole || intake.partial !== undefined) {
      own(messages, count);
      return;
    }
    intake.reserve ??= new Reserve();
    intake.reserve.save(start, frames);
  } catch {
    // No memory, or a stack overflow. The messages are used without a copy.
    intake.reserve?.release();
  }
}

/**
 * Receives one message, as `receiveInto`. Returns it, or 0 if none is ready, or -errno. Most messages have one small frame.
 * These take a short path, on which only a replaced constructor of Buffers could run user code (`cut`), and are not stored
 * in an array: V8 records each store of a new object in an old one.
 */
export function receiveOne(handle: Handle, intake: Intake, whole: boolean): Message[] | number {
  if (
    intake.failure !== 0 ||
    intake.torn ||
    intake.partial !== undefined ||
    reader !== undefined ||
    offset >= slabSize ||
    slab.length === 0
  ) {
    return receiveNext(handle, intake, whole);
  }
  intake.torn = true;
  const result = binding.receive(handle, memory, offset, 1);
  intake.emptied = result >= emptiedFlag || result === 0;
  const row = table[0]!;
  if (result !== 1 || (row & (moreBit | ownBufferBit)) !== 0) return readOne(result, handle, intake, whole);
  const message = [cut(row)];
  intake.torn = false;
  return message;
}

/** Reads the result of a native call for one message, and receives the rest of the message. */
function readOne(result: number, handle: Handle, intake: Intake, whole: boolean): Message[] | number {
  if (result <= 0) return ended(intake, 0, result);
  reader = intake;
  // With an element, since a setter of Array.prototype could take the message.
  const messages: Message[][] = [[]];
  const complete = readRows(result & (emptiedFlag - 1), messages, 0, intake);
  if (reader !== intake) throw overwritten();
  reader = undefined;
  intake.torn = false;
  return complete > 0 ? messages[0]! : receiveNext(handle, intake, whole);
}

function receiveNext(handle: Handle, intake: Intake, whole: boolean): Message[] | number {
  const messages: Message[][] = [[]];
  const count = receiveInto(messages, 0, handle, 1, intake, undefined, whole);
  return count > 0 ? messages[0]! : count;
}

/**
 * Receives up to `maxMessages` complete messages that are ready into `messages`, from index `at` on. Returns their
 * number, 0 if none is ready, or -errno. Unless `whole`, a message of very many frames is received in parts: if
 * `partial` is set on return, the caller must call again in the next turn of the event loop. With `ahead`, the messages
 * after the first are not delivered at once, and the intake's reserve keeps a copy of them.
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
    // User code may have detached the slab all the same, with ArrayBuffer.prototype.transfer for example.
    if ((offset >= slabSize || slab.length === 0) && !renew()) return outOfMemory(intake, complete);
    // Reset when the rows have been read. Only an exception leaves it set.
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
