// The types of streams over sockets, and of the functions of node:events over an observer.

import type NodeEvents from "node:events";
import { on, once } from "node:events";
import type { Duplex, Readable, Writable } from "node:stream";
import type { ReadableStream, WritableStream } from "node:stream/web";
import { expectTypeOf, test } from "vitest";
import {
  type EventOfType,
  type Message,
  type MessageLike,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
} from "zmq-native";
import { Channel, Client } from "zmq-native/draft";
import {
  toDuplex,
  toReadable,
  toReadableStream,
  toReadableWritablePair,
  toWritable,
  toWritableStream,
} from "zmq-native/streams";

test("streams of Node", () => {
  expectTypeOf(toReadable(new Pull())).toEqualTypeOf<Readable>();
  expectTypeOf(toWritable(new Push(), { objectMode: false, endMarker: "" })).toEqualTypeOf<Writable>();
  expectTypeOf(toDuplex(new Pair(), { highWaterMark: 5 })).toEqualTypeOf<Duplex>();
  toReadable(new Client());
  toWritable(new Channel());
  // @ts-expect-error: a Push cannot receive
  toReadable(new Push());
  // @ts-expect-error: a Pull cannot send
  toWritable(new Pull());
  // @ts-expect-error: a Publisher cannot receive
  toDuplex(new Publisher());
  // @ts-expect-error: no such option
  toReadable(new Pull(), { highwatermark: 5 });
});

test("web streams", () => {
  expectTypeOf(toReadableStream(new Pull())).toEqualTypeOf<ReadableStream<Message[]>>();
  expectTypeOf(toReadableStream(new Pull(), { objectMode: true })).toEqualTypeOf<ReadableStream<Message[]>>();
  expectTypeOf(toReadableStream(new Pull(), { objectMode: false })).toEqualTypeOf<
    ReadableStream<Uint8Array>
  >();
  expectTypeOf(toWritableStream(new Push())).toEqualTypeOf<WritableStream<MessageLike | MessageLike[]>>();
  expectTypeOf(toWritableStream(new Push(), { objectMode: false, endMarker: "" })).toEqualTypeOf<
    WritableStream<Uint8Array>
  >();
  expectTypeOf(toWritableStream(new Channel())).toEqualTypeOf<WritableStream<MessageLike>>();
  const { readable, writable } = toReadableWritablePair(new Reply());
  expectTypeOf(readable).toEqualTypeOf<ReadableStream<Message[]>>();
  expectTypeOf(writable).toEqualTypeOf<WritableStream<MessageLike | MessageLike[]>>();
});

test("events of an observer", () => {
  const { events } = new Pull();
  expectTypeOf(events).toExtend<NodeEvents>();
  on(events, "accept", { signal: AbortSignal.timeout(1) });
  expectTypeOf(once(events, "accept")).resolves.toBeArray();
  expectTypeOf(events.once("accept", ({ fd }) => fd)).toEqualTypeOf(events);
  expectTypeOf(events.listeners("bind")).toEqualTypeOf<((event: EventOfType<"bind">) => void)[]>();
  // @ts-expect-error: an accept has no interval
  events.once("accept", ({ interval }) => interval);
  // @ts-expect-error: no such event
  events.once("accepted", () => {});
  // @ts-expect-error: only libzmq emits events
  events.emit("accept");
});
