// Shows progress in the terminal: a line for the exchange and one for each trader.

import { MultiBar, type SingleBar } from "cli-progress";
import Table from "cli-table3";
import type { PublisherStatus, SubscriberStatus } from "./settings.js";

const levels = "▁▂▃▄▅▆▇█";

/** Values as a line of bars, such as ▁▃█. */
function sparkline(values: number[]): string {
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  return values.map((value) => levels[Math.floor(((value - low) / range) * (levels.length - 1))]).join("");
}

export class Picture implements Disposable {
  readonly #bars: MultiBar;
  readonly #lines: SingleBar[];
  readonly #prices: number[] = [];

  constructor(total: number, traders: number) {
    this.#bars = new MultiBar({
      ...{ format: "{name} [{bar}] {value} {note}", barsize: 30, hideCursor: true, gracefulExit: false },
      ...{ stream: process.stdout, linewrap: false },
    });
    // In a pipe or a file, only the summary is printed.
    const lines = process.stdout.isTTY ? traders + 1 : 0;
    this.#lines = Array.from({ length: lines }, () => this.#bars.create(total, 0, { name: "", note: "" }));
  }

  sent({ sent, price }: PublisherStatus): void {
    this.#prices.push(price);
    if (this.#prices.length > 24) this.#prices.shift();
    this.#lines[0]?.update(sent, {
      name: "exchange",
      note: `sent      ${sparkline(this.#prices)} ${price.toFixed(2)}`,
    });
  }

  received(trader: number, { received, gaps, missing, delay }: SubscriberStatus): void {
    const late = `${delay.toFixed(0)} ms`.padStart(7);
    this.#lines[trader]?.update(received, {
      name: `trader ${trader}`,
      note: `received  ${late} late, ${missing} missing in ${gaps} gaps`,
    });
  }

  [Symbol.dispose](): void {
    if (this.#lines.length > 0) this.#bars.stop();
  }
}

/** The table that is printed at the end. */
export function summary(sent: number, traders: SubscriberStatus[]): string {
  const table = new Table({
    head: ["", "quotes", "missing", "gaps"],
    style: { head: [], border: [], compact: true },
  });
  table.push(["exchange", sent, "", ""]);
  for (const [index, { received, missing, gaps }] of traders.entries()) {
    table.push([`trader ${index + 1}`, received, missing, gaps]);
  }
  return table.toString();
}
