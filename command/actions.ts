// The commands that do more than open one socket. Their modules load when they run.

import { Argument, type Command, Option } from "commander";
import { addClientSecurity, addSocketOptions, addTimeout } from "./options.js";
import { topOrders } from "./orders.js";
import { longest } from "./pace.js";
import { socketKinds } from "./sockets.js";
import { fileMode, positive, repeated, whole } from "./values.js";

const namesOf = (direction: "sends" | "receives") =>
  socketKinds.filter((kind) => kind[direction] && kind.turns === undefined).map(({ name }) => name);

/** The pairs of socket types that a proxy may connect: front end, back end. */
export const proxyPairs = ["router-dealer", "xsub-xpub", "pull-push", "sub-pub"] as const;

function addProxy(program: Command): void {
  const command = program
    .command("proxy")
    .alias("forward")
    .description("forward messages between two sockets, also between transports")
    .addArgument(new Argument("<types>", "types of the front end and the back end").choices(proxyPairs));
  for (const side of ["front", "back", "capture"]) {
    const what = side === "capture" ? "a PUB socket that gets a copy of every message" : `the ${side} end`;
    command
      .option(`--${side}-bind <endpoint>`, `bind ${what}; can be repeated`, repeated)
      .option(`--${side}-connect <endpoint>`, `connect ${what}; can be repeated`, repeated);
  }
  command
    .option(
      "--linger <ms>",
      "at the end, try to deliver queued messages for so long",
      whole(0, longest),
      1000,
    )
    .option("-q, --quiet", "show no statistics")
    .addHelpText(
      "after",
      "\nExample:\n  $ zmq proxy router-dealer --front-bind tcp://127.0.0.1:5555 --back-bind ipc:///tmp/workers",
    )
    .action(async (types, flags) => (await import("./proxy.js")).proxy(types, flags));
}

function addRecord(program: Command): void {
  const record = program
    .command("record")
    .description("write messages with their times to a file")
    .argument("<file>", "the recording, or - for standard output")
    .addOption(
      new Option("--type <type>", "the socket that receives").choices(namesOf("receives")).default("sub"),
    );
  addTimeout(addSocketOptions(record))
    .option(
      "--subscribe <topic>",
      "receive messages that begin with the topic; can be repeated (default: all)",
      repeated,
    )
    .option("--join <group>", "receive messages of the group; can be repeated", repeated)
    .option("-n, --count <number>", "end after so many messages", whole(1))
    .option("--force", "replace an existing file")
    .option("-q, --quiet", "show no progress")
    .addHelpText("after", "\nExample:\n  $ zmq record market.zmqrec --connect tcp://127.0.0.1:5555")
    .action(async (file, flags) => (await import("./record.js")).record(file, flags));

  const replay = program
    .command("replay")
    .description("send the messages of a recording, at their times")
    .argument("<file>", "the recording, or - for standard input")
    .addOption(new Option("--type <type>", "the socket that sends").choices(namesOf("sends")).default("pub"));
  addTimeout(addSocketOptions(replay))
    .addOption(
      new Option("--speed <factor>", "2 sends twice as fast; not with --no-wait")
        .argParser(positive)
        .default(1)
        // The attribute of --no-wait.
        .conflicts("wait"),
    )
    .option("--no-wait", "send as fast as possible")
    .option("--group <group>", "send to this group instead of the recorded one")
    .option("--wait-peers <number>", "wait for so many peers before sending", whole(0, 65_535))
    .option("-q, --quiet", "show no progress")
    .addHelpText("after", "\nExample:\n  $ zmq replay market.zmqrec --bind tcp://127.0.0.1:5555 --speed 2")
    .action(async (file, flags) => (await import("./record.js")).replay(file, flags));
}

function addInspection(program: Command): void {
  const monitor = program
    .command("monitor")
    .description("print the events of connections to endpoints")
    .argument("[endpoint...]", "endpoints to connect to")
    .addOption(
      new Option("--type <type>", "the type of the socket")
        .choices(socketKinds.map(({ name }) => name))
        .default("dealer"),
    );
  addTimeout(addSocketOptions(monitor))
    .option("--json", "print each event as a line of JSON")
    .option("-n, --count <number>", "end after so many events", whole(1))
    .addHelpText("after", "\nExample:\n  $ zmq monitor tcp://127.0.0.1:5555")
    .action(async (endpoints, flags) => (await import("./monitor.js")).monitor(endpoints, flags));

  const probe = program
    .command("probe")
    .description("report what answers at an endpoint: ZMTP version, mechanism, socket type, times")
    .argument("<endpoint>", "a tcp, ipc, ws or wss endpoint")
    .option("--json", "print the report as JSON")
    .option("-t, --timeout <ms>", "the longest wait, then exit code 3", whole(1, 2 ** 31 - 1), 5000)
    .addOption(
      new Option("--as <type>", "the socket type to present (default: one that fits)").choices(
        socketKinds.map(({ name }) => name),
      ),
    );
  addClientSecurity(probe)
    .addHelpText(
      "after",
      "\nExamples:\n  $ zmq probe tcp://127.0.0.1:5555\n" +
        "  $ zmq probe tcp://127.0.0.1:5555 --as push --curve-secret ada.key --curve-server-key server.key\n\n" +
        "To find out why a connection fails: probe the endpoint, probe it with the keys and the type of the client,\n" +
        "and read the standard error of the server.",
    )
    .action(async (endpoint, flags) => (await import("./probe.js")).probe(endpoint, flags));
}

function addInspector(program: Command): void {
  const timeout = ["-t, --timeout <ms>", "the longest wait for an answer, then exit code 3"] as const;
  program
    .command("top")
    .description("show the sockets, peers, rates, queues and drops of a program that listens for tools")
    .argument("<address>", "the endpoint that the program has given to inspector.listen")
    .option("--interval <ms>", "the time between two tables", whole(100, longest), 1000)
    .option("-n, --count <number>", "print so many tables, one after the other", whole(1))
    .addOption(new Option("--sort <order>", "the order of the sockets").choices(topOrders).default("id"))
    .option("--peers", "show a line for each peer")
    .option("--json", "print each snapshot as a line of JSON, with rates")
    .option(...timeout, whole(1, longest), 5000)
    .addHelpText(
      "after",
      "\nKeys on a terminal: q quits, s changes the order, p shows peers.\n" +
        "\nExamples:\n  $ zmq top ipc:///run/app/inspector.sock\n" +
        "  $ zmq top ipc:///run/app/inspector.sock --count 1 --peers",
    )
    .action(async (address, flags) => (await import("./top.js")).top(address, flags));
  program
    .command("graph")
    .description("show how the sockets of programs that listen for tools are connected")
    .argument("<address...>", "the endpoints that the programs have given to inspector.listen")
    .option("--svg <file>", "write a drawing to the file, or to standard output (-)")
    .addOption(new Option("--dot", "print a graph for Graphviz").conflicts(["svg", "json"]))
    .addOption(new Option("--json", "print the graph as JSON").conflicts("svg"))
    .option(...timeout, whole(1, longest), 5000)
    .addHelpText("after", "\nExample:\n  $ zmq graph ipc:///run/a.sock ipc:///run/b.sock --svg graph.svg")
    .action(async (addresses, flags) => (await import("./graph.js")).graph(addresses, flags));
}

function addBench(program: Command): void {
  const bench = program
    .command("bench")
    .description("measure throughput and latency between processes or hosts")
    .addHelpText(
      "after",
      "\nExamples:\n  $ zmq bench throughput --size 64\n" +
        "  host-a$ zmq bench receive --bind tcp://*:5555\n  host-b$ zmq bench throughput --connect tcp://host-a:5555\n" +
        "  host-a$ zmq bench echo --bind tcp://*:5555\n  host-b$ zmq bench latency --connect tcp://host-a:5555\n\n" +
        "For throughput, host-a connects to host-b as well, to a port that the system chooses.",
    );
  const addSizes = (command: Command, count: number, what: string) =>
    command
      .option("-c, --connect <endpoint>", "the counterpart on another host (default: start one here)")
      .addOption(
        new Option("--transport <name>", "for a process started here").choices(["tcp", "ipc"]).default("tcp"),
      )
      .option("--size <bytes>", "bytes of each message", whole(0, 2 ** 30), 64)
      .option("-n, --count <number>", what, whole(2), count)
      .option("--json", "print the result as JSON");
  addSizes(
    bench.command("throughput").description("messages per second, Push to Pull"),
    1_000_000,
    "messages",
  ).action(async (flags) => (await import("./bench.js")).throughput(flags));
  addSizes(
    bench.command("latency").description("round trips, Request to Reply, with percentiles"),
    10_000,
    "round trips",
  ).action(async (flags) => (await import("./bench.js")).latency(flags));
  for (const [name, description] of [
    ["receive", "the counterpart of throughput, which connects to it; serves until Ctrl-C"],
    ["echo", "the counterpart of latency, which connects to it; serves until Ctrl-C"],
  ] as const) {
    bench
      .command(name)
      .description(description)
      .requiredOption("-b, --bind <endpoint>", "the endpoint to bind to, such as tcp://*:5555")
      .action(async (flags) => (await import("./bench.js"))[name](flags));
  }
}

/** Adds the commands to the program. */
export function addActions(program: Command): void {
  program.commandsGroup("Traffic:");
  addProxy(program);
  addRecord(program);
  program.commandsGroup("Tools:");
  addInspection(program);
  addInspector(program);
  addBench(program);
  program
    .command("keygen")
    .description("generate a CURVE key pair")
    .argument("[file]", "write FILE and FILE_secret (default: print the keys)")
    .option("--name <text>", "the name in the certificate")
    .option("--force", "replace existing files")
    .addHelpText("after", "\nExample:\n  $ zmq keygen server.key")
    .action(async (file, flags) => (await import("./keygen.js")).keygen(file, flags));
  program
    .command("zap")
    .description("decide for several programs which peers they admit")
    .requiredOption("-b, --bind <endpoint>", "an ipc endpoint for the programs; can be repeated", repeated)
    .option("--curve-allow <key>", "admit this key, file or folder, or any; can be repeated", repeated)
    .option("--plain-users <file>", "admit the users of a file with lines NAME:PASSWORD")
    .option(
      "--allow-address <address>",
      "admit only peers of this address or network; can be repeated",
      repeated,
    )
    .option("--deny-address <address>", "reject peers of this address or network; can be repeated", repeated)
    .option("--mode <octal>", "who may connect to the socket's file (default: 600, its owner)", fileMode)
    .option("--json", "print each decision as a line of JSON")
    .option("-q, --quiet", "print no decisions")
    .addHelpText("after", "\nExample:\n  $ zmq zap --bind ipc:///run/zap.sock --curve-allow clients/")
    .action(async (flags) => (await import("./zap.js")).zap(flags));
  program
    .command("completion")
    .description("print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", '\nExample:\n  $ eval "$(zmq completion bash)"')
    .action(async (shell) => (await import("./completion.js")).completion(shell, program));
}
