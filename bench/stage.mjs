// Where one measurement takes place: it starts peers as processes of their own and makes sure that none outlives it.

import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa, execaSync } from "execa";
import { root } from "./paths.mjs";
import { multicastProgram, patternsProgram, stockTool, streamProgram, vendoredTool } from "./programs.mjs";

const python = "/usr/bin/python3";

/** All processes of all measurements, for Ctrl-C. */
const running = new Set();
export function killAll() {
  for (const child of running) kill(child);
}

/** Ends a peer, and with it the program that a shell runs for it: they are a process group. */
function kill(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** How peers are started: `kill` ends their process group. The stage itself reads what they print. */
const peer = { stdin: "ignore", detached: true, buffer: false, reject: false };

/** A port that nobody listens at, for peers that cannot choose one themselves. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Why Python peers cannot take part; undefined when they can. */
export function pythonMissing() {
  const { failed } = execaSync(python, ["-c", "import zmq"], { reject: false });
  return failed ? "python3-zmq is not installed" : undefined;
}

export class Stage {
  #children = new Set();
  #failure;
  #fail;

  constructor() {
    this.#failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failure.catch(() => {});
  }

  /** `promise`, unless a peer fails before. */
  wait(promise) {
    return Promise.race([promise, this.#failure]);
  }

  /** Ends every peer that is still there. */
  async clear() {
    const ends = [...this.#children].map(
      (child) => child.exitCode ?? child.signalCode ?? once(child, "exit"),
    );
    for (const child of this.#children) kill(child);
    await Promise.all(ends);
  }

  /**
   * One of bench/peers in Node, by a command that runs another one if it has to be `within` a network. `endpoint`,
   * `ready` and `result` are promises of what it tells.
   */
  node(program, options, within = []) {
    const script = join(root, "bench/peers", program);
    const [command, ...parameters] = [...within, process.execPath, script, JSON.stringify(options)];
    const child = execa(command, parameters, { ...peer, stdout: "ignore", ipc: true, serialization: "json" });
    return this.#telling(child, program, (listen) => child.on("message", listen));
  }

  /** bench/peers/throughput.py. */
  python(options) {
    const script = join(root, "bench/peers/throughput.py");
    const child = execa(python, [script, JSON.stringify(options)], peer);
    return this.#telling(child, "throughput.py", (listen) =>
      createInterface(child.stdout).on("line", (line) => listen(JSON.parse(line))),
    );
  }

  /** One of libzmq's tools; `output` is all that it printed, `cpuSeconds` the processor time that it took. */
  tool(name, ...parameters) {
    return this.#program(vendoredTool(name), parameters);
  }

  /** As `tool`, with the libzmq that the system has. */
  stockTool(name, ...parameters) {
    return this.#program(stockTool(name), parameters);
  }

  /** bench/peers/patterns.cc. */
  patterns(...parameters) {
    return this.#program(patternsProgram(), parameters);
  }

  /** bench/peers/writev.cc, nng.cc or nanomsg.cc. */
  stream(name, ...parameters) {
    return this.#program(streamProgram(name), parameters);
  }

  /** bench/peers/multicast.cc, with the libzmq built here or with the system's. */
  multicast(parameters, within) {
    return this.#program(multicastProgram(), parameters, within);
  }

  stockMulticast(parameters, within) {
    return this.#program(multicastProgram({ stock: true }), parameters, within);
  }

  #program(path, parameters, within = []) {
    // The shell adds what its child used; exec's own output comes first.
    const measured = ["-c", '"$@"; code=$?; times; exit $code', "sh"];
    const child = execa("sh", [...measured, ...within, path, ...parameters.map(String)], peer);
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
    });
    this.#watch(child, path);
    const ended = once(child, "close").then(() => {
      const lines = text.trim().split("\n");
      const seconds = [...lines.at(-1).matchAll(/(\d+)m([\d.]+)s/g)].map(
        ([, m, s]) => Number(m) * 60 + Number(s),
      );
      return { output: lines.slice(0, -2).join("\n"), cpuSeconds: seconds[0] + seconds[1] };
    });
    return { ended };
  }

  #telling(child, name, listenTo) {
    this.#watch(child, name);
    const told = {};
    const promises = {};
    for (const what of ["endpoint", "ready", "result"]) {
      promises[what] = new Promise((resolve) => {
        told[what] = resolve;
      });
    }
    listenTo((message) => {
      for (const [what, value] of Object.entries(message)) told[what]?.(value);
      // Failures after the result, such as a crash at exit, no longer count.
      if ("result" in message) child.told = true;
    });
    return promises;
  }

  #watch(child, name) {
    this.#children.add(child);
    running.add(child);
    let errors = "";
    child.stderr.on("data", (data) => {
      errors += data;
    });
    child.once("error", (error) => this.#fail(error));
    child.once("exit", (code, signal) => {
      running.delete(child);
      this.#children.delete(child);
      if (child.told || code === 0 || signal === "SIGKILL") return;
      this.#fail(
        new Error(`${name} ended with ${signal ?? code}: ${errors.trim().split("\n").slice(0, 3).join(" ")}`),
      );
    });
  }
}
