// `zmq top`: shows the sockets of a program again and again.

import { setTimeout as sleep } from "node:timers/promises";
import type { Snapshot } from "zmq-native/inspector";
import { interrupted } from "./exit.js";
import { Inspected } from "./inspected.js";
import { type TopOrder, topOrders } from "./orders.js";
import { print, printJson } from "./print.js";
import { Screen, type ScreenLine } from "./screen.js";
import { compare, heading, type Reading, table, totalRates } from "./top-table.js";

interface TopFlags {
  readonly interval: number;
  readonly count?: number;
  readonly sort: TopOrder;
  readonly peers?: boolean;
  readonly json?: boolean;
  readonly timeout: number;
}

/** A snapshot with rates. */
function withRates(reading: Reading): object {
  const { snapshot, ratesOf } = reading;
  const sockets = snapshot.sockets.map((socket) => ({
    ...socket,
    rates: totalRates(reading, socket),
    peers: socket.peers.map((peer) => ({ ...peer, rates: ratesOf(socket, peer) })),
  }));
  return { ...snapshot, sockets };
}

function printTable(reading: Reading, { sort, peers }: TopFlags): void {
  const lines = table(reading, { sort, peers: peers === true }).map(({ text }) => text);
  print(heading(reading.snapshot), "", ...lines, "");
}

/** Prints a table after each interval. */
async function printAll(program: Inspected, flags: TopFlags): Promise<void> {
  let before: Snapshot = await program.ask();
  for (let printed = 0; printed !== flags.count; printed++) {
    await sleep(flags.interval, undefined, { signal: interrupted });
    const snapshot = await program.ask();
    const reading = compare(snapshot, before);
    if (flags.json) printJson(withRates(reading));
    else printTable(reading, flags);
    before = snapshot;
  }
}

/** Redraws the table until q is pressed. */
async function show(program: Inspected, flags: TopFlags): Promise<void> {
  const quit = new AbortController();
  const signal = AbortSignal.any([interrupted, quit.signal]);
  let { sort, peers = false } = flags;
  let reading: Reading | undefined;
  const draw = () => {
    if (reading === undefined) return;
    const lines: ScreenLine[] = table(reading, { sort, peers, width: screen.width });
    const keys = `q quit   s sort by ${sort}   p ${peers ? "hide" : "show"} peers`;
    screen.draw([
      { text: heading(reading.snapshot), style: "plain" },
      { text: keys, style: "dim" },
      { text: "", style: "plain" },
      ...lines,
    ]);
  };
  const pressed = (key: string) => {
    if (key === "q") quit.abort();
    else if (key === "s") sort = topOrders[(topOrders.indexOf(sort) + 1) % topOrders.length]!;
    else if (key === "p") peers = !peers;
    draw();
  };
  // The first answer comes before the screen is cleared: a wrong address is an error like any other.
  let before: Snapshot | undefined = await program.ask();
  using screen = new Screen(pressed, draw);
  reading = compare(before, undefined);
  try {
    for (;;) {
      draw();
      await sleep(flags.interval, undefined, { signal });
      const snapshot = await program.ask(signal);
      reading = compare(snapshot, before);
      before = snapshot;
    }
  } catch (error) {
    if (!quit.signal.aborted) throw error;
  }
}

/** Shows a live table on a terminal, and prints tables or JSON otherwise. */
export async function top(address: string, flags: TopFlags): Promise<void> {
  using program = new Inspected(address, flags.timeout);
  const live = process.stdout.isTTY && !flags.json && flags.count === undefined;
  await (live ? show : printAll)(program, flags);
}
