// Sockets of version 5 in tests.

import { join } from "node:path";
import * as zmq from "zmq-native/v5-compat";
import { type Outcome, runProgram } from "./program.js";
import { freshEndpoint, type Transport } from "./transports.js";

/** A socket that does not linger. */
export function open(type: zmq.SocketType, options: zmq.SocketOptions = {}): zmq.Socket {
  return zmq.socket(type, { linger: 0, ...options });
}

/** Two sockets joined over a transport, the first one bound. Both are closed when disposed. */
export function joined(bound: zmq.Socket, connected: zmq.Socket, transport: Transport = "tcp") {
  bound.bindSync(freshEndpoint(transport));
  connected.connect(bound.last_endpoint as string);
  return {
    bound,
    connected,
    [Symbol.dispose]() {
      connected.close();
      bound.close();
    },
  };
}

/** The next messages of a socket, as text. */
export function receive(socket: zmq.Socket, count: number): Promise<string[][]> {
  const messages: string[][] = [];
  return new Promise((resolve) => {
    const take = (...frames: Buffer[]) => {
      messages.push(frames.map(String));
      if (messages.length < count) return;
      socket.off("message", take);
      resolve(messages);
    };
    socket.on("message", take);
  });
}

/** Several turns of the event loop, enough for everything that can happen without a peer. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Runs turns of the event loop until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** Resolves when a message has arrived at a paused socket. */
export function arrival(socket: zmq.Socket): Promise<void> {
  return until(() => (socket._ioevents & zmq.ZMQ_POLLIN) !== 0);
}

/** Sends, and resolves when libzmq has the message. */
export function send(socket: zmq.Socket, message: zmq.Payload): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, 0, (error) => (error ? reject(error) : resolve()));
  });
}

const path = JSON.stringify(join(__dirname, "../../dist/v5-compat.js"));

/** Like `runProgram`, where `zmq` is version 5, from `file`. */
export async function runProgram5(body: string): Promise<Outcome> {
  const outcome = await runProgram(`const file = ${path}; const zmq = require(file); ${body}`, {
    loads: false,
  });
  // A warning of a busy machine, on which libzmq's threads take more than half a second to end.
  return { ...outcome, stderr: outcome.stderr.replace(/^.*Waiting for queued ZeroMQ messages.*\n/gm, "") };
}
