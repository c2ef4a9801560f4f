// A Router addresses its peers: the first frame of a message is the routing id of the sender or the receiver.

import { Dealer, Request, Router, type ZmqError } from "zmq-native";

const router = new Router({ mandatory: true });
await router.bind("tcp://127.0.0.1:*");

const anna = new Dealer({ routingId: "Anna" });
const bert = new Request({ routingId: "Bert" });
const unnamed = new Dealer();
for (const peer of [anna, bert, unnamed]) peer.connect(router.lastEndpoint!);

await anna.send("from a Dealer");
console.log((await router.receive()).map(String));
// A Request puts an empty frame in front of its message, and expects one in the reply.
await bert.send("from a Request");
console.log((await router.receive()).map(String));
await unnamed.send("from a Dealer without routingId");
const [id] = await router.receive();
console.log(`generated routing id: ${id.length} bytes, the first is ${id[0]}`);

await router.send(["Anna", "to Anna"]);
await router.send(["Bert", "", "to Bert"]);
await router.send([id, "to the unnamed Dealer"]);
for (const peer of [anna, bert, unnamed]) console.log(String(await peer.receive()));

// Without `mandatory`, the Router drops this message and send resolves.
const code = await router.send(["Cleo", "to nobody"]).catch(({ code }: ZmqError) => code);
console.log(`to an unknown routing id: ${code}`);
for (const socket of [router, anna, bert, unnamed]) socket.close();
