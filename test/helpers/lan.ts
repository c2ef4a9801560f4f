// A local network of several machines: network namespaces with a bridge between them, where packets can be lost. All of
// it is inside namespaces that end with this process, so nothing is left behind, whatever happens to the tests.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type RunningProgram, startProgram } from "./program.js";

/** What to lose: datagrams to a port, an IP protocol by its number, or what nftables' expressions match. */
export type Traffic = { port: number } | { protocol: number } | { match: string };

// Tools for the network are not where everybody looks.
process.env.PATH += ":/usr/sbin:/sbin";

// Root has what it takes, mostly; others have it in a namespace of users where they may make one.
const ways = process.getuid?.() === 0 ? ["-nm", "-Urnm"] : ["-Urnm"];

// The namespaces' names lie in a /run of its own, and are gone with it.
const hold = `
  mount -t tmpfs none /run && mkdir /run/netns && ip link set lo up &&
  ip netns add bridge && ip -n bridge link add br0 type bridge mcast_snooping 0 forward_delay 0 &&
  ip -n bridge link set br0 up && echo ready || exit 1
  read -r end
`;

/** As many machines as it is told, numbered from 1. */
export class Lan implements Disposable {
  readonly #holder: ChildProcess;
  readonly #enter: readonly string[];

  private constructor(holder: ChildProcess, enter: readonly string[]) {
    this.#holder = holder;
    this.#enter = enter;
  }

  /** Why there can be no such network here, if there can be none. */
  static missing(): string | undefined {
    for (const tool of ["ip", "unshare", "nsenter", "nft"]) {
      if (spawnSync(tool, ["--help"]).error) return `${tool} is not installed`;
    }
    return Lan.#way() === undefined ? "network namespaces cannot be made" : undefined;
  }

  static #way(): string | undefined {
    return ways.find((way) => spawnSync("unshare", [way, "sh", "-c", hold], { input: "" }).stdout?.length);
  }

  static async open(machines: number): Promise<Lan> {
    const way = Lan.#way() as string;
    const holder = spawn("unshare", [way, "sh", "-c", hold], { stdio: ["pipe", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    const users = way.includes("U") ? ["-U", "--preserve-credentials"] : [];
    const lan = new Lan(holder, ["nsenter", "-t", String(holder.pid), ...users, "-n", "-m"]);
    for (let machine = 1; machine <= machines; machine++) lan.#add(machine);
    return lan;
  }

  #run(command: string[], input?: string): void {
    const [name, ...parameters] = [...this.#enter, ...command] as [string, ...string[]];
    const { status, stderr } = spawnSync(name, parameters, { input, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  }

  #add(machine: number): void {
    const name = `m${machine}`;
    this.#run([
      "sh",
      "-ec",
      `ip netns add ${name}
      ip link add eth0 netns ${name} type veth peer name ${name} netns bridge
      ip -n bridge link set ${name} master br0 up
      ip -n ${name} link set lo up
      ip -n ${name} addr add ${this.address(machine)}/24 dev eth0
      ip -n ${name} link set eth0 up`,
    ]);
  }

  address(machine: number): string {
    return `10.77.0.${machine}`;
  }

  /** A command that runs another one on a machine. */
  within(machine: number): string[] {
    return [...this.#enter, "ip", "netns", "exec", `m${machine}`];
  }

  /** Starts a program on a machine, as `startProgram` does. */
  start(machine: number, body: string, limit: number): RunningProgram {
    return startProgram(body, { within: this.within(machine), limit });
  }

  /** From now on a machine loses a part, from 0 to 1, of the packets that it is sent. */
  lose(machine: number, part: number, traffic: Traffic): void {
    const match =
      "port" in traffic
        ? `udp dport ${traffic.port}`
        : "protocol" in traffic
          ? `ip protocol ${traffic.protocol}`
          : traffic.match;
    const some = part < 1 ? `numgen random mod 1000 < ${Math.round(part * 1000)}` : "";
    const rules = `flush ruleset
      table inet loss {
        chain in {
          type filter hook input priority 0;
          ${match} ${some} drop
        }
      }\n`;
    this.#run(["ip", "netns", "exec", `m${machine}`, "nft", "-f", "-"], part > 0 ? rules : "flush ruleset\n");
  }

  [Symbol.dispose](): void {
    this.#holder.stdin?.end();
    this.#holder.kill("SIGKILL");
  }
}
