// Messages whose Buffers are detached when they have been sent. Native code detaches each Uint8Array that fills its
// ArrayBuffer; here, all others are replaced by copies or refused.

import { types } from "node:util";
import { explained } from "../binding/errors.js";
import { binding, type Handle, type WireFrame, type WireMessage } from "../binding/index.js";
import { copyOf, detached } from "./frames.js";
import { isUntransferable } from "./untransferable.js";

/** The engine's getter: user code may have hidden it by an own property. */
function getter<Owner, Value>(prototype: object, name: string): (owner: Owner) => Value {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name)!;
  return (owner) => get!.call(owner) as Value;
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const bufferOf = getter<Uint8Array, ArrayBufferLike>(typedArray, "buffer");
const lengthOf = getter<Uint8Array, number>(typedArray, "byteLength");
const sizeOf = getter<ArrayBuffer, number>(ArrayBuffer.prototype, "byteLength");

/** Whether memory is detached. Node 20 has no `ArrayBuffer.prototype.detached`. */
function isDetached(memory: ArrayBuffer): boolean {
  if (sizeOf(memory) > 0) return false;
  try {
    new Uint8Array(memory);
    return false;
  } catch {
    return true;
  }
}

function alreadyDetached(): TypeError {
  return explained(
    new TypeError("A frame to transfer is detached"),
    "its memory was transferred before: send each Buffer once, or without `transfer`",
  );
}

/** Throws a TypeError if a frame was detached, by an earlier transfer for example. */
function refuseDetached(frame: WireFrame): void {
  if (typeof frame !== "object") return;
  const memory = bufferOf(frame);
  if (frame === detached || (types.isArrayBuffer(memory) && isDetached(memory))) throw alreadyDetached();
}

/** Throws a TypeError if the length of a frame has changed: its ArrayBuffer is resizable. */
function refuseResized(frame: WireFrame, length: number): void {
  if (typeof frame !== "object" || lengthOf(frame) === length) return;
  throw explained(
    new TypeError(`A frame to transfer had ${length} bytes, and has ${lengthOf(frame)} after it waited`),
    "its ArrayBuffer was resized meanwhile: resize it before `send`, or send without `transfer`",
  );
}

/** Copies a frame whose memory must not be detached, or may be changed by other threads. */
function prepared(frame: WireFrame): WireFrame {
  if (typeof frame !== "object") return frame;
  refuseDetached(frame);
  const memory = bufferOf(frame);
  if (!types.isArrayBuffer(memory)) return copyOf(frame);
  if (lengthOf(frame) < sizeOf(memory)) return frame;
  // Node marks all memory of addons, including that of this library.
  return isUntransferable(memory) && !binding.ownsMemory(frame) ? copyOf(frame) : frame;
}

/** @internal A message to transfer. Its methods run no user code. */
export class Cargo {
  /** The library's own array. */
  readonly frames: WireFrame[];
  /** Lengths of the frames of a message that waits. */
  #lengths: Float64Array | undefined;

  /** @throws TypeError if a frame is detached. */
  constructor(wire: WireMessage) {
    const frames = Array.isArray(wire) ? wire : [wire];
    for (let index = 0; index < frames.length; index++) frames[index] = prepared(frames[index]!);
    this.frames = frames;
  }

  /** Prepares to wait: copies the frames that stay attached, since the program may change them meanwhile. */
  kept(): this {
    const { frames } = this;
    const lengths = new Float64Array(frames.length);
    for (let index = 0; index < frames.length; index++) {
      const frame = frames[index]!;
      if (typeof frame !== "object") continue;
      lengths[index] = lengthOf(frame);
      // `prepared` has replaced all other kinds of memory.
      if (lengthOf(frame) < sizeOf(bufferOf(frame) as ArrayBuffer)) frames[index] = copyOf(frame);
    }
    this.#lengths = lengths;
    return this;
  }

  /** Like `trySend` of the binding. Throws a TypeError if a frame was detached or resized while the message waited. */
  send(handle: Handle): number {
    const { frames } = this;
    if (this.#lengths !== undefined) {
      for (let index = 0; index < frames.length; index++) {
        refuseDetached(frames[index]!);
        refuseResized(frames[index]!, this.#lengths[index]!);
      }
    }
    return binding.tryTransfer(handle, frames);
  }
}
