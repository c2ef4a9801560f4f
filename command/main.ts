// The `zmq` command: its commands, each of which loads its module when it runs.

import { Command, CommanderError } from "commander";
import { version } from "../package.json";
import { addActions } from "./actions.js";
import { exitCodes, run } from "./exit.js";
import { addExchangeOptions } from "./options.js";
import { socketKinds } from "./sockets.js";

const program = new Command("zmq")
  .description("Sends, receives, forwards and watches ZeroMQ messages.")
  .version(version)
  .showHelpAfterError("(--help lists the options)")
  .exitOverride()
  .addHelpText(
    "after",
    "\nExamples:\n  $ zmq pull --bind tcp://127.0.0.1:5555\n  $ echo hello | zmq push --connect tcp://127.0.0.1:5555\n\n" +
      "zmq COMMAND --help explains a command. zmq probe ENDPOINT tells why a connection fails.\n" +
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a timeout has expired, 4 done but messages were dropped, 128 + N ended by " +
      "signal N.",
  );

program.commandsGroup("Sockets:");
for (const kind of socketKinds) {
  const command = program.command(kind.name).description(kind.summary);
  addExchangeOptions(command, kind);
  command.action(async (...parameters: unknown[]) => {
    const messages = kind.sends ? (parameters[0] as string[]) : [];
    const { exchange } = await import("./exchange.js");
    await exchange(kind, messages, command.opts());
  });
}
addActions(program);

function usageCode(error: unknown): void {
  if (!(error instanceof CommanderError)) throw error;
  // No process.exit: a failed write of the help is reported in the next turn.
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}

run(() => program.parseAsync().then(() => undefined, usageCode));
