// Peers of other implementations: each is a program that executes the commands it reads. agents/README.md describes them.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { succeeds } from "../helpers/execute.js";
import { root } from "../helpers/guide.js";
import { pythonMissing } from "../helpers/peers.js";
import { slowness } from "../helpers/program.js";

const folder = join(root, "test/interop/agents");
const jeromq = "/usr/share/java/jeromq.jar";

/** Where Go finds packages: those of Debian, then the stand-in for one that Debian 12 lacks. */
export const goPath = ["/usr/share/gocode", join(folder, "gopath")];

/** Whether the Go programs use the real github.com/pebbe/zmq4. */
export const hasZmq4 = existsSync(join(goPath[0]!, "src/github.com/pebbe/zmq4"));

const works = (command: string, ...parameters: string[]) => succeeds(command, parameters);
const unless = (condition: boolean, reason: string) => (condition ? undefined : reason);

export function goMissing(): string | undefined {
  return (
    unless(works("go", "version"), "Go is not installed: apt-get install golang-go") ??
    unless(existsSync("/usr/include/zmq.h"), "libzmq's header is not installed: apt-get install libzmq3-dev")
  );
}

/**
 * A folder in out/interop that `make` has filled. It is made once for each state of the sources, and may be shared by
 * test files that run at the same time.
 */
export async function built(
  name: string,
  sources: string[],
  make: (folder: string) => Promise<unknown>,
): Promise<string> {
  const hash = createHash("sha256");
  for (const source of sources) hash.update(readFileSync(source));
  const result = join(root, "out/interop", `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(result)) return result;
  mkdirSync(join(root, "out/interop"), { recursive: true });
  const unfinished = mkdtempSync(`${result}-`);
  try {
    await make(unfinished);
    renameSync(unfinished, result);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(result)) throw error;
  }
  return result;
}

/** Runs the Go compiler without modules, for which it would need a network. */
export async function go(parameters: string[], path: string[] = goPath): Promise<void> {
  const env = {
    GO111MODULE: "off",
    GOPATH: path.join(":"),
    GOCACHE: join(root, "out/interop/go-cache"),
    CGO_ENABLED: "1",
  };
  await execa("go", parameters, { env: { ...env, GOFLAGS: "-ldflags=-s" } });
}

/** The files that make up the Go binding which is used. */
export function zmq4Sources(): string[] {
  const sources = join(goPath[hasZmq4 ? 0 : 1]!, "src/github.com/pebbe/zmq4");
  return readdirSync(sources)
    .filter((file) => file.endsWith(".go"))
    .map((file) => join(sources, file));
}

async function buildC(name: string, ...libraries: string[]): Promise<string[]> {
  const source = join(folder, `${name}.c`);
  const binary = join(
    await built(name, [source, join(folder, "agent.h")], (out) =>
      execa("cc", ["-O1", "-o", join(out, name), source, ...libraries.map((library) => `-l${library}`)]),
    ),
    name,
  );
  return [binary];
}

export interface Implementation {
  readonly name: string;
  /** Why it cannot run here; undefined when it can. */
  missing(): string | undefined;
  /** Builds the agent if necessary; resolves with its command line. */
  build(): Promise<string[]>;
}

export const implementations = {
  c: {
    name: "libzmq in C",
    missing: () =>
      unless(existsSync("/usr/include/zmq.h"), "libzmq is not installed: apt-get install libzmq3-dev"),
    build: () => buildC("libzmq", "zmq", "pthread"),
  },
  czmq: {
    name: "czmq in C",
    missing: () =>
      unless(existsSync("/usr/include/czmq.h"), "czmq is not installed: apt-get install libczmq-dev"),
    build: () => buildC("czmq", "czmq", "zmq"),
  },
  python: {
    name: "pyzmq in Python",
    missing: pythonMissing,
    build: async () => ["/usr/bin/python3", join(folder, "agent.py")],
  },
  go: {
    name: "zmq4 in Go",
    missing: goMissing,
    build: async () => {
      const source = join(folder, "agent.go");
      const make = (out: string) => go(["build", "-o", join(out, "agent"), source]);
      return [join(await built("go", [source, ...zmq4Sources()], make), "agent")];
    },
  },
  java: {
    name: "JeroMQ 0.3 in Java",
    missing: () =>
      unless(works("javac", "-version"), "no Java compiler: apt-get install default-jdk-headless") ??
      unless(existsSync(jeromq), "JeroMQ is not installed: apt-get install libjeromq-java"),
    build: async () => {
      const source = join(folder, "Agent.java");
      const make = (out: string) => execa("javac", ["-cp", jeromq, "-d", out, source]);
      const classes = await built("java", [source], make);
      // Without the optimizing compiler, the virtual machine takes half the processor time to start.
      return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", `${classes}:${jeromq}`, "Agent"];
    },
  },
  zeromq: {
    name: "zeromq 6 in Node.js",
    missing: () => undefined,
    build: async () => [process.execPath, join(folder, "agent.cjs"), "zeromq"],
  },
  ours: {
    name: "zmq-native",
    missing: () => undefined,
    build: async () => [process.execPath, join(folder, "agent.cjs"), join(root, "dist/index.js")],
  },
} satisfies Record<string, Implementation>;

/** A frame as the agents write it. */
function encode(frame: string | Buffer): string {
  return Buffer.from(frame).toString("hex") || "-";
}

function decode(word: string): Buffer {
  return Buffer.from(word === "-" ? "" : word, "hex");
}

/** Executes commands; a command that fails rejects with the reason. */
export interface Agent extends AsyncDisposable {
  call(...words: (string | number)[]): Promise<string[]>;
}

interface Waiting {
  resolve(words: string[]): void;
  reject(error: Error): void;
}

function start([command, ...parameters]: string[]) {
  // What is preloaded into Node does not suit other runtimes.
  const preloaded = command === process.execPath ? process.env.LD_PRELOAD : undefined;
  return execa(command!, parameters, {
    cwd: root,
    env: { LD_PRELOAD: preloaded, NODE_NO_WARNINGS: "1" },
    timeout: 60_000 * slowness,
    killSignal: "SIGKILL",
    reject: false,
  });
}

export class AgentProcess implements Agent {
  readonly #child: ReturnType<typeof start>;
  readonly #waiting: Waiting[] = [];
  #ended: Error | undefined;

  constructor(line: string[]) {
    const [command] = line;
    this.#child = start(line);
    // Writing to a process that has ended fails; its end is what is reported.
    this.#child.stdin.on("error", () => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const [status, ...words] = line.split(" ");
      const waiting = this.#waiting.shift();
      if (status === "ok") waiting?.resolve(words);
      else waiting?.reject(new Error(`${command}: ${words.join(" ")}`));
    });
    this.#child.then(({ exitCode, signal, stderr, cause }) => {
      this.#ended = new Error(`${command} ended with ${signal ?? exitCode ?? cause}: ${stderr}`);
      for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended);
    });
  }

  call(...words: (string | number)[]): Promise<string[]> {
    const answer = new Promise<string[]>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${words.join(" ")}\n`);
    });
    // A test that failed for another reason does not wait for the answer.
    answer.catch(() => {});
    return answer;
  }

  /** Kills the process, as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child;
  }

  async [Symbol.asyncDispose]() {
    if (this.#ended) return;
    this.#child.stdin.end();
    await this.#child;
  }
}

/** Starts an agent. */
export async function startAgent(implementation: Implementation): Promise<AgentProcess> {
  return new AgentProcess(await implementation.build());
}

/** A socket of an agent. */
export class PeerSocket implements AsyncDisposable {
  static #count = 0;
  readonly #agent: Agent;
  readonly #name = `s${++PeerSocket.#count}`;

  private constructor(agent: Agent) {
    this.#agent = agent;
  }

  static async open(
    agent: Agent,
    type: string,
    options: Record<string, string | number> = {},
  ): Promise<PeerSocket> {
    const socket = new PeerSocket(agent);
    await agent.call("open", socket.#name, type);
    try {
      for (const [option, value] of Object.entries(options)) await socket.set(option, value);
    } catch (error) {
      await socket[Symbol.asyncDispose]();
      throw error;
    }
    return socket;
  }

  async set(option: string, value: string | number): Promise<void> {
    await this.#agent.call("set", this.#name, option, value);
  }

  async subscribe(topic: string): Promise<void> {
    await this.set("subscribe", encode(topic));
  }

  /** Resolves with the endpoint to connect to. */
  async bind(endpoint: string): Promise<string> {
    return (await this.#agent.call("bind", this.#name, endpoint))[0]!;
  }

  async connect(endpoint: string): Promise<void> {
    await this.#agent.call("connect", this.#name, endpoint);
  }

  async send(frames: (string | Buffer)[]): Promise<void> {
    await this.#agent.call("send", this.#name, ...frames.map(encode));
  }

  async receive(): Promise<Buffer[]> {
    return (await this.#agent.call("recv", this.#name)).map(decode);
  }

  /** Executes a command of this agent alone, with the socket's name as its first word. */
  async call(command: string, ...words: string[]): Promise<string[]> {
    return this.#agent.call(command, this.#name, ...words);
  }

  async [Symbol.asyncDispose]() {
    await this.#agent.call("close", this.#name);
  }
}
