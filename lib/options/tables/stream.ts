// Options of Stream.

import * as zmq from "../../binding/constants.js";
import { rows } from "../kinds.js";

const { boolean } = rows;

/** Options of Stream. */
export const streamOptions = {
  /**
   * Whether the socket receives an empty message each time a peer connects or disconnects.
   *
   * Default true. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_STREAM_NOTIFY`.
   */
  notify: boolean(zmq.ZMQ_STREAM_NOTIFY, { access: "w" }),
};
