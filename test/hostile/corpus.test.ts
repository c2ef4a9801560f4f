// Raw peers: each file of test/fuzz/corpus is the input or the answer of one peer. The process survives each of them,
// and serves a valid peer afterwards.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { capability, curveKeyPair } from "zmq-native";
import { draftPath, runProgram } from "../helpers/program.js";

const corpus = join(__dirname, "../fuzz/corpus");

const { publicKey, secretKey } = capability.curve ? curveKeyPair() : { publicKey: "", secretKey: "" };
const plain = [`plainServer: true`, `plainUsername: "name", plainPassword: "word"`];
const keys = `curvePublicKey: "${publicKey}", curveSecretKey: "${secretKey}"`;
const curve = [
  `curveServer: true, curveSecretKey: "${secretKey}"`,
  `curveServerKey: "${publicKey}", ${keys}`,
];

/** By target, as in test/fuzz/raw.cc: the attacked socket, the class of a valid peer, and their security settings. */
const targets: Record<string, [scheme: string, type: string, peer: string, security?: string[]]> = {
  "tcp-null": ["tcp", "Router", "Dealer"],
  "tcp-xpub": ["tcp", "XPublisher", "Subscriber"],
  "tcp-rep": ["tcp", "Reply", "Request"],
  "tcp-radio": ["tcp", "Radio", "Dish"],
  "tcp-server": ["tcp", "Server", "Client"],
  "tcp-plain": ["tcp", "Router", "Dealer", plain],
  "tcp-curve": ["tcp", "Router", "Dealer", curve],
  ws: ["ws", "Router", "Dealer"],
  "ws-plain": ["ws", "Router", "Dealer", plain],
  "ws-curve": ["ws", "Router", "Dealer", curve],
  stream: ["tcp", "Stream", ""],
  "connect-null": ["tcp", "Dealer", "Router"],
  "connect-plain": ["tcp", "Dealer", "Router", plain],
  "connect-curve": ["tcp", "Dealer", "Router", curve],
  "connect-ws": ["ws", "Dealer", "Router"],
  "udp-dish": ["udp", "Dish", "Radio"],
  "udp-dgram": ["udp", "Datagram", ""],
};

/** The beginning of each program: the files, the classes, and a handler that accepts every authentication. */
const preamble = (folder: string) => `
  process.removeAllListeners("warning");
  process.on("warning", () => {});
  const { readdirSync, readFileSync } = require("node:fs");
  const { once } = require("node:events");
  const net = require("node:net");
  const classes = { ...zmq, ...(zmq.capability.draft ? require(${JSON.stringify(draftPath)}) : {}) };
  const folder = ${JSON.stringify(folder)};
  const inputs = readdirSync(folder).sort().map((name) => readFileSync(folder + "/" + name));
  const zap = new zmq.Router();
  zap.bindSync("inproc://zeromq.zap.01");
  (async () => {
    for await (const [id, empty, version, request] of zap)
      await zap.send([id, empty, version, request, "200", "", "user", ""]);
  })();
  /** Resolves when either side has closed the connection, or after a while if a side waits for more data. */
  const ended = (connection) => Promise.race([
    new Promise((resolve) => connection.on("error", () => {}).resume().once("close", resolve)),
    new Promise((resolve) => setTimeout(resolve, 500)),
  ]).finally(() => connection.destroy());
`;

const accept = (scheme: string, type: string, peer: string, [server, client]: string[]) => `
  const socket = new classes.${type}({ linger: 0, ${server} });
  await socket.bind("${scheme}://127.0.0.1:*");
  const port = Number(/:(\\d+)/.exec(socket.lastEndpoint.slice(5))[1]);
  const publishes = ${type === "Radio"};
  // Sends all messages back where the type can. A publisher receives a topic.
  if (!publishes) (async () => {
    for await (const message of socket) {
      const [first, second] = message;
      // A Stream reports a new peer by an empty message, and an empty answer would end the connection.
      if ("${type}" === "Stream" && second.length === 0) continue;
      try {
        if ("${type}" === "Server") await socket.send(first, second);
        else await socket.send("${type}" === "XPublisher" ? first.subarray(1) : message, { timeout: 0 });
      } catch {}
    }
  })();
  let count = 0;
  async function serveGood() {
    const token = "good peer " + count++;
    if ("${peer}" === "") {
      const connection = net.connect(port, "127.0.0.1");
      connection.write(token);
      let heard = "";
      for await (const data of connection) if ((heard += data).includes(token)) return;
      throw new Error("got " + heard + " instead of " + token);
    }
    const peer = new classes.${peer || "Dealer"}({ linger: 0, receiveTimeout: 10_000, ${client} });
    if ("${peer}" === "Subscriber") peer.subscribe(token);
    if ("${peer}" === "Dish") peer.join("a");
    peer.connect(socket.lastEndpoint);
    if ("${peer}" === "Dish") {
      while (!(await peer.receive({ timeout: 10 }).then(([text]) => String(text) === token, () => false)))
        await socket.send(token, { group: "a" });
    } else {
      if ("${peer}" !== "Subscriber") await peer.send(token);
      const [answer] = await peer.receive();
      if (String(answer) !== token) throw new Error("got " + answer + " instead of " + token);
    }
    peer.close();
  }
  await serveGood();
  for (const [index, input] of inputs.entries()) {
    const connection = net.connect(port, "127.0.0.1");
    connection.end(input);
    await ended(connection);
    if (index % 10 === 0) await serveGood();
  }
  await serveGood();
  socket.close();
  zap.close();
  console.log("served");
`;

const answer = (scheme: string, type: string, peer: string, [server, client]: string[]) => `
  let next = 0;
  const listener = net.createServer((connection) => {
    connection.end(inputs[next++ % inputs.length]);
    ended(connection).then(() => listener.emit("played"));
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const good = new classes.${peer}({ linger: 0, ${server} });
  await good.bind("${scheme}://127.0.0.1:*");
  const socket = new classes.${type}({ linger: 0, reconnectInterval: 1, receiveTimeout: 10_000, immediate: true, ${client} });
  const path = "${scheme}" === "ws" ? "/path" : "";
  const hostile = "${scheme}://127.0.0.1:" + listener.address().port + path;
  for (let played = 0; played < inputs.length; played++) {
    const ending = once(listener, "played");
    // Connects again each time: libzmq does not reconnect to a peer that violated the protocol.
    socket.connect(hostile);
    await ending;
    socket.disconnect(hostile);
  }
  listener.close();
  socket.connect(good.lastEndpoint);
  // Messages of hostile peers may still be in the queue.
  const serving = (async () => {
    for (;;) {
      const [id, text] = await good.receive();
      await good.send([id, text]);
      if (String(text) === "token") return;
    }
  })();
  // A hostile peer that is disconnecting may receive the request. It is then sent once more.
  for (let served = false; !served; ) {
    await socket.send("token");
    let message;
    while (!served && (message = await socket.receive({ timeout: 500 }).catch(() => undefined)))
      served = String(message.at(-1)) === "token";
  }
  await serving;
  for (const each of [socket, good, zap]) each.close();
  console.log("served");
`;

const datagram = (type: string) => `
  const sender = require("node:dgram").createSocket("udp4");
  let port = 20_000 + process.pid % 20_000;
  const socket = new classes.${type}({ linger: 0, receiveHighWaterMark: 100_000 });
  for (;; port++) {
    try {
      socket.bindSync("udp://127.0.0.1:" + port);
      break;
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
    }
  }
  if ("${type}" === "Dish") socket.join("a");
  let heard;
  (async () => { for await (const [first, second] of socket) heard?.(String(${type === "Dish" ? "first" : "second"})); })();
  const send = (data) => new Promise((resolve) => sender.send(data, port, "127.0.0.1", resolve));
  // Repeats until it arrives, since a datagram may be lost.
  async function serveGood(text) {
    let arrived = false;
    heard = (found) => { arrived ||= found === text; };
    while (!arrived) {
      await send((${type === "Dish"} ? "\\x01a" : "") + text);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  for (const [index, input] of inputs.entries()) {
    await send(input);
    if (index % 10 === 0) await serveGood("good peer " + index);
  }
  await serveGood("the last");
  for (const each of [socket, zap, sender]) each.close();
  console.log("served");
`;

describe("raw peers with the inputs that fuzzing stored", () => {
  test("have a folder for each target", () => {
    // Only the harness can make CURVE's boxes, which contain the inputs of curve-inside. multicast/norm has NORM's.
    const elsewhere = ["curve-inside", "norm-receiver", "norm-sender"];
    expect(readdirSync(corpus).sort()).toEqual([...Object.keys(targets), ...elsewhere].sort());
  });

  const draft = new Set(["Radio", "Dish", "Server", "Client", "Datagram"]);
  for (const [target, [scheme, type, peer, security = ["", ""]]] of Object.entries(targets)) {
    const folder = join(corpus, target);
    const count = existsSync(folder) ? readdirSync(folder).length : 0;
    const missing = draft.has(type) && !capability.draft;
    test.skipIf(missing)(
      `do not abort the process and a valid peer is served: ${count} of ${target}${missing ? " (skipped: no draft sockets)" : ""}`,
      async () => {
        expect(count).toBeGreaterThan(0);
        const program = target.startsWith("connect-")
          ? answer(scheme, type, peer, security)
          : scheme === "udp"
            ? datagram(type)
            : accept(scheme, type, peer, security);
        const outcome = await runProgram(preamble(folder) + program);
        expect(outcome).toMatchObject({ code: 0, signal: null, stdout: "served\n", stderr: "" });
      },
    );
  }
});
