// A typical user program: it sends a message through each entry point of the package. The test compiles it as CommonJS,
// as an ES module, and for a bundler, also with "zeromq" in place of the package's name.

import { EventEmitter, once } from "node:events";
import * as zmq from "zmq-native";
import { type Message, type MessageLike, Pull, Push, type SocketOptions, version } from "zmq-native";
import { Gather, Scatter } from "zmq-native/draft";
import * as draft from "zmq-native/draft.js";
import { createSocket, type SocketType } from "zmq-native/v5-compat";
import * as compat from "zmq-native/v5-compat.js";

async function native(): Promise<string> {
  const options: SocketOptions<Pull> = { receiveTimeout: 5000, linger: 0 };
  const pull = new Pull(options);
  const push = new Push({ sendTimeout: 5000 });
  await pull.bind("tcp://127.0.0.1:*");
  push.connect(pull.lastEndpoint as string);
  const message: MessageLike[] = ["native", Buffer.from([1])];
  await push.send(message);
  push.close();
  for await (const [kind] of pull) {
    pull.close();
    const frame: Message | undefined = kind;
    return String(frame);
  }
  return "nothing";
}

async function drafts(): Promise<string> {
  const gather = new Gather({ receiveTimeout: 5000 });
  const scatter = new draft.Scatter();
  await gather.bind("inproc://drafts");
  scatter.connect("inproc://drafts");
  await scatter.send("draft");
  const [message] = await gather.receive();
  gather.close();
  scatter.close();
  return message.toString();
}

async function version5(): Promise<string> {
  const type: SocketType = "pull";
  const pull = createSocket(type);
  const push = compat.socket("push");
  pull.bindSync("inproc://version5");
  push.connect("inproc://version5");
  const message = once(pull, "message");
  push.send("version 5");
  const [frame] = await message;
  pull.close();
  push.close();
  return String(frame);
}

async function main() {
  const results = [await native(), await drafts(), await version5()];
  const same = Scatter === draft.Scatter && createSocket === compat.socket && Push === zmq.Push;
  const kinds =
    new Gather({ linger: 0 }) instanceof zmq.Socket && compat.createSocket("sub") instanceof EventEmitter;
  console.log(
    [...results, version, same, kinds, zmq.capability.draft, typeof zmq.context.ioThreads].join(", "),
  );
  // A v5 socket that receives keeps the process alive.
  process.exit();
}

main();
