// A program with the types of zeromq, as its users write them. It compiles and runs with zeromq itself, and unchanged
// with this package in its place. Lines that must not compile are marked, so that a type that is too wide fails, too.

import { strict as assert } from "node:assert";
import * as zmq from "zeromq";
import {
  Context,
  type Event,
  type EventOfType,
  type EventSubscriber,
  type EventType,
  type Message,
  type MessageLike,
  type Observer,
  type Readable,
  type RouterConnectOptions,
  type SocketOptions,
  type StreamConnectOptions,
  type Writable,
  Proxy as ZmqProxy,
} from "zeromq";
import * as draft from "zeromq/draft.js";

// Options, by class.

const common: SocketOptions<zmq.Socket> = { linger: 0, immediate: true, context: zmq.context };
const routerOptions: SocketOptions<zmq.Router> = { mandatory: true, handover: true, routingId: "router" };
const secured: SocketOptions<zmq.Pair> = {
  plainServer: true,
  plainUsername: null,
  plainPassword: "secret",
  zapDomain: "global",
  curveServerKey: null,
};

function settings<S extends zmq.Socket>(
  options: SocketOptions<S>,
  more?: SocketOptions<S>,
): SocketOptions<S> {
  return { ...options, ...more };
}

interface Settings {
  push?: SocketOptions<zmq.Push>;
  pull?: SocketOptions<zmq.Pull>;
}

const defaults: Settings = { push: { ...common, sendTimeout: 5000 }, pull: { receiveTimeout: 5000 } };

// @ts-expect-error a Push cannot receive
const noReceiver: SocketOptions<zmq.Push> = { receiveTimeout: 5 };
// @ts-expect-error text is not a number
const noNumber: SocketOptions<zmq.Push> = { linger: "0" };
// @ts-expect-error the last endpoint is read only
const readOnly: SocketOptions<zmq.Push> = { lastEndpoint: "tcp://127.0.0.1:1" };
// @ts-expect-error unknown option
type OfNothing = SocketOptions<string>;

// Subclasses of a socket (with and without protected members), of the base class, and of a context.

class JsonPush extends zmq.Push {
  constructor(options?: SocketOptions<zmq.Push>) {
    super({ ...defaults.push, ...options });
  }

  async sendJson(value: unknown): Promise<void> {
    await this.send(JSON.stringify(value));
  }

  override send(message: MessageLike | MessageLike[]): Promise<void> {
    return super.send(message);
  }
}

class JsonPull extends zmq.Pull {
  async receiveJson<T>(): Promise<T> {
    const [frame] = await this.receive();
    return JSON.parse(String(frame)) as T;
  }

  override close(): void {
    super.close();
  }
}

class TunedDealer extends zmq.Dealer {
  get rawLinger(): number {
    return this.getInt32Option(17);
  }

  set rawLinger(value: number) {
    this.setInt32Option(17, value);
  }

  tune(): [boolean, string | null, number, number, number] {
    this.setBoolOption(39, true);
    this.setStringOption(5, Buffer.from("dealer"));
    this.setStringOption(5, "dealer");
    this.setInt64Option(22, 1024);
    this.setUint64Option(4, 0);
    this.setUint32Option(57, 0);
    const numbers = [this.getInt64Option(22), this.getUint64Option(4), this.getUint32Option(57)] as const;
    return [this.getBoolOption(39), this.getStringOption(5), ...numbers];
  }
}

/** A socket type that the library does not name, as some programs add it. */
class PairByNumber extends zmq.Socket {
  constructor(options?: { linger?: number }) {
    super(0, options);
  }
}
interface PairByNumber extends Writable, Readable {}

class TunedContext extends Context {
  constructor() {
    super({ ioThreads: 2, maxSockets: 64, blocky: false, ipv6: false, threadPriority: 0 });
  }

  threads(): number {
    this.setBoolOption(42, this.getBoolOption(42));
    this.setInt32Option(1, this.getInt32Option(1));
    return this.ioThreads;
  }
}

function refused(push: zmq.Push, pull: zmq.Pull, context: zmq.Context): void {
  // @ts-expect-error a Pull cannot send
  pull.send("x");
  // @ts-expect-error a Push cannot receive
  push.receive();
  // @ts-expect-error a Push is not iterable
  push[Symbol.asyncIterator];
  // @ts-expect-error a Push has no groups
  push.join("group");
  // @ts-expect-error only subclasses set options by number
  push.setInt32Option(17, 0);
  // @ts-expect-error only subclasses read options by number
  context.getInt32Option(1);
  // @ts-expect-error only subclasses create the base class
  new zmq.Socket(8);
  // @ts-expect-error the type is read only
  push.type = 7;
  // @ts-expect-error the context is read only
  push.context = context;
  // @ts-expect-error the limit is read only
  context.maxSocketsLimit = 5;
  // @ts-expect-error an object is not a message
  push.send({});
  // @ts-expect-error a message is required
  push.send(undefined);
  // @ts-expect-error a Stream sends an id and data
  new zmq.Stream().send("x");
  // @ts-expect-error a Server requires a routing id
  new draft.Server().send("x");
  // @ts-expect-error a Pair has no routing ids
  new zmq.Pair().connect("tcp://127.0.0.1:1", { routingId: "x" });
}

// Generics over the capabilities of sockets.

async function sendAll<M extends MessageLike | MessageLike[]>(
  socket: Writable<M>,
  messages: M[],
): Promise<number> {
  for (const message of messages) await socket.send(message);
  return messages.length;
}

async function sendWith<M extends MessageLike | MessageLike[], O extends object[]>(
  socket: Writable<M, O>,
  message: M,
  ...options: O
): Promise<void> {
  await socket.send(message, ...options);
}

async function take<F extends object[]>(socket: Readable<F>, count: number): Promise<F[]> {
  const messages: F[] = [];
  for await (const message of socket) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

function open<S extends zmq.Socket, O>(type: new (options?: O) => S, options?: O): S {
  return new type(options);
}

async function bound<S extends zmq.Socket>(socket: S): Promise<[S, string]> {
  await socket.bind("tcp://127.0.0.1:*");
  const address: string | null = socket.lastEndpoint;
  if (address === null) throw new Error("not bound");
  return [socket, address];
}

type Sender = Pick<zmq.Push, "send" | "close">;
type SentBy<S> = S extends Writable<infer M> ? M : never;
type ReceivedBy<S extends { receive(): Promise<unknown> }> = Awaited<ReturnType<S["receive"]>>;

const frames: ReceivedBy<zmq.Stream> = [Buffer.from("id"), Buffer.from("data")];
const sent: SentBy<zmq.Push> = [
  "a",
  null,
  5,
  new ArrayBuffer(1),
  new SharedArrayBuffer(1),
  new Float64Array(1),
];

/** A mock, as tests use them. */
class Recorder implements Writable {
  sendBufferSize = -1;
  sendHighWaterMark = 1000;
  sendTimeout = -1;
  multicastHops = 1;
  readonly messages: (MessageLike | MessageLike[])[] = [];

  async send(message: MessageLike | MessageLike[]): Promise<void> {
    this.messages.push(message);
  }
}

class Script {
  receiveBufferSize = -1;
  receiveHighWaterMark = 1000;
  receiveTimeout = -1;
  readonly #messages: Message[][];

  constructor(...messages: Message[][]) {
    this.#messages = messages;
  }

  async receive(): Promise<Message[]> {
    return this.#messages.shift() ?? [];
  }

  [Symbol.asyncIterator](): AsyncIterator<Message[], undefined> {
    return {
      next: async () => {
        const value = this.#messages.shift();
        return value ? { value, done: false } : { value: undefined, done: true };
      },
    };
  }
}

async function byHand(socket: zmq.Pull): Promise<number> {
  const iterator: AsyncIterator<Message[], undefined> = socket[Symbol.asyncIterator]();
  const result = await iterator.next();
  if (result.done) {
    const nothing: undefined = result.value;
    return Number(nothing);
  }
  return result.value.length;
}

/** Compiled only: a Radio drops messages until it knows the group. */
async function toGroup(radio: draft.Radio, dish: draft.Dish): Promise<string> {
  dish.join("group", Buffer.from("other"));
  dish.leave("other");
  await sendWith(radio, "to the group", { group: "group" });
  const [message, { group }] = await dish.receive();
  return `${message.toString()} to ${group.toString()}`;
}

// Events, narrowed by their type.

function describe(event: Event): string {
  switch (event.type) {
    case "accept":
    case "connect":
    case "handshake":
      return `${event.type} ${event.address.toUpperCase()}`;
    case "connect:retry":
      return `again in ${event.interval.toFixed()} ms at ${event.address}`;
    case "bind:error":
    case "accept:error":
    case "close:error":
    case "handshake:error:other":
      return `${event.error.code}: ${event.error.errno.toFixed()} ${event.error.message}`;
    case "handshake:error:protocol":
      return event.error.code === "ERR_ZMTP_UNEXPECTED_COMMAND"
        ? "unexpected"
        : event.error.code.toLowerCase();
    case "handshake:error:auth": {
      const status: 300 | 400 | 500 = event.error.status;
      return `refused with ${status}`;
    }
    case "end":
      return "end";
    default:
      return event.type;
  }
}

type Handlers = { [E in EventType]?: (event: EventOfType<E>) => void };
type Problem = Extract<Event, { error: Error }>;
const isProblem = (event: EventOfType): event is Problem => "error" in event;

function listen(observer: Observer, log: string[]): EventSubscriber {
  const handlers: Handlers = {
    bind: ({ address }) => log.push(`bind ${address}`),
    "bind:error": ({ error, address }) => log.push(`${error.code} ${address}`),
  };
  if (handlers.bind) observer.on("bind", handlers.bind);
  const all = (event: Event) => log.push(describe(event));
  for (const type of ["accept", "handshake"] as const) observer.on(type, all);
  const retry = (event: EventOfType<"connect:retry">): number => event.interval;
  // @ts-expect-error unknown event
  observer.on("nonsense", all);
  return observer.on("connect:retry", retry).off("connect:retry", retry);
}

async function firstOf<E extends EventType>(
  observer: Observer,
  type: E,
): Promise<EventOfType<E> | undefined> {
  for await (const event of observer) if (event.type === type) return event as EventOfType<E>;
  return undefined;
}

// Runs all of the above.

async function main(): Promise<void> {
  const [pull, address] = await bound(new JsonPull(settings<zmq.Pull>(defaults.pull ?? {}, { linger: 0 })));
  const log: string[] = [];
  const push = new JsonPush();
  const connected = firstOf(push.events, "connect");
  push.connect(address);
  await push.sendJson({ n: 1 });
  assert.deepEqual(await pull.receiveJson<{ n: number }>(), { n: 1 });
  assert.equal((await connected)?.address, address);
  assert.equal(await sendAll(push, ["a", ["b", "c"]]), 2);
  const received: Message[][] = await take(pull, 2);
  assert.deepEqual(received.map(String), ["a", "b,c"]);
  await push.send("by hand");
  assert.equal(await byHand(pull), 1);

  const sender: Sender = push;
  sender.close();
  pull.close();
  const { closed, readable, writable }: zmq.Socket = pull;
  assert.deepEqual({ closed, readable, writable }, { closed: true, readable: false, writable: false });

  const recorder = new Recorder();
  await sendAll(recorder, [sent]);
  assert.equal(recorder.messages.length, 1);
  const endless: Readable = new Script(frames);
  assert.deepEqual(await take(endless, 1), [frames]);

  const dealer = new TunedDealer();
  dealer.rawLinger = 0;
  assert.deepEqual([dealer.linger, ...dealer.tune()], [0, true, "dealer", 1024, 0, 0]);
  const context = new TunedContext();
  assert.equal(context.threads(), 2);
  const byNumber: PairByNumber = new PairByNumber({ linger: 0 });
  const pairs = [byNumber, open(zmq.Pair, { context })] as const;
  assert.deepEqual(
    pairs.map((pair) => pair.type as number),
    [0, 0],
  );
  assert.equal(pairs[1].context, context);

  const router = new zmq.Router({ ...routerOptions, linger: 0 });
  listen(router.events, log);
  const byId: RouterConnectOptions & StreamConnectOptions = { routingId: "worker" };
  const worker = new zmq.Dealer({ routingId: "other", linger: 0 });
  await worker.bind("tcp://127.0.0.1:*");
  router.connect(worker.lastEndpoint as string, byId);
  await sendWith(router, ["worker", "job"]);
  const [job] = await worker.receive();
  assert.equal(job?.toString(), "job");

  const subscriber = new zmq.Subscriber({ linger: 0 });
  subscriber.subscribe("a", Buffer.from("b"));
  subscriber.unsubscribe();
  const publisher = new zmq.XPublisher({ verbosity: "allSubs", welcomeMessage: "welcome" });
  publisher.verbosity = null;
  const proxy: zmq.Proxy<zmq.XSubscriber, zmq.XPublisher> = new ZmqProxy(new zmq.XSubscriber(), publisher);
  proxy.frontEnd.linger = 0;
  proxy.backEnd.verbosity = "allSubsUnsubs";
  assert.throws(() => proxy.run());

  const server = new draft.Server({ receiveTimeout: 5000 });
  const client = new draft.Client({ receiveTimeout: 5000, linger: 0 });
  await server.bind("inproc://server");
  client.connect("inproc://server");
  await sendWith(client, "question");
  const [question, { routingId }] = await server.receive();
  await sendWith(server, `${question}, answered`, { routingId });
  const [answer] = await client.receive();
  assert.equal(String(answer), "question, answered");

  const { publicKey, secretKey }: { publicKey: string; secretKey: string } = zmq.curveKeyPair();
  const able: { curve?: boolean } = zmq.capability;
  assert.deepEqual([publicKey.length, secretKey.length, able.curve], [40, 40, true]);
  assert.match(zmq.version, /^4\.3\./);
  assert.equal(isProblem({ type: "end" }), false);
  for (const socket of [
    router,
    worker,
    dealer,
    subscriber,
    publisher,
    proxy.frontEnd,
    server,
    client,
    ...pairs,
  ]) {
    socket.close();
  }
  console.log("as typed");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

export { noNumber, noReceiver, type OfNothing, readOnly, refused, secured, toGroup };
