// Explains errors of options: the wrong value and the valid ones. The messages are those of zeromq; `detail` has the
// rest.

import { concealed, isObject, shown, shownUnlessKey, shownUnlessPassword } from "../arguments/checks.js";
import { byName, ZMQ_SOCKS_PASSWORD, ZMQ_SOCKS_USERNAME } from "../binding/constants.js";
import { explained, ZmqError } from "../binding/errors.js";
import { knownOptions } from "./known.js";
import { nearest } from "./nearest.js";

const count = "a whole number from 0";
const milliseconds = "milliseconds from 0";
const systemDefault = "or -1 for the system's default";
const curveKey = "40 characters of Z85, or 32 bytes, as curveKeyPair() makes them";
const certificates = "one or more certificates in PEM, or null for none";
const shortText = "1 to 255 bytes, or null for none";

/** The valid values of socket options, where libzmq rejects some. The documentation of an option repeats them. */
const socketValues: Record<string, string> = {
  sendHighWaterMark: `${count} (no limit)`,
  receiveHighWaterMark: `${count} (no limit)`,
  sendTimeout: `${milliseconds} (do not wait), or -1 to wait without a limit`,
  receiveTimeout: `${milliseconds} (do not wait), or -1 to wait without a limit`,
  linger: `${milliseconds} (drop queued messages), or -1 to keep them without a limit`,
  rate: "kilobits per second from 1",
  recoveryInterval: milliseconds,
  sendBufferSize: `bytes from 0, ${systemDefault}`,
  receiveBufferSize: `bytes from 0, ${systemDefault}`,
  typeOfService: count,
  reconnectInterval: `${milliseconds}, or -1 to never reconnect`,
  reconnectMaxInterval: `${milliseconds} (no doubling)`,
  backlog: count,
  maxMessageSize: "bytes from 0, or -1 for no limit",
  maxFrames: "a whole number from 1, or -1 for no limit",
  multicastHops: "a whole number from 1",
  multicastMaxTransportDataUnit: "bytes from 1",
  tcpKeepalive: `0 (off), 1 (on), ${systemDefault}`,
  tcpKeepaliveCount: `${count}, ${systemDefault}`,
  tcpKeepaliveIdle: `seconds from 0, ${systemDefault}`,
  tcpKeepaliveInterval: `seconds from 0, ${systemDefault}`,
  tcpAcceptFilter: "an address or a network such as 10.0.0.0/8, or null to remove all filters",
  plainUsername: shortText,
  plainPassword: shortText,
  zapDomain: shortText,
  handshakeInterval: `${milliseconds} (no limit)`,
  socksProxy: "host:port, or null for none",
  heartbeatInterval: `${milliseconds} (no heartbeats)`,
  heartbeatTimeToLive: "milliseconds from 0 to 6553599",
  heartbeatTimeout: milliseconds,
  connectTimeout: `${milliseconds} (the system's default)`,
  tcpMaxRetransmitTimeout: `${milliseconds} (the system's default)`,
  busyPoll: "microseconds from 0",
  normBufferSize: "kilobytes from 1 to 1048576",
  normSegmentSize: "bytes from 1 to 65000",
  normBlockSize: "a whole number from 1 to 255",
  normNumParity: "a whole number from 0 to 254",
  normNumAutoparity: "a whole number from 0 to 254",
  interface: "the name of a network interface, or null for none",
  curvePublicKey: curveKey,
  curveSecretKey: curveKey,
  curveServerKey: curveKey,
  wssKey: "a private key in PEM without a password (RSA, or EC with P-256, P-384 or P-521), or null for none",
  wssCertificate: certificates,
  wssTrust: certificates,
  wssTrustSystem:
    'false, or true on a system that has certificate authorities. Without them, set wssTrust to tls.rootCertificates.join("\\n")',
  wssHostname: "at most 255 bytes without NUL, or null for the host of the endpoint",
  routingId: "1 to 255 bytes, of which the first is not 0",
  routingIdBytes: "1 to 255 bytes, of which the first is not 0",
};

/** The valid values of context options. */
const contextValues: Record<string, string> = {
  ioThreads: count,
  ioThreadSpin: "microseconds from 0 to 1000000",
  maxSockets: "a whole number from 1 to maxSocketsLimit",
  maxMessageSize: "bytes from 0",
  threadPriority: count,
  threadSchedulingPolicy: count,
};

/** Options whose values must not appear in logs. */
const secrets = new Set(["plainPassword", "curveSecretKey", "wssKey", `option ${ZMQ_SOCKS_PASSWORD}`]);

/** Options that a program may set to a password by mistake, which may be short. */
const besidePasswords = new Set([
  "plainServer",
  "plainUsername",
  "zapDomain",
  `option ${ZMQ_SOCKS_USERNAME}`,
]);

/** Options that a program may set to a secret key by mistake. */
const besideKeys = new Set([
  ...["curveServer", "curvePublicKey", "curveServerKey"],
  ...["wssCertificate", "wssTrust", "wssTrustSystem", "wssHostname"],
]);

function got(name: string, value: unknown): string {
  if (value === undefined) return "undefined: leave the option out for its default";
  // `setStringOption` names an option by its number.
  const option = knownOptions.find(({ id }) => name === `option ${id}`)?.name ?? name;
  if (secrets.has(option)) return concealed(value);
  if (besidePasswords.has(option)) return shownUnlessPassword(value);
  return besideKeys.has(option) ? shownUnlessKey(value) : shown(value);
}

const values = { socket: socketValues, context: contextValues };

/** @internal The valid values of options, by name, where libzmq rejects some. */
export function valuesOf(owner: keyof typeof values): Readonly<Record<string, string>> {
  return values[owner];
}

/** The valid values of an option: those of its type, less those that libzmq rejects for the owner. */
interface Accepted {
  readonly kind: string | undefined;
  readonly of?: keyof typeof values;
}

/** @internal Adds the option's name, its valid values and the given value to an error of setting it. */
export function explainValue(error: unknown, name: string, { kind, of }: Accepted, value: unknown): unknown {
  const limits = of && values[of][name];
  const takes = `${name} takes ${limits ?? kind}`;
  if (error instanceof ZmqError) {
    if (error.code !== "EINVAL") return error;
    const fault =
      limits === undefined ? `${name}: this build of libzmq lacks the option, or rejects the value` : takes;
    return error.explain(`${fault}; got ${got(name, value)}`);
  }
  return error instanceof TypeError ? explained(error, `${takes}; got ${got(name, value)}`) : error;
}

/** @internal Adds the option's name to an error of reading it. */
export function explainReading(error: unknown, name: string): unknown {
  return error instanceof ZmqError && error.code === "EINVAL"
    ? error.explain(`${name} cannot be read: this build of libzmq lacks the option, or it can only be set`)
    : error;
}

/** Options that are not in a table. */
const others = ["context", "distinctErrors", "multicast", "receiveQueue", "sendQueue", "verbosity"];

/** Names of options in zmq 2 and zeromq 5 that libzmq no longer uses. */
const formerly: Record<string, readonly string[]> = {
  identity: ["routingId"],
  hwm: ["sendHighWaterMark", "receiveHighWaterMark"],
};

/** Finds the option that libzmq calls `ZMQ_SNDHWM`, for `sndhwm`, `SNDHWM` and `ZMQ_SNDHWM`. */
function byLibzmqName(name: string, options: typeof knownOptions): string[] {
  const id = byName()[`ZMQ_${name.toUpperCase().replace(/^ZMQ_/, "")}`];
  return options.filter((option) => option.id === id).map((option) => option.name);
}

/** The names of the classes that have an option. */
const classesWith = (name: string): string[] =>
  knownOptions
    .filter((option) => option.name === name && "constructor" in option.prototype)
    .map(({ prototype }) => prototype.constructor.name);

/** The option that `name` is nearer to than to `names`, and the classes that have it. Undefined if there is none. */
function ofOtherClasses(name: string, names: string[]): string | undefined {
  const others = knownOptions.filter(({ writable }) => writable).map((option) => option.name);
  const found = nearest(name, [...new Set([...names, ...others])], false);
  const [option] = found;
  if (option === undefined || found.some((candidate) => names.includes(candidate))) return undefined;
  const classes = classesWith(option);
  if (classes.length === 0) return undefined;
  const owners = classes.slice(0, mostClasses).join(", ");
  return `${option}, an option of ${owners}${classes.length > mostClasses ? " and others" : ""}`;
}

/** The most classes that an error names. */
const mostClasses = 3;

/** The reason why the option cannot be set. Undefined if there is another one. */
function faultOf(owner: object, name: string): string | undefined {
  const className = owner.constructor.name;
  const options = knownOptions.filter(({ prototype }) =>
    Object.prototype.isPrototypeOf.call(prototype, owner),
  );
  if (options.some((option) => option.name === name && !option.writable)) return `${name} can only be read`;
  if (name in owner) return undefined;
  const names = [
    ...options.filter(({ writable }) => writable).map((option) => option.name),
    ...others.filter((other) => other === "context" || other in owner),
  ];
  const former = (formerly[name.toLowerCase()] ?? []).filter((option) => names.includes(option));
  const exact = former.length > 0 ? former : byLibzmqName(name, options);
  const suggestions = exact.length > 0 ? exact : nearest(name, names);
  if (knownOptions.some((option) => option.name === name)) {
    return `${className} has no option ${name}: it belongs to other socket types, or to builds of libzmq with more features`;
  }
  const other = exact.length > 0 ? undefined : ofOtherClasses(name, names);
  if (other !== undefined) return `${className} has no option ${name}; did you mean ${other}?`;
  if (suggestions.length === 0) {
    return `${className} has no option ${name}, and none with a similar name`;
  }
  return `${className} has no option ${name}; did you mean ${suggestions.join(" or ")}?`;
}

/** @internal Adds the name of the unknown option to the error of assigning options to a sealed object. */
export function explainAssignment(error: unknown, owner: object, options: object): unknown {
  // Errors of values have a detail already. Other errors come from a getter of the program.
  if (!(error instanceof TypeError) || "detail" in error) return error;
  for (const name of isObject(options) ? Object.keys(options) : []) {
    const fault = faultOf(owner, name);
    if (fault !== undefined) return explained(error, fault);
  }
  return error;
}
