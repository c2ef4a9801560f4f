// Push and Pull, which distribute messages among peers.

import * as zmq from "../../binding/constants.js";
import type { Values } from "../../options/kinds.js";
import type { conflateOptions } from "../../options/table.js";
import type { SocketOptions } from "../class-options.js";
import type { ReadableSocket, WritableSocket } from "../interfaces.js";
import { Socket } from "../socket.js";

/**
 * Receives messages from all connected Push sockets. No peer can starve the others (fair queuing). libzmq: `ZMQ_PULL`. RFC 30.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 *
 * const pull = new Pull();
 * const push = new Push();
 * await pull.bind("tcp://127.0.0.1:*");
 * push.connect(pull.lastEndpoint!);
 * await push.send("job");
 * console.log(String(await pull.receive())); // job
 * ```
 */
export class Pull extends Socket {
  /**
   * Creates a Pull socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Pull>) {
    super(zmq.ZMQ_PULL, options);
  }
}
export interface Pull extends ReadableSocket, Values<typeof conflateOptions> {}

/**
 * Sends each message to one of its Pull peers, round-robin, and skips peers whose queue is full. `send` waits while no peer
 * has room. libzmq: `ZMQ_PUSH`. RFC 30.
 *
 * @example
 * ```ts
 * import { Pull, Push } from "zmq-native";
 *
 * const push = new Push({ sendHighWaterMark: 100, linger: 1000 });
 * const pull = new Pull();
 * await push.bind("tcp://127.0.0.1:*");
 * pull.connect(push.lastEndpoint!);
 * await push.send(["resize", Buffer.from([1, 2, 3])]);
 * const [task, bytes] = await pull.receive();
 * console.log(`${task}: ${bytes!.length} bytes`); // resize: 3 bytes
 * ```
 */
export class Push extends Socket {
  /**
   * Creates a Push socket. Pass its options, and its `context` unless it is the default one.
   *
   * @throws ZmqError `EMFILE`: the context has `maxSockets` sockets open, or the process has no file descriptors left.
   * @throws ZmqError `EINVAL`: libzmq rejects the value of an option.
   * @throws ZmqError `EFAULT`: the context is closed.
   * @throws TypeError: an option is unknown or read-only, or its value has the wrong type.
   */
  constructor(options?: SocketOptions<Push>) {
    super(zmq.ZMQ_PUSH, options);
  }
}
export interface Push extends WritableSocket, Values<typeof conflateOptions> {}
