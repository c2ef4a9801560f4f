// A message that stands for the end of the data.

import { types } from "node:util";
import { toWire } from "../message/frames.js";

/** The frames of a message as bytes. Reads the message once, as `send` does. */
export function framesOf(message: unknown): Uint8Array[] {
  const wire = toWire(message);
  const frames = Array.isArray(wire) ? wire : [wire];
  return frames.map((frame) => (types.isUint8Array(frame) ? frame : Buffer.from(String(frame))));
}

export class EndMarker {
  readonly frames: readonly Buffer[];

  constructor(message: unknown) {
    // Copies, since the program may change its bytes.
    this.frames = framesOf(message).map((frame) => Buffer.from(frame));
  }

  equals(frames: readonly object[]): boolean {
    const { length } = this.frames;
    return (
      frames.length === length &&
      this.frames.every((frame, index) => {
        const other = frames[index];
        // Draft sockets receive a frame and an object with its routing id or group.
        return types.isUint8Array(other) && frame.equals(other);
      })
    );
  }
}
