// Progress while the demo runs: a bar on a terminal, nothing but plain lines elsewhere.

import type { WriteStream } from "node:tty";
import { MultiBar, type SingleBar } from "cli-progress";
import { megabytesPerSecond } from "./text.js";

export interface Progress extends Disposable {
  /** Prints a line that stays, above the bar. */
  note(line: string): void;
  /** A new stage begins, of so many files. */
  begin(stage: string, total: number): void;
  /** One more file of so many bytes is done. */
  advance(bytes: number): void;
  /** Every stage is over. */
  end(): void;
}

/** Plain lines for a file or a pipe, a bar for a terminal. */
export function openProgress(out: NodeJS.WritableStream & Partial<WriteStream>): Progress {
  return out.isTTY ? new Bars(out) : new Lines(out);
}

class Lines implements Progress {
  readonly #out: NodeJS.WritableStream;

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
  }

  note(line: string): void {
    this.#out.write(`${line}\n`);
  }

  begin(): void {}
  advance(): void {}
  end(): void {}
  [Symbol.dispose](): void {}
}

class Bars implements Progress {
  readonly #stream: NodeJS.WritableStream;
  readonly #bars: MultiBar;
  #bar: SingleBar | undefined;
  #bytes = 0;
  #start = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    this.#bars = new MultiBar({
      stream,
      format: "{stage} [{bar}] {percentage}% {value}/{total} files, {rate} MB/s",
      barsize: 30,
      hideCursor: true,
      // Notes may be longer than a line.
      linewrap: true,
      // The main program ends the bars itself, after it has heard of Ctrl-C.
      gracefulExit: false,
    });
  }

  note(line: string): void {
    if (this.#bar === undefined) {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#bars.log(`${line}\n`);
    this.#bars.update();
  }

  begin(stage: string, total: number): void {
    this.#bytes = 0;
    this.#start = performance.now();
    this.#bar = this.#bars.create(total, 0, { stage, rate: megabytesPerSecond(0, 0) });
  }

  advance(bytes: number): void {
    this.#bytes += bytes;
    const seconds = (performance.now() - this.#start) / 1000;
    this.#bar?.increment(1, { rate: megabytesPerSecond(this.#bytes, seconds) });
  }

  end(): void {
    if (this.#bar === undefined) return;
    this.#bar = undefined;
    this.#bars.stop();
  }

  /** Leaves the cursor as it was found, however the demo ends. */
  [Symbol.dispose](): void {
    this.end();
  }
}
