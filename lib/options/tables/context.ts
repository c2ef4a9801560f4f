// Options of a context.

import * as zmq from "../../binding/constants.js";
import { rows } from "../kinds.js";

const { int32, boolean } = rows;

/** Options of a context. */
export const contextOptions = {
  /**
   * The number of libzmq's I/O threads. One thread handles about a gigabyte per second. Set it before the first
   * socket of the context is created.
   *
   * Default 1. libzmq: `ZMQ_IO_THREADS`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  ioThreads: int32(zmq.ZMQ_IO_THREADS),
  /**
   * How long an I/O thread polls without sleeping after each message or other event. A message that arrives meanwhile
   * does not have to wake the thread, which shortens round trips. The thread uses processor time meanwhile, but lets other
   * threads run between two polls. Set the option before the first socket of the context is created. Only the bundled
   * libzmq supports it.
   *
   * In microseconds, up to one second. Default 0: an I/O thread sleeps at once. libzmq: `ZMQ_IO_THREAD_SPIN`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: microseconds from 0 to 1000000.
   */
  ioThreadSpin: int32(zmq.ZMQ_IO_THREAD_SPIN),
  /**
   * The largest number of sockets that may be open in the context. An observer needs one socket, a proxy two. Set it
   * before the first socket of the context is created.
   *
   * Default 1023. libzmq: `ZMQ_MAX_SOCKETS`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 1 to maxSocketsLimit.
   */
  maxSockets: int32(zmq.ZMQ_MAX_SOCKETS),
  /**
   * The largest value that `maxSockets` may have.
   *
   * Can only be read. libzmq: `ZMQ_SOCKET_LIMIT`.
   */
  maxSocketsLimit: int32(zmq.ZMQ_SOCKET_LIMIT, { access: "r" }),
  /**
   * The priority of the I/O threads, a number of the platform's scheduling policy. Set it before the first socket of
   * the context is created.
   *
   * Default: the system's priority. Can only be set. libzmq: `ZMQ_THREAD_PRIORITY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  threadPriority: int32(zmq.ZMQ_THREAD_PRIORITY, { access: "w" }),
  /**
   * The scheduling policy of the I/O threads, a number such as `SCHED_FIFO` of the platform. Set it before the first
   * socket of the context is created.
   *
   * Default: the system's policy. Can only be set. libzmq: `ZMQ_THREAD_SCHED_POLICY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a whole number from 0.
   */
  threadSchedulingPolicy: int32(zmq.ZMQ_THREAD_SCHED_POLICY, { access: "w" }),
  /**
   * libzmq stores this limit but does not enforce it. Use `maxMessageSize` of a socket instead.
   *
   * In bytes. Default 2147483647. libzmq: `ZMQ_MAX_MSGSZ`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: bytes from 0.
   */
  maxMessageSize: int32(zmq.ZMQ_MAX_MSGSZ),
  /**
   * Whether sockets created from now on use IPv6. It is the default of a socket's `ipv6`.
   *
   * Default false. libzmq: `ZMQ_IPV6`.
   */
  ipv6: boolean(zmq.ZMQ_IPV6),
  /**
   * Whether closing the context waits for queued messages. False makes 0 the default of `linger` for sockets created
   * from now on.
   *
   * Default true. libzmq: `ZMQ_BLOCKY`.
   */
  blocky: boolean(zmq.ZMQ_BLOCKY),
};
