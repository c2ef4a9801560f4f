// The multicast options depend on each other, so they are set, read and checked together.

import { ZMQ_MULTICAST_LOOP } from "../binding/constants.js";
import { errorOf } from "../binding/errors.js";
import type { Core } from "../core/open-socket.js";
import { coreOf } from "../core/registry.js";
import type { Transport } from "../endpoint/index.js";
import { refusal, type Use } from "../endpoint/refusal.js";
import { type Option, rows } from "../options/kinds.js";
import { commonOptions, sendOptions } from "../options/table.js";

/** Options of multicast. Assigning an object leaves the options that it does not name unchanged. */
export interface MulticastOptions {
  /** The largest rate of a publisher; subscribers need the same value. In kilobits per second. Default 100. libzmq: `ZMQ_RATE`. */
  rate?: number;
  /** How long a lost packet can be requested again. In milliseconds. Default 10000. libzmq: `ZMQ_RECOVERY_IVL`. */
  recoveryInterval?: number;
  /** The number of routers that a packet may pass, plus one: 1 stays in the local network. Default 1. libzmq: `ZMQ_MULTICAST_HOPS`. */
  hops?: number;
  /** The size of a packet, including headers; all peers need the same value. In bytes. Default 1500. libzmq: `ZMQ_MULTICAST_MAXTPDU`. */
  maxTransportDataUnit?: number;
  /** Whether udp also delivers on the sending machine. Other transports ignore it. Default true. libzmq: `ZMQ_MULTICAST_LOOP`. */
  loop?: boolean;
}

/** The multicast options of Publisher, Subscriber, XPublisher and XSubscriber. */
export interface Multicast {
  /**
   * The options for the pgm, epgm and norm transports and for udp groups. Assign an object before `bind` or `connect`:
   * the options are checked together, because they depend on each other. Reading it returns the current values.
   *
   * Default `{ rate: 100, recoveryInterval: 10000, hops: 1, maxTransportDataUnit: 1500, loop: true }`. Takes effect at the
   * next `bind` or `connect`. libzmq: `ZMQ_RATE`, `ZMQ_RECOVERY_IVL`, `ZMQ_MULTICAST_HOPS`, `ZMQ_MULTICAST_MAXTPDU`,
   * `ZMQ_MULTICAST_LOOP`.
   *
   * @throws ZmqError `EINVAL`: an option is out of range; `detail` names it and its range.
   * @throws ZmqError `ENOTSOCK`: the socket is closed.
   * @throws TypeError: the value is not an object, or a property is unknown or has the wrong type.
   *
   * @example
   * ```ts
   * import { Publisher } from "zmq-native";
   *
   * const publisher = new Publisher();
   * publisher.multicast = { rate: 10_000, recoveryInterval: 5_000 };
   * console.log(publisher.multicast.rate); // 10000
   * ```
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

/** OpenPGM stores bytes per second in 31 bits. */
const maxRate = 2_147_483;
/** Packet sizes with which OpenPGM works. Headers take a part of the lower limit. */
const minUnit = 256;
const maxUnit = 9000;
/** The largest number of packets in the window. Both ends allocate 8 bytes or more for each. */
const maxWindow = 2 ** 24;
/** A smaller window has moved on before a request for a lost packet can be answered. */
const minWindow = 64;

type Numbers = Omit<Settings, "loop">;

/** The number of packets that a publisher keeps for retransmission. */
function windowOf({ rate, recoveryInterval, maxTransportDataUnit }: Numbers): number {
  return Math.floor((recoveryInterval * Math.floor(rate / 8)) / maxTransportDataUnit);
}

/** Describes the error in a set of options and its remedy. Undefined if there is none. */
function faultIn(settings: Numbers): string | undefined {
  const { rate, recoveryInterval, hops, maxTransportDataUnit: unit } = settings;
  const ranges: [name: string, value: number, low: number, high: number, unit: string][] = [
    ["multicastHops", hops, 1, 255, ""],
    ["multicastMaxTransportDataUnit", unit, minUnit, maxUnit, " bytes"],
    ["rate", rate, 1, maxRate, " kilobits per second"],
    ["recoveryInterval", recoveryInterval, 0, 2 ** 31 - 1, " milliseconds"],
  ];
  for (const [name, value, low, high, measure] of ranges) {
    if (Number.isInteger(value) && value >= low && value <= high) continue;
    return `${name} must be from ${low} to ${high}${measure}, got ${value}`;
  }
  if ((rate * 1000) / 8 < unit) {
    const least = Math.ceil((unit * 8) / 1000);
    return `rate is ${rate} kilobits per second, less than a packet of ${unit} bytes: raise it to ${least} or more, or lower multicastMaxTransportDataUnit`;
  }
  if (windowOf(settings) > maxWindow) {
    return `recoveryInterval (${recoveryInterval} ms) at a rate of ${rate} kilobits per second requires keeping more than ${maxWindow} packets: lower one of them`;
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
  if (multicast === "none") return;
  if (multicast === "hops") {
    const hops = core.getOption(table.hops);
    if (hops > 255) throw refusal("EINVAL", `multicastHops must be from 1 to 255, got ${hops}`, use);
    return;
  }
  const settings = read(core);
  const fault = faultIn(settings);
  if (fault !== undefined) throw refusal("EINVAL", fault, use);
  const window = windowOf(settings);
  if (window < minWindow && !warned) {
    warned = true;
    process.emitWarning(
      `Multicast can recover only the last ${window} packets: raise recoveryInterval (${settings.recoveryInterval} ms) or rate (${settings.rate} kilobits per second), on both ends, for ${minWindow} or more.`,
    );
  }
}

/** Sets the options that `value` names, after a check of the whole set. */
function write(core: Core, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError("multicast must be an object, as in { rate: 10000, recoveryInterval: 5000 }");
  }
  const entries = Object.entries(value).filter(([, given]) => given !== undefined);
  for (const [name, given] of entries) {
    if (!Object.hasOwn(table, name)) {
      throw new TypeError(
        `multicast has no option ${name}; its options are ${Object.keys(table).join(", ")}`,
      );
    }
    const type = name === "loop" ? "boolean" : "number";
    if (typeof given !== type) throw new TypeError(`multicast.${name} must be a ${type}`);
  }
  const { loop: _, ...numbers } = Object.fromEntries(entries);
  const fault = faultIn({ ...read(core), ...(numbers as Partial<Numbers>) });
  if (fault !== undefined) throw errorOf("EINVAL").explain(fault);
  for (const [name, given] of entries) core.setOption<unknown>(table[name as keyof Settings], given);
}

/** @internal Defines `multicast` on a class. */
export function defineMulticast(prototype: object): void {
  Object.defineProperty(prototype, "multicast", {
    configurable: true,
    get(this: object): MulticastOptions {
      const core = coreOf(this);
      return { ...read(core), loop: core.getOption(table.loop) };
    },
    set(this: object, value: unknown) {
      write(coreOf(this), value);
    },
  });
}
