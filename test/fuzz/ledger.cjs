// The ledger of the fuzzer: which socket sent which message, and whether a received message equals, byte for byte, one
// that was sent to its receiver.
//
// Frames of at least `stampSize` bytes carry a stamp: program, thread, sender, operation, sequence number, frame index
// and frame count. The rest of the frame repeats the stamp. The stamp and the program's text suffice to rebuild the
// whole message, so a thread can check messages of other threads. Messages without such a frame are stored by content.

const { toValue } = require("./values.cjs");

const magic = 0xf52e;
const stampSize = 20;

/** A frame of `length` bytes, as the ledger fills it. */
function stamped(length, [program, thread, sender, operation, sequence], index, count) {
  const frame = Buffer.allocUnsafe(length);
  frame.writeUInt16LE(magic, 0);
  frame.writeUInt16LE(program, 2);
  frame.writeUInt16LE(thread, 4);
  frame.writeUInt16LE(sender, 6);
  frame.writeUInt16LE(operation, 8);
  frame[10] = index;
  frame[11] = count;
  frame.writeUInt32LE(sequence, 12);
  frame.writeUInt32LE((0x9e3779b1 ^ sequence ^ (length << 8)) >>> 0, 16);
  if (length > stampSize) frame.fill(frame.subarray(0, stampSize), stampSize);
  return frame;
}

/** Parses a frame's stamp. Undefined for a frame without one. */
function readStamp(frame) {
  if (frame.length < stampSize || frame.readUInt16LE(0) !== magic) return undefined;
  const [program, thread, sender, operation] = [2, 4, 6, 8].map((at) => frame.readUInt16LE(at));
  const origin = [program, thread, sender, operation, frame.readUInt32LE(12)];
  return { origin, index: frame[10], count: frame[11], key: `${program}.${thread}.${sender}` };
}

const hasStamp = (template) =>
  Array.isArray(template) ? template.some(hasStamp) : typeof template === "number" && template >= stampSize;

/** Returns the frames of a template in the form that the library accepts. */
function framesOf(template, origin) {
  const list = Array.isArray(template) ? template : [template];
  return list.map((frame, index) => {
    if (typeof frame !== "number") return toValue(frame);
    if (origin === undefined || frame < stampSize) return Buffer.alloc(frame, frame & 0xff);
    return stamped(frame, origin, index, list.length);
  });
}

/** A frame as it arrives. */
function bytesOf(frame) {
  if (Buffer.isBuffer(frame)) return frame;
  return frame === null ? Buffer.alloc(0) : Buffer.from(String(frame));
}

/** The key of messages without a stamp: their last frame. */
const keyOf = (frames) => {
  const last = frames.at(-1) ?? Buffer.alloc(0);
  return `${last.length}:${last.toString("latin1", 0, 40)}`;
};

const isSubscription = (frame) => frame?.[0] <= 1;

/** Types that send each message to one peer only, so that it arrives at most once. */
const unicast = new Set([
  "Push",
  "Pair",
  "Dealer",
  "Request",
  "Reply",
  "Router",
  "Client",
  "Server",
  "Scatter",
  "Channel",
  "Peer",
]);

/** The messages of a program without a stamp, by the program's text and by messages that were sent again. */
class Literals {
  #known = new Map();

  add(frames, sender) {
    const bytes = frames.map(bytesOf);
    const key = keyOf(bytes);
    const list = this.#known.get(key) ?? [];
    const known = list.find(
      (one) =>
        one.sender === sender &&
        one.frames.length === bytes.length &&
        one.frames.every((f, i) => f.equals(bytes[i])),
    );
    if (known) return;
    // A message that is sent again may lie in the library's memory, which another test may detach.
    list.push({ frames: bytes.map((frame) => Buffer.from(frame)), sender });
    this.#known.set(key, list);
  }

  find(frames) {
    return this.#known.get(keyOf(frames)) ?? [];
  }
}

/** All operations of a program including nested ones, but not those of workers, which have their own numbers. */
function flatten(program, list = []) {
  for (const operation of program) {
    operation.number = list.length;
    list.push(operation);
    if (operation.inner) flatten([operation.inner], list);
  }
  return list;
}

/** The ledger of one program's run. */
class Ledger {
  #program;
  #thread;
  #operations = new Map();
  #literals = new Literals();
  /** The parts of stamped messages that a Reply delivers, where no frame of a part has a stamp. */
  #bodies = new Literals();
  #received = new Map();
  #refused = new Set();
  #senders = 0;
  /** Called for each message that must not have been sent or received. */
  #fault;

  /**
   * `program`: the main thread's operations. `thread`: 0, or 1 + the number of the operation that started the worker.
   */
  constructor(index, program, thread, fault) {
    this.#program = index;
    this.#thread = thread;
    this.#fault = fault;
    const main = flatten(program);
    this.#operations.set(0, main);
    for (const operation of main) {
      if (operation.program) this.#operations.set(1 + operation.number, flatten(operation.program));
    }
  }

  /** The operations of this thread. */
  get own() {
    const main = this.#operations.get(0);
    return this.#thread === 0 ? main : main[this.#thread - 1].program;
  }

  /** Registers a socket, which may send and receive from then on. */
  enter(entry) {
    Object.assign(entry, {
      number: ++this.#senders,
      sequence: 0,
      key: `${this.#program}.${this.#thread}.${this.#senders}`,
      /** Normalized endpoints that it has ever been bound or connected to. */
      bound: new Set(),
      connected: new Set(),
      connections: 0,
      places: [],
      topics: new Set(),
      identities: new Set(),
      /** For a Router: the peer of each routing id. */
      peers: new Map(),
      /** For a Router: routing ids that its own program gave to peers. */
      assigned: new Set(),
    });
    this.#entries.set(entry.key, entry);
  }
  #entries = new Map();

  /** Creates the next message of an operation. Its `receipt` withdraws it. */
  compose(entry, operation) {
    const template = operation.message;
    if (!hasStamp(template)) {
      const frames = framesOf(template);
      this.#literals.add(frames, entry.key);
      return { message: Array.isArray(template) ? frames : frames[0], receipt: undefined };
    }
    const sequence = ++entry.sequence;
    const origin = [this.#program, this.#thread, entry.number, operation.number, sequence];
    const frames = framesOf(template, origin);
    this.#noteBody(frames, entry.key);
    return { message: Array.isArray(template) ? frames : frames[0], receipt: `${entry.key}.${sequence}` };
  }

  /** A Reply keeps the frames up to the first empty one to itself, whichever peer sent them. */
  #noteBody(frames, sender) {
    const body = frames.slice(frames.findIndex((frame) => bytesOf(frame).length === 0) + 1);
    if (body.length === 0 || body.length === frames.length) return;
    if (!body.some((frame) => readStamp(bytesOf(frame)))) this.#bodies.add(body, sender);
  }

  /** Messages without a stamp that could have these frames. */
  #candidates(entry, frames) {
    const whole = this.#literals.find(frames);
    return entry.type === "Reply" ? [...whole, ...this.#bodies.find(frames)] : whole;
  }

  /** Records frames that are sent unchanged. */
  literal(entry, frames) {
    this.#literals.add(frames, entry?.key);
  }

  #name(key) {
    return `${this.#entries.get(key)?.type ?? "a socket"} ${key}`;
  }

  /** Withdraws a message that the library reported as not sent. */
  refuse(receipt) {
    if (receipt === undefined) return;
    this.#refused.add(receipt);
    if (this.#received.has(receipt))
      this.#fault("ledger", `received a message before the send of it failed\n${receipt}`);
  }

  /** Why `entry` cannot have received a message. Undefined when it can. */
  check(entry, frames, context) {
    if (frames.length === 0) return undefined;
    let at = frames.length - 1;
    let stamp = readStamp(frames[at]);
    while (stamp === undefined && at > 0) stamp = readStamp(frames[--at]);
    if (stamp === undefined) return this.#checkLiteral(entry, frames, context);
    const why = this.#checkStamped(entry, frames, at, stamp, context);
    if (why === undefined) return undefined;
    // Sent again, including the frames in front of it.
    if (
      this.#literals.find(frames).some((one) => this.#aligned(entry, frames, one.frames, one.sender, context))
    )
      return undefined;
    return context.echoes && context.workers ? undefined : why;
  }

  #checkStamped(entry, frames, at, stamp, context) {
    const [program, thread, , number, sequence] = stamp.origin;
    // From an earlier program, whose sockets may linger.
    if (program !== this.#program) return undefined;
    const template = this.#operations.get(thread)?.[number]?.message;
    if (template === undefined) return "a message with a stamp that nobody made";
    const sent = framesOf(template, stamp.origin);
    const sender = stamp.key;
    const filtered = this.#mayLoseFrames(sender, sent.map(bytesOf));
    if (!filtered && (sent.length !== stamp.count || sent.length - stamp.index !== frames.length - at))
      return `a part of a message\n${describe(frames)}, sent as ${describe(sent.map(bytesOf))}`;
    if (!this.#aligned(entry, frames, sent.map(bytesOf), sender, context))
      return `a message that was not sent to it like that\n${describe(frames)}, sent as ${describe(sent.map(bytesOf))} by ${this.#name(sender)}`;
    this.#noteName(entry, sender, frames[0], context);
    const receipt = `${sender}.${sequence}`;
    if (this.#refused.has(receipt)) return `a message of which the send failed\n${receipt}`;
    return this.#checkTimes(entry, sender, receipt, context);
  }

  #checkTimes(entry, senderKey, receipt, context) {
    const sender = this.#entries.get(senderKey);
    const alone = sender !== undefined && unicast.has(sender.type);
    const times = this.#received.get(receipt) ?? new Map();
    this.#received.set(receipt, times);
    const mine = (times.get(entry.key) ?? 0) + 1;
    times.set(entry.key, mine);
    if (context.proxied || sender === undefined || context.datagrams) return undefined;
    const total = [...times.values()].reduce((sum, one) => sum + one, 0);
    if (alone && total > 1) return `a message for the second time\n${receipt}`;
    const most = Math.max(1, entry.connections + sender.connections);
    return mine > most ? `a message more often than there are connections\n${receipt}: ${mine}` : undefined;
  }

  #checkLiteral(entry, frames, context) {
    if (["XPublisher", "Dish"].includes(entry.type) || context.workers) return undefined;
    // ZMQ_PROBE_ROUTER sends an empty message.
    if (frames.every((frame, i) => frame.length === 0 || (i === 0 && entry.type === "Router")))
      return undefined;
    // A subscription that a proxy forwards.
    if (context.proxied && frames.at(-1)[0] <= 1) return undefined;
    const found = this.#candidates(entry, frames);
    if (found.some((one) => this.#aligned(entry, frames, one.frames, one.sender, context))) return undefined;
    // From the previous program.
    if (this.previous !== undefined && this.previous(entry, frames, context) === undefined) return undefined;
    return `a message that nobody sent\n${describe(frames)}`;
  }

  /** Tells the next program whether a message without a stamp may be from this one. */
  asPrevious() {
    return (entry, frames, context) => {
      const loose = { ...context, proxied: true };
      return this.#candidates(entry, frames).some((one) =>
        this.#aligned(entry, frames, one.frames, undefined, loose),
      )
        ? undefined
        : "unknown";
    };
  }

  /**
   * Whether `frames`, as a socket received them, end with `sent`. Allows for frames that a pattern removes from the
   * front of a message or adds there.
   */
  #aligned(entry, frames, sent, senderKey, context) {
    if (this.#fits(entry, frames, sent, senderKey, context)) return true;
    return (
      this.#mayLoseFrames(senderKey, sent) &&
      this.#fits(
        entry,
        frames,
        sent.filter((frame) => !isSubscription(frame)),
        senderKey,
        context,
      )
    );
  }

  /** In an XSubscriber's message whose first frame is a subscription, each frame may be one and is then removed. */
  #mayLoseFrames(senderKey, [first]) {
    return this.#entries.get(senderKey)?.type === "XSubscriber" && isSubscription(first);
  }

  #fits(entry, frames, sent, senderKey, context) {
    let mine = frames.length - 1;
    let theirs = sent.length - 1;
    while (mine >= 0 && theirs >= 0 && frames[mine].equals(sent[theirs])) {
      mine--;
      theirs--;
    }
    const sender = this.#entries.get(senderKey);
    // Proxies with a Router prepend routing ids and remove the first frame.
    if (context.proxied) return mine < 0 || theirs < 0;
    if (mine >= 0 && theirs >= 0) {
      // A Router removed the first frame, a routing id, when it sent the message, and the receiver added another one.
      const taken = ["Router", "Stream"].includes(sender?.type) && theirs === 0;
      if (!taken) return false;
      theirs = -1;
    }
    if (theirs >= 0 && !this.#mayTake(entry, sender, sent, theirs)) return false;
    if (mine >= 0 && !this.#mayPut(entry, sender, frames, mine)) return false;
    return this.#mayReceive(entry, sender, frames, context);
  }

  /** Whether the frames up to `last` of a message may be missing. */
  #mayTake(entry, sender, sent, last) {
    if (sender === undefined) return true;
    if (["Router", "Stream"].includes(sender.type) && last === 0) return true;
    return ["Reply", "Request"].includes(entry.type) && sent[last].length === 0;
  }

  /** Whether a socket may receive other frames than those sent, up to `last`. */
  #mayPut(entry, sender, frames, last) {
    const identities = ["Router", "Stream"].includes(entry.type) ? 1 : 0;
    if (sender === undefined) return true;
    if (sender.type === "Reply") return frames[last].length === 0 || last < identities;
    const envelope = sender.type === "Request" ? last + 1 - identities : 0;
    if (last + 1 - identities > 2 || (envelope > 0 && frames[last].length !== 0)) return false;
    return last + 1 === identities + envelope;
  }

  #mayReceive(entry, sender, frames, context) {
    if (sender === undefined) return true;
    if (entry.type === "Router" && !this.#rightName(entry, sender, frames[0])) return false;
    const filters = entry.type === "Subscriber" && entry.wanted !== undefined && !context.inverted;
    if (filters && !entry.wanted(frames[0])) return false;
    return linked(entry, sender);
  }

  /** A Router never gives a routing id that it generated to another peer. */
  #noteName(entry, senderKey, name, context) {
    if (entry.type !== "Router" || context.proxied || name.length !== 5 || name[0] !== 0) return;
    entry.peers.set(name.toString("latin1"), senderKey);
  }

  /** Whether the leading routing id is that of the sender. */
  #rightName(entry, sender, name) {
    const text = name.toString("latin1");
    if (name.length === 5 && name[0] === 0) {
      const known = entry.peers.get(text);
      return known === undefined || known === sender.key;
    }
    return sender.identities.has(text) || entry.assigned.has(text);
  }
}

/** Whether one has been bound where the other has been connected. */
function linked(a, b) {
  const meets = (one, other) => [...one.bound].some((place) => other.connected.has(place));
  if (meets(a, b) || meets(b, a)) return true;
  return [a, b].some((one) => one.bound.has("anywhere") || one.connected.has("anywhere"));
}

const describe = (frames) =>
  `[${frames.map((frame) => `${frame.length}:${frame.toString("hex", 0, 20)}`).join(", ")}]`;

/** Maps equivalent endpoints to one text, or to "anywhere" when the endpoint is not known. */
function place(endpoint) {
  const text = String(endpoint);
  const port = /^(?:tcp|ws|wss):\/\/.*:(\d+)(?:\/.*)?$/.exec(text)?.[1];
  if (port !== undefined) return `port ${port}`;
  const name = /^inproc:\/\/.+$/.exec(text)?.[0];
  if (name !== undefined) return name;
  return /^ipc:\/\/(?:.*\/)?([^/*]+)$/.exec(text)?.[1] ?? "anywhere";
}

module.exports = { Ledger, linked, place };
