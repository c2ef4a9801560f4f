// Options of sockets that send, and of those that receive.

import * as zmq from "../../binding/constants.js";
import { rows } from "../kinds.js";

const { int32, boolean } = rows;

/** Options of sockets that send. */
export const sendOptions = {
  /**
   * The size of the kernel's send buffer of a connection.
   *
   * In bytes. Default -1: the system's size. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_SNDBUF`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 0, or -1 for the system's default.
   */
  sendBufferSize: int32(zmq.ZMQ_SNDBUF),
  /**
   * The largest number of messages that are queued for one peer. When the queue is full, `send` waits. Publisher,
   * XPublisher and Radio instead drop messages for that peer, and so does a Router without `mandatory`. 0 sets no limit.
   * The kernel's buffers hold further messages.
   *
   * Default 1000. Takes effect at once. libzmq: `ZMQ_SNDHWM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 (no limit).
   */
  sendHighWaterMark: int32(zmq.ZMQ_SNDHWM, { live: true }),
  /**
   * The largest number of routers that a multicast packet may pass, plus one: 1 stays in the local network.
   *
   * Default 1. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_MULTICAST_HOPS`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 1.
   */
  multicastHops: int32(zmq.ZMQ_MULTICAST_HOPS),
  /**
   * How long `send` waits while no peer has room for the message. 0 does not wait; -1 sets no limit.
   *
   * In milliseconds. Default -1. Takes effect at once. libzmq: `ZMQ_SNDTIMEO`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (do not wait), or -1 to wait
   * without a limit.
   */
  sendTimeout: int32(zmq.ZMQ_SNDTIMEO, { live: true }),
};

/** Options of sockets that receive. */
export const receiveOptions = {
  /**
   * The size of the kernel's receive buffer of a connection.
   *
   * In bytes. Default -1: the system's size. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_RCVBUF`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 0, or -1 for the system's default.
   */
  receiveBufferSize: int32(zmq.ZMQ_RCVBUF),
  /**
   * The largest number of messages from one peer that are queued for `receive`. When the queue is full, libzmq stops
   * reading from that peer, whose own queue then fills. 0 sets no limit.
   *
   * Default 1000. Takes effect at once. libzmq: `ZMQ_RCVHWM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0 (no limit).
   */
  receiveHighWaterMark: int32(zmq.ZMQ_RCVHWM, { live: true }),
  /**
   * How long `receive` waits for a message. 0 does not wait; -1 sets no limit.
   *
   * In milliseconds. Default -1. Takes effect at once. libzmq: `ZMQ_RCVTIMEO`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: milliseconds from 0 (do not wait), or -1 to wait
   * without a limit.
   */
  receiveTimeout: int32(zmq.ZMQ_RCVTIMEO, { live: true }),
};

/** Options of Pull, Push, Subscriber, Publisher, Dealer. */
export const conflateOptions = {
  /**
   * Whether each queue keeps only the newest message and drops the older one. Messages must have one frame: a receiver
   * drops others and emits `message:rejected`.
   *
   * Default false. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CONFLATE`.
   */
  conflate: boolean(zmq.ZMQ_CONFLATE, { access: "w" }),
};
