// Programs that the types must accept or reject.

import { assertType, expectTypeOf, test } from "vitest";
import type * as zmq from "zmq-native";
import {
  type ConnectedPeer,
  type Context,
  type Event,
  type EventOfType,
  type LeaveReason,
  type Message,
  type MessageLike,
  Pair,
  type PeerChange,
  type ProtocolErrorCode,
  type Publisher,
  Pull,
  Push,
  type Readable,
  type ReadableSocket,
  Router,
  type Socket,
  type SocketEndpoint,
  type SocketIterator,
  type SocketOptions,
  Stream,
  type Subscriber,
  type Writable,
  type WritableSocket,
  XPublisher,
} from "zmq-native";
import type * as draft from "zmq-native/draft";
import type { Dish, Server } from "zmq-native/draft";
import type { draftTypes, stableTypes } from "../helpers/socket_types.js";

type Exports = typeof zmq & typeof draft;
/** The names of the socket classes that a message can, or cannot, be sent with, or received with. */
type Classes<Method extends PropertyKey, Has extends boolean> = {
  [Name in keyof Exports]: Exports[Name] extends (new (
    ...parameters: never[]
  ) => infer Instance extends Socket)
    ? (Method extends keyof Instance ? true : false) extends Has
      ? Name
      : never
    : never;
}[keyof Exports];

test("senders can send and receivers can receive, and no others", () => {
  expectTypeOf<Push>().toExtend<Writable>();
  expectTypeOf<Pull>().toExtend<Readable>();
  expectTypeOf<Pair>().toExtend<Readable & Writable>();
  const [push, pull] = [new Push(), new Pull()];
  // @ts-expect-error a Push does not receive
  push.receive;
  // @ts-expect-error a Push is not iterable
  push[Symbol.asyncIterator];
  // @ts-expect-error a Pull does not send
  pull.send;
  // @ts-expect-error only a Subscriber subscribes
  pull.subscribe;
});

test("each exported class sends and receives, except these", () => {
  expectTypeOf<Classes<"send", false>>().toEqualTypeOf<"Pull" | "Subscriber" | "Dish" | "Gather">();
  expectTypeOf<Classes<"trySend" | "sendMany", true>>().toEqualTypeOf<Classes<"send", true>>();
  expectTypeOf<Classes<"receive", false>>().toEqualTypeOf<"Push" | "Publisher" | "Radio" | "Scatter">();
  expectTypeOf<Classes<typeof Symbol.asyncIterator, true>>().toEqualTypeOf<Classes<"receive", true>>();
  expectTypeOf<Extract<Classes<"send", true>, Classes<"receive", true>>>().toEqualTypeOf<
    Exclude<
      keyof typeof stableTypes | keyof typeof draftTypes,
      Classes<"send", false> | Classes<"receive", false>
    >
  >();
});

test("send accepts messages only", () => {
  const pair = new Pair();
  expectTypeOf(pair.receive()).resolves.toEqualTypeOf<Message[]>();
  expectTypeOf(pair.tryReceive()).toEqualTypeOf<Message[] | undefined>();
  expectTypeOf(pair.receiveMany()).resolves.toEqualTypeOf<Message[][]>();
  expectTypeOf<Message>().toEqualTypeOf<Buffer>();
  expectTypeOf(pair.send("x")).resolves.toBeVoid();
  pair.send(["a", Buffer.from("b"), new Uint8Array(3), null, 5, new ArrayBuffer(1)]);
  pair.send("x", { timeout: 5, signal: AbortSignal.timeout(5) });
  // @ts-expect-error an object is not a message
  pair.send({});
  // @ts-expect-error unknown option
  pair.send("x", { timeOut: 5 });
  const stream = new Stream();
  expectTypeOf(stream.receive()).resolves.toEqualTypeOf<[Message, Message]>();
  // @ts-expect-error a Stream sends an id and data
  stream.send("x");
});

test("options have their types", () => {
  const push = new Push({ sendTimeout: 5, linger: 0 });
  expectTypeOf(push.sendTimeout).toBeNumber();
  expectTypeOf(push.immediate).toBeBoolean();
  expectTypeOf(push.plainUsername).toEqualTypeOf<string | null>();
  expectTypeOf(push.securityMechanism).toEqualTypeOf<null | "plain" | "curve" | "gssapi">();
  expectTypeOf(push.context).toEqualTypeOf<Context>();
  // @ts-expect-error a Push has no option receiveTimeout
  new Push({ receiveTimeout: 5 });
  // @ts-expect-error unknown option
  new Push({ nonsense: 5 });
  // @ts-expect-error linger is a number
  new Push({ linger: "5" });
  // @ts-expect-error it is read-only
  new Push({ lastEndpoint: "x" });
  // @ts-expect-error it is read-only
  push.type = 5;
  const xpublisher = new XPublisher({ verbosity: "allSubs", manual: true });
  xpublisher.verbosity = null;
  assertType<SocketOptions<Router>>({ mandatory: true, routingId: "me", handover: true });
  assertType<SocketOptions<Subscriber>>({ conflate: true });
  assertType<SocketOptions<Publisher>>({ noDrop: true });
});

test("only sockets with ids accept an id in connect", () => {
  new Router().connect("tcp://127.0.0.1:1", { routingId: "peer" });
  // @ts-expect-error a Pair has no routing ids
  new Pair().connect("tcp://127.0.0.1:1", { routingId: "peer" });
});

test("Writable and Readable have the members of zeromq's, and sockets have more", () => {
  type Sending = "send" | "sendBufferSize" | "sendHighWaterMark" | "sendTimeout" | "multicastHops";
  expectTypeOf<keyof Writable>().toEqualTypeOf<Sending>();
  type Receiving = "receive" | "receiveBufferSize" | "receiveHighWaterMark" | "receiveTimeout";
  expectTypeOf<keyof Readable>().toEqualTypeOf<Receiving | typeof Symbol.asyncIterator>();
  expectTypeOf<Pair>().toExtend<ReadableSocket & WritableSocket>();
  expectTypeOf<Parameters<Writable["send"]>>().toEqualTypeOf<[message: MessageLike | MessageLike[]]>();
});

test("loops have their types", () => {
  const pull = new Pull();
  expectTypeOf(pull[Symbol.asyncIterator]()).toEqualTypeOf<SocketIterator<Message[]>>();
  expectTypeOf(pull.batches()).toEqualTypeOf<SocketIterator<Message[][]>>();
  expectTypeOf(pull.batches()).toExtend<AsyncIterableIterator<Message[][]>>();
  expectTypeOf(pull.batches().next()).resolves.toEqualTypeOf<IteratorResult<Message[][], undefined>>();
});

test("send and trySend transfer, sendMany does not", () => {
  const push = new Push();
  push.send("x", { transfer: true, timeout: 5 });
  push.trySend("x", { transfer: true });
  // @ts-expect-error
  push.sendMany(["x"], { transfer: true });
});

test("send requires options where the class needs them", () => {
  const server = {} as Server;
  server.sendMany([["x", { routingId: 5 }]], { timeout: 5 });
  server.trySend("x", { routingId: 5 });
  server.send("x", { routingId: 5, timeout: 5 });
  server.send("x", { routingId: 5, transfer: true });
  server.trySend("x", { routingId: 5, transfer: true });
  // @ts-expect-error further options belong to the routing id
  server.send("x", { routingId: 5 }, { timeout: 5 });
  // @ts-expect-error a routing id is required
  server.sendMany(["x"]);
  // @ts-expect-error a routing id is required
  server.trySend("x");
  expectTypeOf<Dish>().toExtend<Readable<[Message, { group: Buffer }]>>();
});

test("events are narrowed by their type", () => {
  expectTypeOf<EventOfType>().toEqualTypeOf<Event>();
  expectTypeOf<EventOfType<"connect:retry">["interval"]>().toBeNumber();
  expectTypeOf<EventOfType<"handshake:error:auth">["error"]["status"]>().toEqualTypeOf<300 | 400 | 500>();
  expectTypeOf<"ERR_ZAP_BAD_VERSION">().toExtend<ProtocolErrorCode>();
  expectTypeOf<"ERR_NONSENSE">().not.toExtend<ProtocolErrorCode>();
  expectTypeOf<Extract<Event, { type: "accept" | "end" }>>().toEqualTypeOf<EventOfType<"accept" | "end">>();
});

test("changes of peers are narrowed by their type", () => {
  const pull = {} as Pull;
  expectTypeOf(pull.peers).toExtend<Iterable<ConnectedPeer>>();
  expectTypeOf(pull.waitForPeers()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pull.endpoints).toEqualTypeOf<SocketEndpoint[]>();
  expectTypeOf(pull.peers.changes().next()).resolves.toEqualTypeOf<IteratorResult<PeerChange>>();
  pull.peers.once("leave", ({ peer, reason }) => {
    expectTypeOf(peer).toEqualTypeOf<ConnectedPeer>();
    expectTypeOf(reason).toEqualTypeOf<LeaveReason>();
  });
  // Loops over `changes()` take all properties apart before they look at the type.
  pull.peers.on("join", ({ reason }) => expectTypeOf(reason).toEqualTypeOf<undefined>());
  // @ts-expect-error there is no such event
  pull.peers.on("arrive", () => {});
  // @ts-expect-error peers are read-only
  pull.peers = [];
});
