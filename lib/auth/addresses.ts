// Lists of addresses: single ones, networks, and `ipc`.

import { BlockList, isIP, isIPv4 } from "node:net";
import { shown } from "../arguments/checks.js";
import type { AuthenticateOptions } from "./types.js";

const mapped = /^::ffff:(?=[\d.]+$)/i;
/** The address of a peer over ipc on Linux. */
const ipcPeer = /^localhost:\d+:\d+:\d+$/;

/** The address of an IPv4 peer, which a socket with `ipv6: true` sees as `::ffff:10.0.0.1`; without a zone (`%eth0`). */
const plainAddress = (address: string): string => address.replace(mapped, "").replace(/%.*$/, "");

function invalid(option: string, entry: unknown, remedy: string): TypeError {
  return new TypeError(`${option}: ${shown(entry)} ${remedy}`);
}

/** Whether an IPv6 address stands for one of IPv4, in any notation. */
const isMapped = (address: string): boolean => new URL(`http://[${address}]`).hostname.startsWith("[::ffff:");

class AddressList {
  // Two lists, since a BlockList takes 10.0.0.1 for a member of ::/0.
  readonly #lists = { 4: new BlockList(), 6: new BlockList() };
  #ipc = false;

  constructor(entries: unknown, option: string) {
    if (!Array.isArray(entries)) {
      throw new TypeError(
        `${option} must be an array of addresses such as ["10.0.0.0/8", "::1"], got ${shown(entries)}`,
      );
    }
    for (const entry of Array.from<unknown>(entries)) this.#add(entry, option);
  }

  #add(entry: unknown, option: string): void {
    if (entry === "ipc") {
      this.#ipc = true;
      return;
    }
    const [, address = "", prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(String(entry)) ?? [];
    const version = isIP(address);
    if (typeof entry !== "string" || (version !== 4 && version !== 6)) {
      throw invalid(
        option,
        entry,
        "must be an IP address, a network such as 10.0.0.0/8, or ipc; host names are not resolved",
      );
    }
    const longest = version === 4 ? 32 : 128;
    const bits = prefix === undefined ? longest : Number(prefix);
    if (bits > longest) {
      throw invalid(
        option,
        entry,
        `has a prefix of ${bits} bits, but an IPv${version} address has ${longest}`,
      );
    }
    if (version === 6 && bits > 0 && isMapped(address)) {
      throw invalid(option, entry, "stands for IPv4 addresses: write them as such, for instance 10.0.0.0/8");
    }
    this.#lists[version].addSubnet(address, bits, `ipv${version}`);
  }

  has(peer: string): boolean {
    if (ipcPeer.test(peer)) return this.#ipc;
    const address = plainAddress(peer);
    if (isIPv4(address)) return this.#lists[4].check(address, "ipv4");
    return isIP(address) === 6 && this.#lists[6].check(address, "ipv6");
  }
}

/** The rules of `addresses`. */
export class AddressRules {
  readonly #allow: AddressList | undefined;
  readonly #deny: AddressList | undefined;

  constructor(rules: NonNullable<AuthenticateOptions["addresses"]>) {
    const { allow, deny } = rules;
    // `undefined` is an error, and no list at all: a misspelled name in the program's own settings would admit everybody.
    this.#deny = "deny" in rules ? new AddressList(deny, "addresses.deny") : undefined;
    const needsAllow = "allow" in rules || this.#deny === undefined;
    this.#allow = needsAllow ? new AddressList(allow, "addresses.allow") : undefined;
  }

  /** The reason to reject an address; undefined if there is none. */
  objection(address: string): "addressDenied" | "addressNotAllowed" | undefined {
    if (this.#deny?.has(address)) return "addressDenied";
    if (this.#allow?.has(address) === false) return "addressNotAllowed";
    return undefined;
  }
}
