// How a socket is named in logs and in the payloads of diagnostics_channel.

/** The names of the socket types in libzmq, by number. */
const typeNames = [
  ...["PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "STREAM"],
  ...["SERVER", "CLIENT", "RADIO", "DISH", "GATHER", "SCATTER", "DGRAM", "PEER", "CHANNEL"],
];

/** The name of a socket type, such as `PUSH`. */
export const typeName = (type: number): string => typeNames[type] ?? `${type}`;

/** @internal Types that only send, and types that only receive. Subscriptions do not count here. */
export const sendOnly: readonly string[] = ["PUB", "PUSH", "RADIO", "SCATTER"];
/** @internal */
export const receiveOnly: readonly string[] = ["SUB", "PULL", "DISH", "GATHER"];

/** @internal Which socket a payload is about. */
export interface Identity {
  readonly socket: object;
  readonly socketType: string;
  readonly socketId: number;
}

/** The part of a core that names it. */
interface Named {
  readonly socket: object | undefined;
  readonly type: number;
}

/** Numbers of sockets that a payload has named. */
const ids = new WeakMap<Named, number>();
let lastId = 0;

/** Which socket a payload is about. Sockets are numbered in the order of their first payload. */
export function identityOf(core: Named): Identity {
  let id = ids.get(core);
  if (id === undefined) {
    id = ++lastId;
    ids.set(core, id);
  }
  return { socket: core.socket!, socketType: typeName(core.type), socketId: id };
}

/** @internal A payload that is about a socket. Its fields are enumerable for `console.log`. */
export abstract class Identified implements Identity {
  readonly socket: object;
  readonly socketType: string;
  readonly socketId: number;

  constructor(core: Named) {
    const { socket, socketType, socketId } = identityOf(core);
    this.socket = socket;
    this.socketType = socketType;
    this.socketId = socketId;
  }
}
