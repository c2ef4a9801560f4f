// Shows on a terminal how many messages have passed, once per second.

import type { Parcel } from "./parcel.js";
import { endStatus, printStatus } from "./print.js";

export interface Progress extends Disposable {
  count(parcel: Parcel): void;
}

const number = new Intl.NumberFormat("en-US");

/** Starts to show the progress on standard error, unless that is not a terminal or `quiet` is true. */
export function openProgress(quiet: boolean): Progress {
  const { stderr } = process;
  if (quiet || !stderr.isTTY) return { count() {}, [Symbol.dispose]() {} };
  let messages = 0;
  let bytes = 0;
  let shown = 0;
  const show = () => {
    const rate = messages - shown;
    shown = messages;
    printStatus(
      `${number.format(messages)} messages, ${number.format(bytes)} bytes, ${number.format(rate)}/s`,
    );
  };
  const timer = setInterval(show, 1000);
  return {
    count(parcel) {
      messages++;
      for (const frame of parcel.frames) bytes += frame.byteLength;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      if (shown > 0) {
        show();
        endStatus();
      }
    },
  };
}
