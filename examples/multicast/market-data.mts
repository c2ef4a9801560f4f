// A market-data feed over multicast: one exchange and several traders, each in a process of its own. Each trader detects
// lost quotes. With --loss, the traders run on Linux network namespaces that lose packets.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { openNetwork } from "./network.js";
import { Picture, summary } from "./picture.js";
import type { PublisherStatus, Settings, SubscriberStatus } from "./settings.js";

const numberFrom = (low: number, high: number) => (text: string) => {
  const number = Number(text);
  if (text.trim() !== "" && number >= low && number <= high) return number;
  throw new InvalidArgumentError(`Give a number from ${low} to ${high}.`);
};

const options = new Command("market-data")
  .description("A market-data feed over epgm, with gap detection.")
  .option("--traders <count>", "how many subscribers", numberFrom(1, 8), 2)
  .option("--quotes <count>", "quotes per second", numberFrom(10, 200_000), 20_000)
  .option("--seconds <count>", "duration of the feed", numberFrom(1, 3600), 10)
  .option("--rate <kilobits>", "limit of the exchange, per second", numberFrom(100, 1_000_000), 40_000)
  .option("--recovery <ms>", "how long a lost packet can be requested again", numberFrom(0, 60_000), 10_000)
  .option("--loss <percent>", "packets that each trader loses (Linux, mostly as root)", numberFrom(0, 100), 0)
  .option("--port <number>", "the feed's UDP port", numberFrom(1, 65_535), 5555)
  .addHelpText(
    "after",
    "\nTry --loss 5: all losses are repaired. Then try --loss 5 --recovery 20: some are not.",
  )
  .parse()
  .opts();

const group = `239.192.77.2:${options.port}`;

function start(program: string, settings: Settings, within: string[]): ChildProcess {
  const script = fileURLToPath(new URL(program, import.meta.url));
  const [command, ...parameters] = [...within, process.execPath, script, JSON.stringify(settings)];
  return spawn(command!, parameters, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

async function main(): Promise<void> {
  const { traders, quotes, seconds, rate, recovery: recoveryInterval, loss, port } = options;
  const network = loss > 0 ? await openNetwork(traders + 1, loss / 100, port) : undefined;
  const children: ChildProcess[] = [];
  /** Starts a program on a machine. Machine 1 is the exchange. */
  const run = (program: string, machine: number) => {
    const address = network?.address(machine) ?? "127.0.0.1";
    const settings = { endpoint: `epgm://${address};${group}`, rate, recoveryInterval, quotes, seconds };
    const child = start(program, settings, network?.within(machine) ?? []);
    children.push(child);
    child.once("exit", (code) => {
      if (code) process.exitCode = code;
    });
    return child;
  };
  process.once("SIGINT", () => {
    for (const child of children) child.kill();
  });

  try {
    const readers = Array.from({ length: traders }, (_, index) => run("subscriber.js", index + 2));
    await Promise.all(readers.map((reader) => once(reader, "message")));
    const statuses: SubscriberStatus[] = [];
    let sent = 0;
    {
      using picture = new Picture(quotes * seconds, traders);
      for (const [index, reader] of readers.entries()) {
        reader.on("message", (status: SubscriberStatus) => {
          statuses[index] = status;
          picture.received(index + 1, status);
        });
      }
      run("publisher.js", 1).on("message", (status: PublisherStatus) => {
        sent = status.sent;
        picture.sent(status);
      });
      await Promise.all(children.map((child) => once(child, "exit")));
    }
    console.log(`\n${summary(sent, statuses)}`);
  } finally {
    for (const child of children) child.kill();
    network?.close();
  }
}

main().catch((error: Error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
