// What the types promise and refuse.

import { assertType, expectTypeOf, test } from "vitest";
import {
  type Context,
  type Message,
  Pair,
  type Publisher,
  Pull,
  Push,
  type Readable,
  Router,
  type SocketOptions,
  Stream,
  type Subscriber,
  type Writable,
  XPublisher,
} from "zmq-native";

test("senders send, receivers receive, and no others", () => {
  expectTypeOf<Push>().toExtend<Writable>();
  expectTypeOf<Pull>().toExtend<Readable>();
  expectTypeOf<Pair>().toExtend<Readable & Writable>();
  const [push, pull] = [new Push(), new Pull()];
  // @ts-expect-error a Push does not receive
  push.receive;
  // @ts-expect-error nor can it be looped over
  push[Symbol.asyncIterator];
  // @ts-expect-error a Pull does not send
  pull.send;
  // @ts-expect-error only a Subscriber subscribes
  pull.subscribe;
});

test("messages", () => {
  const pair = new Pair();
  expectTypeOf(pair.receive()).resolves.toEqualTypeOf<Message[]>();
  expectTypeOf(pair.tryReceive()).toEqualTypeOf<Message[] | undefined>();
  expectTypeOf(pair.receiveMany()).resolves.toEqualTypeOf<Message[][]>();
  expectTypeOf<Message>().toEqualTypeOf<Buffer>();
  expectTypeOf(pair.send("x")).resolves.toBeVoid();
  pair.send(["a", Buffer.from("b"), new Uint8Array(3), null, 5, new ArrayBuffer(1)]);
  pair.send("x", { timeout: 5, signal: AbortSignal.timeout(5) });
  // @ts-expect-error an object is no message
  pair.send({});
  // @ts-expect-error there is no such option
  pair.send("x", { timeOut: 5 });
  const stream = new Stream();
  expectTypeOf(stream.receive()).resolves.toEqualTypeOf<[Message, Message]>();
  // @ts-expect-error a Stream sends an id and data
  stream.send("x");
});

test("options", () => {
  const push = new Push({ sendTimeout: 5, linger: 0 });
  expectTypeOf(push.sendTimeout).toBeNumber();
  expectTypeOf(push.immediate).toBeBoolean();
  expectTypeOf(push.plainUsername).toEqualTypeOf<string | null>();
  expectTypeOf(push.securityMechanism).toEqualTypeOf<null | "plain" | "curve" | "gssapi">();
  expectTypeOf(push.context).toEqualTypeOf<Context>();
  // @ts-expect-error a Push has no such option
  new Push({ receiveTimeout: 5 });
  // @ts-expect-error nor this one
  new Push({ nonsense: 5 });
  // @ts-expect-error it is a number
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

test("connect takes an id where there are ids", () => {
  new Router().connect("tcp://127.0.0.1:1", { routingId: "peer" });
  // @ts-expect-error a Pair knows no ids
  new Pair().connect("tcp://127.0.0.1:1", { routingId: "peer" });
});
