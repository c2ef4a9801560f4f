// Peers that are not ours: libzmq in Python, and libzmq's own C tools.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { slowness } from "./program.js";

// Debian's Python, for which python3-zmq is packaged; another one may come first on the path.
const python = "/usr/bin/python3";
const tools = join(__dirname, "../../out/release/perf");

/** Why Python peers cannot run here; undefined when they can. */
export function pythonMissing(): string | undefined {
  const { status } = spawnSync(python, ["-c", "import zmq"]);
  return status === 0 ? undefined : "python3-zmq is not installed: apt-get install python3-zmq";
}

/** Why libzmq's tools cannot run here; undefined when they can. */
export function toolsMissing(): string | undefined {
  return existsSync(join(tools, "local_thr"))
    ? undefined
    : "libzmq's tools are not built: node scripts/build.mjs --perf-tools";
}

export interface Peer {
  readonly process: ChildProcess;
  /** All that it printed; rejects when it ends with another code than 0, or is still there after 20 seconds. */
  readonly output: Promise<string>;
}

function start(command: string, parameters: string[]): Peer {
  // What is preloaded into Node is nothing for others.
  const { LD_PRELOAD: _, ...env } = process.env;
  const child = spawn(command, parameters, {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000 * slowness,
    killSignal: "SIGKILL",
  });
  let text = "";
  child.stdout.on("data", (data) => {
    text += data;
  });
  child.stderr.on("data", (data) => {
    text += data;
  });
  const output = new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${command} ended with ${signal ?? code}: ${text}`));
    });
  });
  return { process: child, output };
}

/** Runs Python with `zmq`, `sys` and `context` at hand; `sys.argv[1:]` are the parameters. */
export function startPython(source: string, ...parameters: string[]): Peer {
  return start(python, ["-c", `import sys, zmq\ncontext = zmq.Context()\n${source}`, ...parameters]);
}

/** Runs one of libzmq's tools: local_thr, remote_thr, local_lat, remote_lat. */
export function startTool(name: string, ...parameters: (string | number)[]): Peer {
  return start(join(tools, name), parameters.map(String));
}

/** Whether somebody accepts connections at a port of this machine. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", answer(true)).once("error", answer(false));
  });
}

/**
 * Starts a tool that binds by itself, at a port that it is told, and resolves when it listens: local_thr, local_lat.
 * Should somebody else take the port in between, another one is tried.
 */
export async function startListening(
  name: string,
  ...parameters: number[]
): Promise<Peer & { endpoint: string }> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const endpoint = `tcp://127.0.0.1:${port}`;
    const peer = startTool(name, endpoint, ...parameters);
    let failure: Error | undefined;
    peer.output.catch((error: Error) => {
      failure = error;
    });
    while (failure === undefined && !(await isOpen(port))) await new Promise(setImmediate);
    if (failure === undefined) return { ...peer, endpoint };
    if (!failure.message.includes("Address already in use")) throw failure;
  }
}
