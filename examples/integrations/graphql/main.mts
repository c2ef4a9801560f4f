// graphql/main.mts
// A GraphQL server whose subscriptions come from a publisher, and a client, over WebSocket.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { GraphQLFloat, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { WebSocket, WebSocketServer } from "ws";
import { XPublisher } from "zmq-native";
import { messagesOf } from "./messages.mjs";

const publisher = new XPublisher();
await publisher.bind("tcp://127.0.0.1:*");

const Price = new GraphQLObjectType({
  name: "Price",
  fields: {
    symbol: { type: new GraphQLNonNull(GraphQLString) },
    value: { type: new GraphQLNonNull(GraphQLFloat) },
  },
});
const price = (endpoint: string, timeout: number) => ({
  type: Price,
  args: { symbol: { type: new GraphQLNonNull(GraphQLString) } },
  subscribe: (_source: unknown, { symbol }: { symbol: string }) =>
    messagesOf(endpoint, `price ${symbol}`, timeout),
  resolve: (value: unknown) => value,
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { version: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: { price: price(publisher.lastEndpoint!, 5_000), missing: price("tcp://127.0.0.1:1", 300) },
  }),
});

const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
const server = useServer({ schema }, sockets);
await once(sockets, "listening");
const { port } = sockets.address() as AddressInfo;
const client = createClient({ url: `ws://127.0.0.1:${port}`, webSocketImpl: WebSocket });

/** The subscription that the publisher received. */
async function subscription() {
  const [frame] = await publisher.receive({ timeout: 5_000 });
  return `${frame![0] === 1 ? "subscribed to" : "unsubscribed from"} "${frame!.subarray(1)}"`;
}

const prices = client.iterate({ query: 'subscription { price(symbol: "ACME") { value } }' });
const first = prices.next();
console.log(await subscription());
await publisher.send(["price ACMEX", JSON.stringify({ symbol: "ACMEX", value: 1 })]);
await publisher.send(["price ACME", JSON.stringify({ symbol: "ACME", value: 101.5 })]);
console.log(JSON.stringify((await first).value));
await prices.return?.();
console.log(await subscription());

for await (const { errors } of client.iterate({
  query: 'subscription { missing(symbol: "ACME") { value } }',
})) {
  console.log(errors?.[0]?.message);
}

await client.dispose();
await server.dispose();
sockets.close();
publisher.close();
