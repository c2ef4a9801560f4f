// The options of the commands, in groups that commands share.

import { type Command, Option } from "commander";
import { inputFormats, outputFormats } from "./formats.js";
import { longest } from "./pace.js";
import type { SocketKind } from "./sockets.js";
import { assignment, escaped, positive, repeated, whole } from "./values.js";

const curveSecret = [
  "--curve-secret <file>",
  "CURVE: certificate with the secret key of this side, from zmq keygen",
] as const;
const curveServerKey = [
  "--curve-server-key <key>",
  "CURVE client: public key of the server, or a file with it",
] as const;
const plain = ["--plain <name:password>", "PLAIN client: name and password"] as const;
const wssTrust = [
  "--wss-trust <file>",
  "wss client: trust these authorities (default: those of the system)",
] as const;
const wssHostname = [
  "--wss-hostname <name>",
  "wss client: the name in the certificate (default: that of the endpoint)",
] as const;

/** Security of a client. */
export function addClientSecurity(command: Command): Command {
  const options = [curveSecret, curveServerKey, plain, wssTrust, wssHostname];
  for (const [flags, description] of options) command.option(flags, description);
  return command;
}

/** Endpoints, options by name, and security: CURVE, PLAIN and TLS. */
export function addSocketOptions(command: Command): Command {
  return command
    .option("-b, --bind <endpoint>", "bind to an endpoint; can be repeated", repeated)
    .option("-c, --connect <endpoint>", "connect to an endpoint; can be repeated", repeated)
    .option(
      "-o, --option <name=value>",
      "set a socket option by its name in the API, such as sendHighWaterMark=10",
      assignment,
    )
    .option(
      "--linger <ms>",
      "at the end, try to deliver queued messages for so long (default: no limit)",
      whole(0, longest),
    )
    .option(...curveSecret)
    .option(...curveServerKey)
    .option(
      "--curve-allow <key>",
      "CURVE server: admit this key, file or folder, or any; can be repeated (default: any)",
      repeated,
    )
    .option(...plain)
    .option("--plain-users <file>", "PLAIN server: admit the users of a file with lines NAME:PASSWORD")
    .option("--wss-certificate <file>", "wss server: its certificate, in PEM")
    .option("--wss-key <file>", "wss server: the key of its certificate, in PEM")
    .option(...wssTrust)
    .option(...wssHostname);
}

export function addTimeout(command: Command): Command {
  return command.option(
    "-t, --timeout <ms>",
    "the longest wait for a peer, a message, or delivery at the end; then exit code 3",
    whole(0, longest),
  );
}

/** How messages are read from arguments, files and standard input, and how fast they are sent. */
function addInput(command: Command): void {
  command
    .argument("[message...]", "messages to send; without them, those of --file or standard input")
    .option("-f, --file <path>", "send the content of a file; can be repeated", repeated)
    .addOption(
      new Option("--input <format>", "how files and input are read").choices(inputFormats).default("lines"),
    )
    .addOption(
      new Option("--rate <number>", "messages per second; repeats arguments until --count or Ctrl-C")
        .argParser(positive)
        .conflicts("interval"),
    )
    .option(
      "--interval <ms>",
      "milliseconds between messages; repeats arguments until --count or Ctrl-C",
      positive,
    );
}

/** How the messages received are answered. */
function addAnswers(command: Command): void {
  const answers = [
    ["--echo", "answer each message with itself"],
    ["--exec <command>", "answer with the output of a shell command, which reads the message"],
    ["--eval <expression>", "answer with the value of a JavaScript expression of message, frames and count"],
  ] as const;
  for (const [flags, description] of answers) {
    // The options of the input, which is not read then.
    command.addOption(new Option(flags, description).conflicts(["file", "input", "rate", "interval"]));
  }
}

/** The things that `--count` counts. */
function countedBy({ turns, receives }: SocketKind): string {
  if (turns === "request") return "requests";
  return receives ? "messages received" : "messages sent";
}

/** The options of a command that opens one socket. */
export function addExchangeOptions(command: Command, kind: SocketKind): void {
  const { name, sends, receives, turns } = kind;
  if (turns === "reply") command.argument("[message...]", "answers, in turn (default: the request)");
  else if (sends) addInput(command);
  addSocketOptions(command);
  addTimeout(command);
  command.option("-n, --count <number>", `end after so many ${countedBy(kind)}`, whole(1));
  const peers = name === "pub" ? "subscribers before sending (default: 1)" : "peers first";
  command.option("--wait-peers <number>", `wait for so many ${peers}`, whole(0, 65_535));
  if (name === "sub" || name === "xsub") {
    const none = name === "sub" ? " (default: all messages, unlike in the API)" : "";
    command.option(
      "--subscribe <topic>",
      `receive messages that begin with the topic; can be repeated${none}`,
      repeated,
    );
  }
  if (name === "dish")
    command.option("--join <group>", "receive messages of the group; can be repeated", repeated);
  if (name === "radio") command.requiredOption("--group <group>", "send to the group");
  if (kind.envelope === "routingId") {
    command.option("--routing-id <number>", "send to this peer", whole(1, 2 ** 32 - 1));
  }
  if (receives) {
    command.addOption(
      new Option("--output <format>", "how to print messages").choices(outputFormats).default("text"),
    );
  }
  command.option(
    "-s, --separator <text>",
    `separates the frames of a message${receives ? " (default for output: a tab)" : ""}`,
    escaped,
  );
  if (sends) {
    command.option(
      "--no-template",
      "send {{count}}, {{time}}, {{uuid}} and {{random N}} in arguments as they are",
    );
  }
  if (sends && receives && turns !== "request") addAnswers(command);
  command.option("-q, --quiet", "show no progress");
  command.addHelpText("after", `\nExample:\n  $ ${kind.example}`);
}
