// Why messages are dropped: the reasons of libzmq and of the library's own queue, and how many messages each has.

/**
 * Numbers of dropped messages, by reason. A message that is sent to several peers counts once for each peer for which it is
 * dropped. docs/statistics.md describes each reason.
 */
export interface DropCounts {
  /** The sum of all reasons. */
  readonly total: number;
  /** The queue of a peer was full: its high-water mark was reached. */
  readonly highWaterMark: number;
  /** A Publisher, XPublisher, XSubscriber or Radio had no peer. */
  readonly noPeer: number;
  /** A Router had no peer with the routing id, or the message had no frame after it. */
  readonly noRoute: number;
  /** No peer had subscribed to the message, or it arrived at a Subscriber or Dish that had not. */
  readonly filtered: number;
  /** A newer message replaced it: `conflate` is set. */
  readonly conflated: number;
  /**
   * It exceeded `maxMessageSize` or `maxFrames`, or had several frames although `conflate` is set. These messages are not in
   * `messagesReceived`.
   */
  readonly tooLarge: number;
  /** The peer ended the connection before it took the message. */
  readonly peerGone: number;
  /** This socket ended the connection, by `disconnect` or `unbind`, and `linger` was over before the message was sent. */
  readonly lingerExpired: number;
  /** It had arrived, and this socket ended the connection before it was received. */
  readonly unread: number;
  /**
   * The type of the socket receives no such message at that time: a reply to an earlier request, a request without an
   * envelope, or several frames on a draft socket.
   */
  readonly unexpected: number;
  /**
   * The `sendQueue` was full, and its `overflow` dropped the message: `"dropNewest"`, `"dropOldest"` or `"latestByTopic"`. With
   * `"reject"`, nothing is counted: `send` rejects, and the program keeps the message.
   */
  readonly overflow: number;
  /** A newer message with the same topic replaced it in the `sendQueue`. */
  readonly replaced: number;
  /** It was in the `sendQueue` for longer than its `ttl`. */
  readonly expired: number;
}

/** `drop_reason_t` of the libzmq patch. */
const libzmqReasons = [
  "highWaterMark",
  "noPeer",
  "noRoute",
  "filtered",
  "conflated",
  "tooLarge",
  "peerGone",
  "lingerExpired",
  "unread",
  "unexpected",
] as const;

/** The reasons of `sendQueue` (lib/core/operation-queue.ts). */
const queueReasons = ["overflow", "replaced", "expired"] as const;

const reasons = [...libzmqReasons, ...queueReasons] as const;
type Counts = Record<(typeof reasons)[number], number>;

/** @internal The number of reasons that native code reports. */
export const libzmqReasonCount = libzmqReasons.length;

const none: Counts = Object.fromEntries(reasons.map((reason) => [reason, 0])) as Counts;

function withTotal(counts: Counts): DropCounts {
  return { total: reasons.reduce((total, reason) => total + counts[reason], 0), ...counts };
}

/** @internal Names the counts of native code. `next` returns one after the other. */
export function dropCounts(
  next: () => number,
  ofQueue?: Pick<Counts, (typeof queueReasons)[number]>,
): DropCounts {
  const counts = { ...none, ...ofQueue };
  for (const reason of libzmqReasons) counts[reason] = next();
  return withTotal(counts);
}

/** @internal Returns the drops since `earlier`. */
export function dropsSince(earlier: DropCounts, now: DropCounts): DropCounts {
  const counts = { ...none };
  for (const reason of reasons) counts[reason] = now[reason] - earlier[reason];
  return withTotal(counts);
}
