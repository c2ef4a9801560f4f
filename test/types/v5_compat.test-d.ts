// Programs that the types of version 5 must accept or reject.

import { expectTypeOf, test } from "vitest";
import zmqDefault, * as zmq from "zmq-native/v5-compat";
import { Socket, type SocketType, socket } from "zmq-native/v5-compat.js";

test("sockets have a type and options", () => {
  expectTypeOf(socket("push", { linger: 0, identity: "me", plain_server: true })).toEqualTypeOf<Socket>();
  expectTypeOf(zmq.createSocket).toEqualTypeOf(zmq.socket);
  expectTypeOf(zmqDefault.socket).toEqualTypeOf(zmq.socket);
  expectTypeOf(new Socket("xreq").type).toEqualTypeOf<SocketType>();
  // @ts-expect-error unknown type
  socket("server");
  // As in zeromq, values have no types, and other properties are allowed.
  socket("push", { anything: 5, linger: "5" });
});

test("listeners of events may have any parameters", () => {
  const pull = socket("pull");
  pull.on("message", (topic: string, data: Buffer) => [topic, data]);
  pull.once("message", (id, data) => [expectTypeOf(id).toBeAny(), expectTypeOf(data).toBeAny()]);
  pull.on("bind", (address: number) => address);
  for (const name of ["connect", "close"] as string[])
    pull.on(name, (value, address, error) => [value, address, error]);
  pull.emit("message", "x");
  expectTypeOf<zmq.SocketEvents["message"]>().toEqualTypeOf<Buffer[]>();
  expectTypeOf<zmq.MonitorEvents["connect"]>().toEqualTypeOf<
    [value: number | undefined, address: string, error: Error | undefined]
  >();
});

test("methods return the socket or nothing", () => {
  const pair = socket("pair");
  expectTypeOf(
    pair.bind("inproc://x", (error) => expectTypeOf(error).toEqualTypeOf<Error | undefined>()),
  ).toEqualTypeOf<Socket>();
  for (const call of ["unbind", "connect", "disconnect"] as const) {
    expectTypeOf(pair[call]("inproc://x")).toEqualTypeOf<Socket>();
  }
  for (const call of ["bindSync", "unbindSync"] as const) expectTypeOf(pair[call]("inproc://x")).toBeVoid();
  expectTypeOf(pair.pause()).toBeVoid();
  expectTypeOf(pair.resume()).toBeVoid();
  expectTypeOf(pair.close()).toEqualTypeOf<Socket>();
  expectTypeOf(pair.closed).toBeBoolean();
  expectTypeOf(pair.monitor(500, 0)).toEqualTypeOf<Socket>();
  expectTypeOf(pair.unmonitor()).toEqualTypeOf<Socket>();
  expectTypeOf(pair.subscribe("x").unsubscribe(Buffer.from("x"))).toEqualTypeOf<Socket>();
  expectTypeOf(pair.read()).toBeVoid();
  expectTypeOf(pair.ref).returns.toBeVoid();
  expectTypeOf(pair._zmq.state).toBeNumber();
});

test("send accepts messages only", () => {
  const pair = socket("pair");
  expectTypeOf(pair.send("x")).toEqualTypeOf<Socket>();
  pair.send(["a", Buffer.from("b"), new Uint8Array(3), null, 5, new ArrayBuffer(1)]);
  pair.send("x", zmq.ZMQ_SNDMORE, (error) => expectTypeOf(error).toEqualTypeOf<Error | undefined>());
  pair.send("x", null, () => {});
  pair.send(["a"] as const);
  // @ts-expect-error an object is not a message
  pair.send({});
  // @ts-expect-error flags come before the callback
  pair.send("x", () => {});
});

test("values of options have no types", () => {
  const dealer = socket("dealer");
  expectTypeOf(dealer.getsockopt("linger")).toBeAny();
  expectTypeOf(dealer.setsockopt(zmq.ZMQ_IDENTITY, Buffer.from("me"))).toEqualTypeOf<Socket>();
  dealer.setsockopt("linger", 5).setsockopt(zmq.ZMQ_IPV6, true).setsockopt(zmq.ZMQ_SUBSCRIBE, "x");
  expectTypeOf<zmq.OptionInput<"plain_server">>().toEqualTypeOf<number | boolean | null>();
  expectTypeOf<zmq.OptionValue<typeof zmq.ZMQ_MECHANISM>>().toBeNumber();
  dealer.identity = Buffer.from("me");
  expectTypeOf(dealer.identity).toBeAny();
  expectTypeOf(dealer.anything).toBeAny();
  // @ts-expect-error it is read-only
  dealer.last_endpoint = "x";
  // @ts-expect-error it is read-only
  dealer.mechanism = 1;
});

test("each short name is a property, and no other name is", () => {
  expectTypeOf<Exclude<zmq.OptionName, keyof Socket>>().toBeNever();
  expectTypeOf<typeof zmq.options.linger>().toEqualTypeOf<17>();
});

test("other members have their types", () => {
  expectTypeOf(zmq.proxy(socket("router"), socket("dealer"))).toBeVoid();
  expectTypeOf(zmq.proxy(socket("router"), socket("dealer"), socket("pub"))).toBeVoid();
  expectTypeOf(zmq.curveKeypair()).toEqualTypeOf<{ public: string; secret: string }>();
  expectTypeOf(zmq.version).toBeString();
  expectTypeOf(zmq.Context.getMaxThreads()).toBeNumber();
  expectTypeOf(zmq.Context.setMaxSockets(5)).toBeVoid();
  expectTypeOf<typeof zmq.ZMQ_SNDMORE>().toEqualTypeOf<2>();
});
