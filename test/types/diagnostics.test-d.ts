// The types of the payloads of diagnostics_channel, and of zmq-native/opentelemetry.

import { tracingChannel } from "node:diagnostics_channel";
import type { Context as TraceContext } from "@opentelemetry/api";
import { expectTypeOf, test } from "vitest";
import {
  type BindPayload,
  type ConnectPayload,
  type DropPayload,
  type HandshakePayload,
  type Message,
  type MessagesPayload,
  type PeerLeavePayload,
  Pull,
  type ReceivePayload,
  type SendPayload,
  type Socket,
  type SocketClosePayload,
  type SocketPayload,
  type SocketStatistics,
} from "zmq-native";
import { contextOf, processMessage, ZmqInstrumentation } from "zmq-native/opentelemetry";

test("payloads", () => {
  type All = SendPayload | ReceivePayload | BindPayload | ConnectPayload | HandshakePayload | DropPayload;
  expectTypeOf<All>().toExtend<SocketPayload>();
  expectTypeOf<SendPayload | ReceivePayload>().toExtend<MessagesPayload>();
  expectTypeOf<SocketPayload["socket"]>().toEqualTypeOf<Socket>();
  expectTypeOf<SendPayload["append"]>().parameters.toEqualTypeOf<[string | Uint8Array]>();
  expectTypeOf<SocketClosePayload>().toExtend<SocketPayload>();
  expectTypeOf<SocketClosePayload["statistics"]>().toEqualTypeOf<SocketStatistics | undefined>();
  expectTypeOf<PeerLeavePayload["reason"]>().toEqualTypeOf<"disconnect" | "close">();
  const { start } = tracingChannel<unknown, SendPayload>("zmq-native:send");
  start.subscribe((payload) => (payload as SendPayload).append("frame"));
});

test("OpenTelemetry", () => {
  const message: Message[] = [];
  expectTypeOf(contextOf(message)).toEqualTypeOf<TraceContext>();
  expectTypeOf(processMessage(message, ([frame]) => frame!.length)).toEqualTypeOf<number>();
  expectTypeOf(processMessage(message, async () => "x")).toEqualTypeOf<Promise<string>>();
  new ZmqInstrumentation({ propagate: (socket) => socket instanceof Pull });
  // @ts-expect-error: no such option
  new ZmqInstrumentation({ propagates: true });
  // @ts-expect-error: not a message
  contextOf("text");
});
