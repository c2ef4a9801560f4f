// The terminal of a command that redraws its output and reads single keys.

import { emitKeypressEvents } from "node:readline";
import { lineOf } from "./harmless.js";
import { fitting } from "./width.js";

/** A second screen without a cursor, where long lines end at the border. */
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const clearLine = "\x1b[K";
const clearRest = "\x1b[J";
const reset = "\x1b[0m";

const styles = { title: "\x1b[7m", trouble: "\x1b[31m", dim: "\x1b[2m", plain: "" } as const;

/** A line of output. */
export interface ScreenLine {
  readonly text: string;
  readonly style: keyof typeof styles;
}

export class Screen implements Disposable {
  readonly #resized: () => void;
  readonly #pressed: (text: string | undefined, key: { name?: string; ctrl?: boolean }) => void;
  readonly #leave = () => void process.stdout.write(leave);

  /** `pressed` gets the name of a key; `resized` is called when the size of the terminal has changed. */
  constructor(pressed: (key: string) => void, resized: () => void) {
    const { stdin, stdout } = process;
    this.#resized = resized;
    this.#pressed = (text, { name, ctrl }) => {
      // The terminal sends no signals while single keys are read.
      if (ctrl && name === "c") process.kill(process.pid, "SIGINT");
      else pressed(text ?? name ?? "");
    };
    stdout.write(enter);
    // The second Ctrl-C ends the process at once.
    process.on("exit", this.#leave);
    stdout.on("resize", resized);
    if (!stdin.isTTY) return;
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.on("keypress", this.#pressed);
    stdin.resume();
  }

  /** The number of columns. Terminals without a size have 80. */
  get width(): number {
    return process.stdout.columns || 80;
  }

  /** Replaces the content. Lines below the screen are not shown. */
  draw(lines: readonly ScreenLine[]): void {
    const { stdout } = process;
    const colors = stdout.hasColors();
    const shown = lines.slice(0, Math.max(1, (stdout.rows || 24) - 1)).map(({ text, style }) => {
      const plain = fitting(lineOf(text), this.width);
      return colors && styles[style] !== "" ? `${styles[style]}${plain}${reset}` : plain;
    });
    stdout.write(`${home}${shown.map((line) => `${line}${clearLine}\n`).join("")}${clearRest}`);
  }

  [Symbol.dispose](): void {
    const { stdin, stdout } = process;
    stdout.off("resize", this.#resized);
    process.off("exit", this.#leave);
    if (stdin.isTTY) {
      stdin.off("keypress", this.#pressed);
      stdin.setRawMode(false);
      stdin.pause();
    }
    this.#leave();
  }
}
