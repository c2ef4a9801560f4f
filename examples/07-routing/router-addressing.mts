// A Router addresses its peers by name: the first frame says who it is from, or for whom it is.

import { Dealer, Request, Router, type ZmqError } from "zmq-native";
import { bind } from "../common/bind.mjs";

using router = new Router({ mandatory: true });
const endpoint = await bind(router);

using anna = new Dealer({ routingId: "Anna" });
using bert = new Request({ routingId: "Bert" });
using nameless = new Dealer();
for (const peer of [anna, bert, nameless]) peer.connect(endpoint);

// A Router learns of a peer when it connects; of this one, everything that is sent to it begins with.
await anna.send("hello by a Dealer");
console.log((await router.receive()).map(String));
// A Request puts an empty frame before its question, and wants one before the answer.
await bert.send("hello by a Request");
console.log((await router.receive()).map(String));
await nameless.send("hello by nobody");
const [id] = await router.receive();
console.log(`without a name: ${id.length} bytes that libzmq made up, beginning with ${id[0]}`);

await router.send(["Anna", "to Anna alone"]);
await router.send(["Bert", "", "to Bert alone"]);
await router.send([id, "to the nameless one"]);
console.log(`Anna: ${await anna.receive()}`);
console.log(`Bert: ${await bert.receive()}`);
console.log(`nameless: ${await nameless.receive()}`);

// Without `mandatory` this would be dropped in silence.
await router.send(["Cleo", "is she there?"]).catch(({ code }: ZmqError) => console.log(`Cleo: ${code}`));
