// A local network of several machines: network namespaces with a bridge between them, where packets can be lost. All of
// it is inside namespaces that end with this process, so nothing is left behind, whatever happens to it. For the tests
// and the bench; types are in lan.d.mts.

import { once } from "node:events";
import { execa, execaSync } from "execa";

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
export class Lan {
  #holder;
  #enter;

  /** Why there can be no such network here, if there can be none. */
  static missing() {
    for (const tool of ["ip", "unshare", "nsenter", "nft"]) {
      if (execaSync(tool, ["--help"], { reject: false }).exitCode === undefined)
        return `${tool} is not installed`;
    }
    return Lan.#way() === undefined ? "network namespaces cannot be made" : undefined;
  }

  static #way() {
    const begin = (way) => execaSync("unshare", [way, "sh", "-c", hold], { input: "", reject: false });
    return ways.find((way) => begin(way).stdout === "ready");
  }

  static async open(machines) {
    const lan = new this();
    const way = Lan.#way();
    lan.#holder = execa("unshare", [way, "sh", "-c", hold], { stderr: "inherit", reject: false });
    await once(lan.#holder.stdout, "data");
    const users = way.includes("U") ? ["-U", "--preserve-credentials"] : [];
    lan.#enter = ["nsenter", "-t", String(lan.#holder.pid), ...users, "-n", "-m"];
    for (let machine = 1; machine <= machines; machine++) lan.#add(machine);
    return lan;
  }

  #run(command, input) {
    const [name, ...parameters] = [...this.#enter, ...command];
    const { failed, stderr } = execaSync(name, parameters, { input: input ?? "", reject: false });
    if (failed) throw new Error(`${command.join(" ")}: ${stderr}`);
  }

  #add(machine) {
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

  address(machine) {
    return `10.77.0.${machine}`;
  }

  /** A command that runs another one on a machine. */
  within(machine) {
    return [...this.#enter, "ip", "netns", "exec", `m${machine}`];
  }

  /** From now on a machine loses a part, from 0 to 1, of the packets that it is sent; or does as it is told. */
  lose(machine, part, traffic, verdict = "drop") {
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
          ${match} ${some} ${verdict}
        }
      }\n`;
    this.#run(["ip", "netns", "exec", `m${machine}`, "nft", "-f", "-"], part > 0 ? rules : "flush ruleset\n");
  }

  close() {
    this.#holder.stdin.end();
    this.#holder.kill("SIGKILL");
  }
}
