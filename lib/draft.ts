// The draft sockets of libzmq, whose interface may still change there. The classes are in lib/draft/ by pattern; here are
// the options of each at run time.

import { emitWarning } from "node:process";
import { capability } from "./binding/capability.js";
import { Channel } from "./draft/channel.js";
import { Client, Server } from "./draft/client-server.js";
import { Datagram } from "./draft/datagram.js";
import { Peer } from "./draft/peer.js";
import { Dish, Radio } from "./draft/radio-dish.js";
import { Gather, Scatter } from "./draft/scatter-gather.js";
import {
  conflateOptions,
  disconnectOptions,
  helloOptions,
  hiccupOptions,
  receiveOptions,
  sendOptions,
} from "./options/table.js";
import { defineSocketOptions } from "./socket/class-options.js";

export type { GroupInfo, GroupOptions, RoutingOptions } from "./message/tag.js";
export { Channel, Client, Datagram, Dish, Gather, Peer, Radio, Scatter, Server };

if (!capability.draft)
  throw new Error(
    "This build of libzmq has no draft sockets: use a prebuilt binary, or build with the vendored libzmq",
  );
emitWarning("ZeroMQ draft features are experimental and could change at any time.");

defineSocketOptions([
  [Server, sendOptions, receiveOptions, helloOptions, disconnectOptions],
  [Client, sendOptions, receiveOptions, helloOptions, hiccupOptions],
  [Radio, sendOptions],
  [Dish, receiveOptions],
  [Gather, receiveOptions, conflateOptions],
  [Scatter, sendOptions, conflateOptions],
  [Datagram, sendOptions, receiveOptions],
  [Peer, sendOptions, receiveOptions, helloOptions, disconnectOptions, hiccupOptions],
  [Channel, sendOptions, receiveOptions],
]);

// For `import draft from`, which the compiler turns into `.default` in CommonJS.
Object.defineProperty(exports, "default", { value: exports });
