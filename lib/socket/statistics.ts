// The counts of a socket's messages.

import { check, errorOf } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import type { Core } from "../core/open-socket.js";
import { type DropCounts, dropCounts, libzmqReasonCount } from "./drops.js";

/**
 * Counts of the messages of a socket since it was created: all its peers together, with those that have left.
 * `socket.statistics()` returns them. The page docs/statistics.md shows how the numbers fit together.
 */
export interface SocketStatistics {
  /**
   * Messages that arrived from peers, with those in the receive queue. Subscriptions that a publisher receives count as
   * messages.
   */
  readonly messagesReceived: number;
  /**
   * Messages that were handed to the network, once for each peer. Over inproc: messages that peers have received.
   * Subscriptions that a subscriber sends count as messages.
   */
  readonly messagesSent: number;
  /**
   * Bytes that arrived from the network, with those of handshakes, heartbeats and headers of frames. Only over tcp, ipc, ws,
   * wss and tipc.
   */
  readonly bytesReceived: number;
  /** Bytes that were handed to the network, of the same kinds. */
  readonly bytesSent: number;
  /** Messages that wait for `receive`, with those that a loop has prefetched. */
  readonly receiveQueue: number;
  /** Messages that wait for the network, with those in the `sendQueue`. */
  readonly sendQueue: number;
  /** Messages that were dropped, by reason. */
  readonly dropped: DropCounts;
}

/** Native code fills it in one call. No user code can reach it. */
const area = new Float64Array(6 + libzmqReasonCount);

/** @internal */
export function statisticsOf(core: Core): SocketStatistics {
  const { handle } = core;
  if (handle === 0) throw errorOf("EBADF");
  const result = binding.readStatistics(handle, area.buffer);
  let at = 0;
  const next = () => area[at++]!;
  // The initializers run in the order of the values.
  const statistics = {
    messagesReceived: next(),
    messagesSent: next(),
    bytesReceived: next(),
    bytesSent: next(),
    receiveQueue: next() + core.receiver.queued,
    sendQueue: next() + core.sender.queued,
    dropped: dropCounts(next, core.sender.lost),
  };
  // Last, since it may run hooks of async_hooks that call this function.
  core.touched();
  check(result);
  return statistics;
}

/** @internal The fields of `SocketClosePayload` that have to be read before the socket is closed. */
export function lastState(core: Core): { endpoint: string | null; statistics: SocketStatistics | undefined } {
  let statistics: SocketStatistics | undefined;
  try {
    statistics = statisticsOf(core);
  } catch {
    // The context is closed, or the addon was built against the system's libzmq.
  }
  return { endpoint: core.record.first, statistics };
}
