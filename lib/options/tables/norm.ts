// Options of publishers and subscribers for the transport norm.

import * as zmq from "../../binding/constants.js";
import { rows } from "../kinds.js";

const { int32, boolean, names } = rows;

const normModes = ["fixed", "cc", "ccl", "cce", "cceEcnOnly"] as const;

/**
 * Options of Publisher, XPublisher, Subscriber and XSubscriber where libzmq was built with NORM; undefined elsewhere. If
 * the options of an endpoint contradict each other, the socket emits `bind:error`.
 */
export const normOptions = {
  /**
   * The congestion control of a NORM publisher: none at a fixed `rate`, NORM-CC, loss-tolerant (NORM-CCL), also by
   * ECN (NORM-CCE), or by ECN only.
   *
   * Default `"cc"`. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_MODE`.
   */
  normMode: names(normModes, zmq.ZMQ_NORM_MODE),
  /**
   * Whether NORM subscribers request lost data from the publisher only, instead of the whole group.
   *
   * Default false. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_UNICAST_NACK`.
   */
  normUnicastNack: boolean(zmq.ZMQ_NORM_UNICAST_NACK),
  /**
   * The size of NORM's buffers.
   *
   * In kilobytes. Default 2048. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_NORM_BUFFER_SIZE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: kilobytes from 1 to 1048576.
   */
  normBufferSize: int32(zmq.ZMQ_NORM_BUFFER_SIZE),
  /**
   * The size of a segment that a NORM publisher sends.
   *
   * In bytes. Default 1400. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_NORM_SEGMENT_SIZE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 1 to 65000.
   */
  normSegmentSize: int32(zmq.ZMQ_NORM_SEGMENT_SIZE),
  /**
   * The number of segments in a block of a NORM publisher. Together with `normNumParity` at most 255.
   *
   * Default 16. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_BLOCK_SIZE`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 1 to 255.
   */
  normBlockSize: int32(zmq.ZMQ_NORM_BLOCK_SIZE),
  /**
   * The number of parity segments that a NORM publisher computes for each block, to repair losses.
   *
   * Default 4. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_NUM_PARITY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 to 254.
   */
  normNumParity: int32(zmq.ZMQ_NORM_NUM_PARITY),
  /**
   * The number of parity segments that are sent with each block without a request.
   *
   * Default 0. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_NUM_AUTOPARITY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 to 254.
   */
  normNumAutoparity: int32(zmq.ZMQ_NORM_NUM_AUTOPARITY),
  /**
   * Whether a NORM publisher with a full buffer drops its oldest data instead of waiting.
   *
   * Default false. Since libzmq 4.3.5. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_NORM_PUSH`.
   */
  normPush: boolean(zmq.ZMQ_NORM_PUSH),
};
