// A web server out of a Stream: bytes of TCP, and nothing of ZeroMQ on the wire. `http PORT` stays, for a browser.

import { Stream } from "zmq-native";

const [port = "*"] = process.argv.slice(2);
using server = new Stream();
await server.bind(`tcp://127.0.0.1:${port}`);
const url = (server.lastEndpoint as string).replace("tcp", "http");

async function serve() {
  const requests = new Map<string, string>();
  for await (const [id, data] of server) {
    const client = id.toString("hex");
    // An empty message: a client has come, or has gone.
    if (data.length === 0) {
      if (!requests.delete(client)) requests.set(client, "");
      continue;
    }
    // TCP knows no messages: a request may come in pieces, and ends with an empty line.
    const request = requests.get(client) + data.toString("latin1");
    requests.set(client, request);
    if (!request.endsWith("\r\n\r\n")) continue;
    const [method, path] = request.split(" ");
    const body = `You asked to ${method} ${path}\n`;
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    await server.send([id, head + body]);
    // An empty message closes the connection.
    await server.send([id, ""]);
  }
}
const serving = serve();

if (port !== "*") {
  console.log(`listening at ${url}`);
} else {
  for (const path of ["/", "/weather?place=10001"]) {
    const response = await fetch(url + path);
    console.log(
      `${response.status} ${response.headers.get("content-type")}: ${(await response.text()).trim()}`,
    );
  }
  server.close();
}
await serving;
