// A message that is being sent: frames that native code copies, or a Cargo that it takes over.

import { binding, type Handle, type WireMessage } from "../binding/index.js";
import { copyOf, snapshot } from "./frames.js";
import { Cargo } from "./transfer.js";

/** @internal */
export type Outgoing = WireMessage | Cargo;

/** More frames than this are passed as an array, since the number of arguments of a native call is limited. */
const mostArguments = 64;

/** @internal Sends a message. Returns the result of `trySend` of the binding. */
export function handOver(handle: Handle, message: Outgoing): number {
  if (!Array.isArray(message)) {
    return message instanceof Cargo ? message.send(handle) : binding.trySend(handle, message);
  }
  // Spreading an array costs more than naming its elements, and most messages have few frames.
  if (message.length === 2) return binding.trySend(handle, message[0]!, message[1]!);
  if (message.length === 3) return binding.trySend(handle, message[0]!, message[1]!, message[2]!);
  return message.length > mostArguments
    ? binding.trySend(handle, message)
    : binding.trySend(handle, ...message);
}

/** @internal Copies what the program may change while the message waits. */
export function kept(message: Outgoing): Outgoing {
  return message instanceof Cargo ? message.kept() : snapshot(message);
}

/** @internal */
export function framesOf(message: Outgoing): WireMessage {
  return message instanceof Cargo ? message.frames : message;
}

/** @internal The topic of a message for `latestByTopic`: its last frame, the tag, if it is `tagged`, or its first one. */
export function topicOf(message: Outgoing, tagged: boolean): string {
  const frames = framesOf(message);
  const frame = Array.isArray(frames) ? frames[tagged ? frames.length - 1 : 0]! : frames;
  if (typeof frame === "number") return `${frame}`;
  // Copied, since `Buffer.from` would run user code of a Buffer to transfer.
  const bytes = typeof frame === "string" ? Buffer.from(frame) : Buffer.from(copyOf(frame).buffer);
  return bytes.toString("latin1");
}
