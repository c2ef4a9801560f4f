// The bytes of ZeroMQ's protocol, ZMTP, as a plain TCP client sees them, and a Stream that sends none of them.

import { once } from "node:events";
import { connect } from "node:net";
import { Push, Stream } from "zmq-native";

const portOf = (socket: Push | Stream) => Number(socket.lastEndpoint!.split(":").at(-1));

// A Push answers with the greeting of ZMTP, 64 bytes.
const push = new Push();
await push.bind("tcp://127.0.0.1:*");
const plain = connect(portOf(push), "127.0.0.1");
plain.write(Buffer.from("ff00000000000000017f03", "hex"));
let greeting = Buffer.alloc(0);
for await (const data of plain) {
  greeting = Buffer.concat([greeting, data]);
  if (greeting.length >= 64) break;
}
console.log(`signature: ${greeting.toString("hex", 0, 10)}`);
console.log(`version: ${greeting[10]}.${greeting[11]}`);
console.log(`mechanism: ${greeting.toString("latin1", 12, 32).replaceAll("\0", "")}`);

// A Stream sends and receives plain bytes, each time with the id of the connection.
const stream = new Stream({ notify: false });
await stream.bind("tcp://127.0.0.1:*");
const client = connect(portOf(stream), "127.0.0.1");
client.write("hello");
const [id, data] = await stream.receive();
console.log(`Stream: an id of ${id.length} bytes, and "${data}"`);
await stream.send([id, "any bytes"]);
console.log(`client: "${(await once(client, "data"))[0]}"`);
client.destroy();
push.close();
stream.close();
