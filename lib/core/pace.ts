// The pace of large messages. libzmq takes a thousand messages for a peer before a send has to wait: of 1 MiB each, that
// is a gigabyte in memory that the system has to map first. A sender that waits for the wire before that copies into the
// memory of messages that are sent, which is twice as fast. The message is in libzmq already, so nothing depends on the
// wait: not the order, not the high-water mark, not the end of the socket.

import { binding } from "../binding/index.js";
import { setTimeout, now as time } from "../runtime/timers.js";
import { nextTurn } from "./fairness.js";

/** Milliseconds between two looks. */
const interval = 1;
/** The part of the bytes at the beginning that libzmq may still hold at the end: the wire must not run dry. */
const share = 0.6;
/** Milliseconds in which libzmq sends at least one message if there is a peer that reads: 16 MiB take ten. */
const patience = 50;
/** Milliseconds without another wait after one that was in vain. */
const respite = 1000;

let waiting: Promise<void> | undefined;
let respiteEnd = 0;

/** Resolves when libzmq has sent much of what it holds, or nothing for a while. */
export function paced(): Promise<void> {
  if (waiting !== undefined) return waiting;
  let since = time();
  if (since < respiteEnd) return nextTurn();
  let held = binding.heldBytes();
  const enough = held * share;
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  const look = () => {
    const now = binding.heldBytes();
    const at = time();
    if (now < held) since = at;
    held = now;
    if (held > enough && at - since < patience) {
      setTimeout(look, interval);
      return;
    }
    if (held > enough) respiteEnd = at + respite;
    waiting = undefined;
    resolve();
  };
  // Outside of the promise, and before it is kept: near the end of the stack it may throw.
  setTimeout(look, interval);
  waiting = promise;
  return promise;
}
