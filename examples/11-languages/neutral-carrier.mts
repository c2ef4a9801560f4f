// ZeroMQ is no neutral carrier: it frames what it carries, by a protocol of its own. Here are its bytes.

import { once } from "node:events";
import { connect } from "node:net";
import { Push, Stream } from "zmq-native";
import { bind } from "../common/bind.mjs";

// What a socket says to whoever connects, before anything else: the greeting of ZMTP, 64 bytes.
using push = new Push();
const plain = connect(Number((await bind(push)).split(":").at(-1)), "127.0.0.1");
plain.write(Buffer.from("ff00000000000000017f03", "hex"));
const greeting = Buffer.alloc(64);
for (let length = 0; length < 64; ) {
  const [data] = (await once(plain, "data")) as [Buffer];
  length += data.copy(greeting, length);
}
console.log(`signature: ${greeting.toString("hex", 0, 10)}`);
console.log(`version: ${greeting[10]}.${greeting[11]}`);
console.log(`mechanism: ${greeting.toString("ascii", 12, 32).replaceAll("\0", "")}`);
plain.destroy();

// So a client that speaks something else gets nowhere, and one that has to gets a Stream, which frames nothing.
using stream = new Stream({ notify: false });
const client = connect(Number((await bind(stream)).split(":").at(-1)), "127.0.0.1");
client.write("whatever I say");
const [id, data] = await stream.receive();
console.log(`Stream: "${data}", and the id of the connection, ${id.length} bytes`);
await stream.send([id, "whatever you like"]);
console.log(`client: "${(await once(client, "data"))[0]}"`);
client.destroy();
