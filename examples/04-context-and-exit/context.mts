// The context holds all sockets of a process. There is one from the start; more of them are worlds of their own.

import { Context, context as defaultContext, Pair } from "zmq-native";

using one = new Pair();
using other = new Pair();
await one.bind("inproc://meeting-point");
other.connect("inproc://meeting-point");
await one.send("hello");
console.log(`both in the default context: ${await other.receive()}`);
console.log(
  `theirs is the default context: ${one.context === defaultContext && other.context === defaultContext}`,
);

{
  // Another context has I/O threads of its own, and inproc names of its own.
  await using context = new Context({ ioThreads: 2 });
  const stranger = new Pair({ context, linger: 0 });
  stranger.connect("inproc://meeting-point");
  await one.send("hello again");
  const heard = await stranger.receive({ timeout: 100 }).catch(() => "nothing");
  console.log(`in another context: ${heard}`);
  // `await using` closes the context at the end of the block, and the context its sockets.
}
console.log("the other context is closed");
console.log(`the default one lives on: ${await other.receive()}`);
