// The options of multicast, which make sense only together: set, read and checked as a set.

import { ZMQ_MULTICAST_LOOP } from "../binding/constants.js";
import { errorOf } from "../binding/errors.js";
import type { Core } from "../core/open-socket.js";
import type { Transport } from "../endpoint/index.js";
import { refusal, type Use } from "../endpoint/refusal.js";
import { type Option, rows } from "../options/kinds.js";
import { commonOptions, sendOptions } from "../options/table.js";

/** How a multicast socket sends and recovers. What is left out stays as it is. */
export interface MulticastOptions {
  /** Kilobits a second that a publisher sends at most; subscribers reckon with the same. Default 100. `ZMQ_RATE` */
  rate?: number;
  /** Milliseconds that a lost packet can be asked for again. Default 10000. `ZMQ_RECOVERY_IVL` */
  recoveryInterval?: number;
  /** Routers that a packet may pass, and one more: 1 stays in the local network. Default 1. `ZMQ_MULTICAST_HOPS` */
  hops?: number;
  /** Bytes of a packet, headers included; the same at all ends. Default 1500. `ZMQ_MULTICAST_MAXTPDU` */
  maxTransportDataUnit?: number;
  /** Whether udp also delivers on the sending machine; no other transport asks. Default true. `ZMQ_MULTICAST_LOOP` */
  loop?: boolean;
}

/** What sockets have that may use multicast. */
export interface Multicast {
  /**
   * The options of pgm and epgm, and of udp groups, set together: `{ rate: 10_000, recoveryInterval: 5_000 }`. Set them
   * before bind or connect; they are checked together then, and here. Reads as they are in force.
   *
   * @throws ZmqError `EINVAL`, naming the option and its range. TypeError for a name that is none.
   */
  multicast: MulticastOptions;
}

type Settings = Required<MulticastOptions>;

const table: { [Name in keyof Settings]: Option<Settings[Name]> } = {
  rate: commonOptions.rate,
  recoveryInterval: commonOptions.recoveryInterval,
  hops: sendOptions.multicastHops,
  maxTransportDataUnit: commonOptions.multicastMaxTransportDataUnit,
  loop: rows.boolean(ZMQ_MULTICAST_LOOP),
};

/** OpenPGM counts bytes a second in 31 bits. */
const maxRate = 2_147_483;
/** Where OpenPGM is known to work: its headers need some of it, and UDP has an end. */
const minUnit = 256;
const maxUnit = 9000;
/** Packets that both ends keep a slot for, of 8 bytes and more. */
const maxWindow = 2 ** 24;
/** Fewer packets than this are over before a request for a lost one has come back. */
const minWindow = 64;

type Numbers = Omit<Settings, "loop">;

/** Packets that a publisher keeps for those who missed them. */
function windowOf({ rate, recoveryInterval, maxTransportDataUnit }: Numbers): number {
  return Math.floor((recoveryInterval * Math.floor(rate / 8)) / maxTransportDataUnit);
}

/** What is wrong with a set of options, and what would be right; undefined: nothing. */
function faultIn(settings: Numbers): string | undefined {
  const { rate, recoveryInterval, hops, maxTransportDataUnit: unit } = settings;
  const ranges: [name: string, value: number, low: number, high: number, unit: string][] = [
    ["multicastHops", hops, 1, 255, ""],
    ["multicastMaxTransportDataUnit", unit, minUnit, maxUnit, " bytes"],
    ["rate", rate, 1, maxRate, " kilobits a second"],
    ["recoveryInterval", recoveryInterval, 0, 2 ** 31 - 1, " milliseconds"],
  ];
  for (const [name, value, low, high, measure] of ranges) {
    if (Number.isInteger(value) && value >= low && value <= high) continue;
    return `${name} is ${value}, and must be from ${low} to ${high}${measure}`;
  }
  if ((rate * 1000) / 8 < unit) {
    const least = Math.ceil((unit * 8) / 1000);
    return `rate is ${rate} kilobits a second, less than a packet of ${unit} bytes: raise it to ${least} or more, or lower multicastMaxTransportDataUnit`;
  }
  if (windowOf(settings) > maxWindow) {
    return `recoveryInterval (${recoveryInterval} ms) at a rate of ${rate} kilobits a second means keeping more than ${maxWindow} packets: lower either`;
  }
  return undefined;
}

function read(core: Core): Numbers {
  const { rate, recoveryInterval, hops, maxTransportDataUnit } = table;
  return {
    rate: core.getOption(rate),
    recoveryInterval: core.getOption(recoveryInterval),
    hops: core.getOption(hops),
    maxTransportDataUnit: core.getOption(maxTransportDataUnit),
  };
}

let warned = false;

/** @internal Checks a socket's options before it opens a multicast endpoint. Throws `EINVAL`, naming the option. */
export function checkMulticast(core: Core, { multicast }: Transport, use: Use): void {
  if (multicast === "hops") {
    const hops = core.getOption(table.hops);
    if (hops > 255) throw refusal("EINVAL", `multicastHops is ${hops}, and must be from 1 to 255`, use);
    return;
  }
  const settings = read(core);
  const fault = faultIn(settings);
  if (fault !== undefined) throw refusal("EINVAL", fault, use);
  const window = windowOf(settings);
  if (window < minWindow && !warned) {
    warned = true;
    process.emitWarning(
      `Multicast can recover only the last ${window} packets: raise recoveryInterval (${settings.recoveryInterval} ms) or rate (${settings.rate} kilobits a second), on both ends, for ${minWindow} or more.`,
    );
  }
}

/** @internal The options of a socket, as they are in force. */
export function readMulticast(core: Core): MulticastOptions {
  return { ...read(core), loop: core.getOption(table.loop) };
}

/** @internal Sets the options that `value` names, after a check of the whole set. */
export function writeMulticast(core: Core, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError("multicast must be an object, as in { rate: 10000, recoveryInterval: 5000 }");
  }
  const entries = Object.entries(value).filter(([, given]) => given !== undefined);
  for (const [name, given] of entries) {
    if (!Object.hasOwn(table, name)) {
      throw new TypeError(`multicast has no ${name}, only ${Object.keys(table).join(", ")}`);
    }
    const type = name === "loop" ? "boolean" : "number";
    if (typeof given !== type) throw new TypeError(`multicast.${name} must be a ${type}`);
  }
  const { loop: _, ...numbers } = Object.fromEntries(entries);
  const fault = faultIn({ ...read(core), ...(numbers as Partial<Numbers>) });
  if (fault !== undefined) throw errorOf("EINVAL").explain(fault);
  for (const [name, given] of entries) core.setOption<unknown>(table[name as keyof Settings], given);
}
