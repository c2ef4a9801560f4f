// The iterator of docs/frameworks/graphql.md with graphql-js: topics, malformed messages, the end of a subscription, no publisher.

import { unsubscribe as ignore, subscribe as listen } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { XPublisher } from "zmq-native";
import { patience } from "../helpers/program.js";
import { compile, load, program } from "./integrations.js";

type Messages = AsyncIterableIterator<{ data: { news: string } }>;
interface Failed {
  errors: { message: string }[];
}
let subscribe: (endpoint: string, topic: string, timeout?: number) => Promise<Messages & Failed>;

beforeAll(async () => {
  compile();
  const graphql = await load("graphql");
  const { messagesOf } = await program("graphql/messages");
  subscribe = (endpoint, topic, timeout = patience) => {
    const news = {
      type: graphql.GraphQLString,
      subscribe: () => messagesOf(endpoint, topic, timeout),
      resolve: (value: string) => value,
    };
    const version = { type: graphql.GraphQLString };
    const schema = new graphql.GraphQLSchema({
      query: new graphql.GraphQLObjectType({ name: "Query", fields: { version } }),
      subscription: new graphql.GraphQLObjectType({ name: "Subscription", fields: { news } }),
    });
    return graphql.subscribe({ schema, document: graphql.parse("subscription { news }") });
  };
}, 300_000);

async function startPublisher() {
  const publisher = new XPublisher({ receiveTimeout: patience });
  await publisher.bind("tcp://127.0.0.1:*");
  onTestFinished(() => publisher.close());
  const subscription = async () => {
    const [frame] = await publisher.receive();
    return [frame![0], String(frame!.subarray(1))];
  };
  return { publisher, endpoint: publisher.lastEndpoint!, subscription };
}

test("each subscription gets the messages of its topic", async () => {
  const { publisher, endpoint, subscription } = await startPublisher();
  const [one, two] = [await subscribe(endpoint, "a"), await subscribe(endpoint, "ab")];
  expect([await subscription(), await subscription()].sort()).toEqual([
    [1, "a"],
    [1, "ab"],
  ]);
  for (const topic of ["ab", "abc", "a"]) await publisher.send([topic, JSON.stringify(`about ${topic}`)]);
  expect((await one.next()).value).toEqual({ data: { news: "about a" } });
  expect((await two.next()).value).toEqual({ data: { news: "about ab" } });
  await Promise.all([one.return?.(), two.return?.()]);
});

test("messages that are not JSON are reported, and do not end the subscription", async () => {
  const report = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => report.mockRestore());
  const { publisher, endpoint, subscription } = await startPublisher();
  const messages = await subscribe(endpoint, "a");
  await subscription();
  for (const message of ["a", ["a", ""], ["a", "not json"], ["a", '"news"']]) await publisher.send(message);
  expect((await messages.next()).value).toEqual({ data: { news: "news" } });
  expect(report.mock.calls.map(([text]) => text)).toEqual(
    Array(3).fill(`${endpoint}: a message of a is not JSON:`),
  );
  await messages.return?.();
});

test("the end of a subscription closes its socket, also while it waits", async () => {
  const { endpoint, subscription } = await startPublisher();
  const messages = await subscribe(endpoint, "a");
  expect(await subscription()).toEqual([1, "a"]);
  const pending = messages.next();
  await messages.return?.();
  expect(await pending).toMatchObject({ done: true });
  expect(await subscription()).toEqual([0, "a"]);
});

test("a subscription without a publisher has an error", async () => {
  const { errors } = await subscribe("tcp://127.0.0.1:1", "a", 100);
  expect(errors.map(({ message }) => message)).toEqual(["no publisher at tcp://127.0.0.1:1 within 100 ms"]);
});

test("a subscription to an invalid endpoint has its error, and leaves nothing behind", async () => {
  const closed: unknown[] = [];
  const count = (payload: unknown) => closed.push(payload);
  listen("zmq-native:socket:close", count);
  onTestFinished(() => void ignore("zmq-native:socket:close", count));
  const { errors } = await subscribe("tcp://127.0.0.1:99999", "a", 20);
  expect(errors.map(({ message }) => message)).toEqual([expect.not.stringContaining("no publisher")]);
  while (closed.length === 0) await new Promise(setImmediate);
  // Nothing rejects when the timeout is over.
  await sleep(40);
});

test("a subscription occupies one socket of the context", async () => {
  const { endpoint } = await startPublisher();
  const messages: Messages[] = [];
  // With the two sockets of the events, 1,023 sockets would not be enough.
  for (let count = 0; count < 400; count++) {
    const result = await subscribe(endpoint, "a");
    expect(result.errors).toBeUndefined();
    messages.push(result);
  }
  await Promise.all(messages.map((iterator) => iterator.return?.()));
});
