// A TypeScript program for version 5, compiled with the declarations of zeromq and with ours. It uses features that
// zeromq's declarations allow: listeners with parameters of any type, events by a variable, and undeclared properties.

import type { EventEmitter } from "node:events";
import * as zmq from "zeromq/v5-compat";

const endpoint: string = process.argv[2] ?? "inproc://typed";

class Service extends zmq.Socket {
  started = 0;

  constructor(private readonly name: string) {
    super("rep");
    this.on("message", (text: string) => this.answer(text));
  }

  answer(text: string): this {
    this.started++;
    return this.send(`${this.name}: ${text}`);
  }

  override close(): this {
    console.log(`${this.name} closes`);
    return super.close();
  }
}

const service: zmq.Socket = new Service("service");
service.bindSync(endpoint);
const client = zmq.socket("req").connect(service.last_endpoint);
client.close();

const sub = zmq.socket("sub", { linger: 0, identity: "me", anything: true });
sub.on("message", (topic: string, data: string) => console.log(topic.length, JSON.parse(data)));
sub.on("message", (topic, message) => {
  const parsed: { id: number } = JSON.parse(message);
  console.log(topic.toString("utf8"), parsed.id, message.length);
});
sub.on("error", (error: NodeJS.ErrnoException) => console.error(error.code));
sub.subscribe("topic").unsubscribe("topic");

// biome-ignore lint/suspicious/noExplicitAny: as programs write it
function listen(socket: zmq.Socket, event: string, listener: (...values: any[]) => void): void {
  socket.on(event, listener);
  socket.once(event, (value: number, address: string) => listener(value, address));
  socket.removeListener(event, listener);
  socket.emit(event, 1, "x");
}
for (const event of ["connect", "accept", "disconnect"]) listen(sub, event, () => undefined);
const emitter: EventEmitter = sub;
emitter.setMaxListeners(20);

sub.monitor(500, 0).unmonitor();
const identity: string = sub.identity;
const linger: number = sub.linger;
sub.plain_server = 1;
sub.hwm = 5;
sub.customField = { nested: identity };
const state: number = sub._zmq?.state ?? linger;
sub.setsockopt(zmq.ZMQ_SUBSCRIBE, Buffer.from("x"));
sub.setsockopt("linger", "5");
const read = sub.getsockopt("linger") as number;
const flag = sub.getsockopt(zmq.ZMQ_IPV6) as boolean;
const last = sub.getsockopt(zmq.ZMQ_LAST_ENDPOINT) as string;

const type: zmq.SocketType = "push";
const push = zmq.createSocket(type, { sndbuf: 1000 });
push.bind("inproc://push", (error?: Error) => console.log(error?.message));
push.connect(endpoint).disconnect(endpoint);
push.send(["a", Buffer.from("b")], zmq.ZMQ_SNDMORE).send("c", 0, (error?: Error) => console.log(error));
push.pause();
push.resume();

const { public: key, secret } = zmq.curveKeypair();
zmq.proxy(zmq.socket("router"), zmq.socket("dealer"), zmq.socket("pub"));
zmq.Context.setMaxSockets(500);
console.log(state, read, flag, last, key, secret, zmq.version, zmq.options.linger, push.closed, push.type);
