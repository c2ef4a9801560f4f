// Peers of other implementations: libzmq in Python, and libzmq's own C tools.

import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { execa, execaSync, type ResultPromise } from "execa";
import { slowness } from "./program.js";

// Debian's Python, for which python3-zmq is packaged. Another Python may come first in the path.
const python = "/usr/bin/python3";
const tools = join(__dirname, "../../out/release/perf");

/** Why Python peers cannot run here. Undefined when they can. */
export function pythonMissing(): string | undefined {
  const { failed } = execaSync(python, ["-c", "import zmq"], { reject: false });
  return failed ? "python3-zmq is not installed: apt-get install python3-zmq" : undefined;
}

/** Why Python peers with OpenTelemetry cannot run here. Undefined when they can. */
export function pythonTelemetryMissing(): string | undefined {
  const { failed } = execaSync(python, ["-c", "import opentelemetry.propagate"], { reject: false });
  const hint = "pip install --target FOLDER opentelemetry-api, and PYTHONPATH=FOLDER";
  return pythonMissing() ?? (failed ? `opentelemetry-api is not installed: ${hint}` : undefined);
}

/** Why Python peers with `websockets` cannot run here. Undefined when they can. */
export function pythonWebSocketsMissing(): string | undefined {
  const { failed } = execaSync(python, ["-c", "import websockets"], { reject: false });
  const hint = "apt-get install python3-websockets";
  return pythonMissing() ?? (failed ? `python3-websockets is not installed: ${hint}` : undefined);
}

/** Why libzmq's tools cannot run here. Undefined when they can. */
export function toolsMissing(): string | undefined {
  return existsSync(join(tools, "local_thr"))
    ? undefined
    : "libzmq's tools are not built: node scripts/build.mjs --tools";
}

export interface Peer {
  readonly process: Pick<ResultPromise, "kill" | "once" | "exitCode" | "pid">;
  /** Its whole output. Rejects when it exits with another code than 0, or is still running after 20 seconds. */
  readonly output: Promise<string>;
}

function start(command: string, parameters: string[]): Peer {
  const child = execa(command, parameters, {
    // Libraries preloaded into Node are not for other programs.
    env: { LD_PRELOAD: undefined },
    stdin: "ignore",
    all: true,
    stripFinalNewline: false,
    timeout: 20_000 * slowness,
    killSignal: "SIGKILL",
    reject: false,
  });
  const output = child.then(({ failed, exitCode, signal, all, cause }) => {
    if (exitCode === undefined && signal === undefined) throw cause;
    if (failed) throw new Error(`${command} ended with ${signal ?? exitCode}: ${all}`);
    return all;
  });
  return { process: child, output };
}

/** Runs Python with `zmq`, `sys` and `context` defined. `sys.argv[1:]` are the parameters. */
export function startPython(source: string, ...parameters: string[]): Peer {
  return start(python, ["-c", `import sys, zmq\ncontext = zmq.Context()\n${source}`, ...parameters]);
}

/** Runs one of libzmq's tools: local_thr, remote_thr, local_lat, remote_lat. */
export function startTool(name: string, ...parameters: (string | number)[]): Peer {
  return start(join(tools, name), parameters.map(String));
}

/** Whether a program accepts connections at a port of this machine. */
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
 * Starts a tool that binds to a given port, and resolves when it listens: local_thr, local_lat. Tries another port if
 * the first one was taken in between.
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
