// The options of sockets that take effect at once. Setting another one on a connected socket emits a warning.

import * as zmq from "../binding/constants.js";

/** @internal Ids of options. Each row of a table with `live` adds its own; these are set by methods and `verbosity`. */
export const liveOptions = new Set<number>([
  zmq.ZMQ_SUBSCRIBE,
  zmq.ZMQ_UNSUBSCRIBE,
  zmq.ZMQ_XPUB_VERBOSE,
  zmq.ZMQ_XPUB_VERBOSER,
]);
