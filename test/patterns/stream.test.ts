// Stream sockets talk to plain TCP peers: here, Node's own.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { Stream } from "zmq-native";

test("Stream serves plain TCP clients and is notified when they connect and disconnect", async () => {
  using stream = new Stream();
  await stream.bind("tcp://127.0.0.1:*");
  const client = connect(Number(stream.lastEndpoint!.split(":").pop()), "127.0.0.1");
  const [id, arrival] = await stream.receive();
  expect(arrival.length).toBe(0);
  client.write("question");
  expect((await stream.receive()).map(String)).toEqual([String(id), "question"]);
  await stream.send([id, "answer"]);
  const [answer] = await once(client, "data");
  expect(String(answer)).toBe("answer");
  client.end();
  const [goneId, departure] = await stream.receive();
  expect(goneId.equals(id)).toBe(true);
  expect(departure.length).toBe(0);
});

test("Stream connects to a plain TCP server with an id that it chooses", async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  using stream = new Stream();
  stream.connect(`tcp://127.0.0.1:${port}`, { routingId: "server" });
  expect((await stream.receive()).map(String)).toEqual(["server", ""]);
  await stream.send(["server", "echo"]);
  expect((await stream.receive()).map(String)).toEqual(["server", "echo"]);
  server.close();
});
