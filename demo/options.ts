// The options of the demo: what may be given, what is refused, and what is then said.

import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { capability } from "zmq-native";

const transports = ["tcp", "ipc", "inproc"] as const;
export type Transport = (typeof transports)[number];

export interface Options {
  /** How many workers share the files. */
  workers: number;
  transport: Transport;
  /** The directory whose files are sent, absolute. */
  path: string;
  /** Kill one worker in the middle of the run. */
  killOne: boolean;
}

/** The options that have no default of commander's may be missing. */
type Given = Pick<Options, "workers" | "transport"> & Partial<Options>;

/** More processes than that only wait for each other. */
const mostWorkers = 64;

function toWorkers(value: string): number {
  const workers = Number(value);
  if (!/^\d+$/.test(value) || workers < 1 || workers > mostWorkers) {
    throw new InvalidArgumentError(`Give a whole number from 1 to ${mostWorkers}.`);
  }
  return workers;
}

/** The folder of the TypeScript compiler, which is there in every checkout after `npm install`. */
function defaultPath(): string {
  return dirname(require.resolve("typescript/package.json"));
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Parses a command line such as `process.argv`.
 *
 * @throws CommanderError once it has printed the help, or what is wrong; `exitCode` is 0 after the help.
 */
export async function parseOptions(argv: readonly string[]): Promise<Options> {
  const command = new Command("npm run demo --")
    .description(
      "Sends every file of a directory tree through a pipeline of ZeroMQ sockets: a ventilator hands the files out, " +
        "workers compute sha256 and gzip size of each, a sink collects the results. Then every digest is checked.",
    )
    .option("--workers <count>", `how many workers share the files, 1 to ${mostWorkers}`, toWorkers, 2)
    .addOption(
      new Option(
        "--transport <name>",
        "how the parts talk; over inproc the workers are threads, else processes",
      )
        .choices(transports)
        .default("tcp"),
    )
    .option("--path <directory>", "whose files to send (default: the TypeScript compiler's folder)")
    .option("--kill-one", "kill a worker in the middle; its files go to the others")
    .helpOption("--help", "print this text")
    .showHelpAfterError("Run with --help to see every option.")
    .exitOverride()
    .parse(argv);
  const { workers, transport, path = defaultPath(), killOne = false } = command.opts<Given>();
  if (!(await isDirectory(path))) {
    command.error(`error: --path '${path}' is not a directory that can be read. Name one that exists.`);
  }
  if (transport === "ipc" && !capability.ipc) {
    command.error("error: --transport 'ipc' does not exist on this platform. Take tcp or inproc.");
  }
  return { workers, transport, path: resolve(path), killOne };
}
