// Sockets of one context reach each other over inproc. A second context has inproc names of its own.

import { Context, context as defaultContext, Pair } from "zmq-native";

const one = new Pair();
const other = new Pair();
await one.bind("inproc://meeting-point");
other.connect("inproc://meeting-point");
await one.send("hello");
console.log(`in the same context: ${await other.receive()}`);
console.log(
  `both use the default context: ${one.context === defaultContext && other.context === defaultContext}`,
);

// A second context, with two I/O threads.
const context = new Context({ ioThreads: 2 });
const stranger = new Pair({ context, linger: 0 });
stranger.connect("inproc://meeting-point");
const heard = await stranger.receive({ timeout: 100 }).catch(() => "nothing");
console.log(`in another context: ${heard}`);

// Closes the sockets of the context, then the context.
await context.close();
console.log(`the socket of the closed context is closed: ${stranger.closed}`);
one.close();
other.close();
