// graphql/messages.mts
// The messages of a topic as an async iterator, for the `subscribe` function of a GraphQL field.

import { once } from "node:events";
import { Subscriber } from "zmq-native";

/**
 * Resolves with the messages of a topic: JSON in the second frame.
 *
 * @throws Error (rejects) if the endpoint is invalid, or no publisher answers within the timeout, in milliseconds.
 */
export async function messagesOf<T>(endpoint: string, topic: string, timeout = 2_000) {
  const socket = new Subscriber();
  try {
    const { events } = socket;
    socket.subscribe(topic);
    socket.connect(endpoint);
    const signal = AbortSignal.timeout(timeout);
    await once(events, "handshake", { signal }).catch((cause) => {
      throw new Error(`no publisher at ${endpoint} within ${timeout} ms`, { cause });
    });
    // They count as two sockets of the context, which has at most 1,023.
    events.close();
  } catch (error) {
    socket.close();
    throw error;
  }

  const loop = socket[Symbol.asyncIterator]();
  const done = { done: true, value: undefined } as const;
  const iterator: AsyncIterableIterator<T, undefined> = {
    async next() {
      for (;;) {
        const result = await loop.next();
        if (result.done) return done;
        const [name, body] = result.value;
        // A subscription is a prefix: "price" also matches "prices".
        if (String(name) !== topic) continue;
        try {
          return { done: false, value: JSON.parse(String(body)) };
        } catch (error) {
          // An error would end the subscription, and graphql-ws the connection of the client.
          console.error(`${endpoint}: a message of ${topic} is not JSON:`, error);
        }
      }
    },
    // An async generator would not return before the next message. This ends the pending `next` at once.
    async return() {
      socket.close();
      return done;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
