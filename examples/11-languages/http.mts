// A web server on a Stream socket. With a port as argument, it runs until Ctrl-C.

import { Stream } from "zmq-native";

const [port = "*"] = process.argv.slice(2);
const server = new Stream();
await server.bind(`tcp://127.0.0.1:${port}`);
const url = server.lastEndpoint!.replace("tcp", "http");

async function serve() {
  const requests = new Map<string, string>();
  for await (const [id, data] of server) {
    const client = id.toString("hex");
    // An empty message: a client has connected or disconnected.
    if (data.length === 0) {
      if (!requests.delete(client)) requests.set(client, "");
      continue;
    }
    // TCP is a stream: a request may arrive in pieces. An empty line ends it.
    const request = requests.get(client) + data.toString("latin1");
    requests.set(client, request);
    if (!request.endsWith("\r\n\r\n")) continue;

    const [method, path] = request.split(" ");
    const body = `${method} ${path}\n`;
    const headers = ["Content-Type: text/plain", `Content-Length: ${body.length}`, "Connection: close"];
    await server.send([id, `HTTP/1.1 200 OK\r\n${headers.join("\r\n")}\r\n\r\n${body}`]);
    // An empty message closes the connection.
    await server.send([id, ""]);
  }
}
const serving = serve();

if (port === "*") {
  for (const path of ["/", "/weather?place=10001"]) {
    const response = await fetch(url + path);
    console.log(
      `${response.status} ${response.headers.get("content-type")}: ${(await response.text()).trim()}`,
    );
  }
  server.close();
} else {
  console.log(`listening at ${url}`);
}
await serving;
