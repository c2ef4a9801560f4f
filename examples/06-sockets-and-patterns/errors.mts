// Each error has a code. Some are part of normal operation, others are faults of the program.

import { Pull, Push, Reply, Request, Router, ZmqError } from "zmq-native";

function adviceFor(error: unknown) {
  if (!(error instanceof ZmqError)) return "wrong argument: correct the program";
  switch (error.code) {
    case "EAGAIN":
      return "not possible now: try again later";
    case "EHOSTUNREACH":
      return "no such peer: drop the message";
    case "EADDRINUSE":
      return "address in use: choose another one";
    case "EBUSY":
    case "EFSM":
      return "wrong order of calls: correct the program";
    default:
      return "cannot continue: close the socket and report the error";
  }
}

async function attempt(title: string, action: () => unknown) {
  try {
    await action();
  } catch (error) {
    const { code, name } = error as ZmqError;
    console.log(`${title}: ${code ?? name}: ${adviceFor(error)}`);
  }
}

const pull = new Pull();
const router = new Router({ mandatory: true });
const reply = new Reply();
const request = new Request();
for (const socket of [pull, router, reply]) await socket.bind("tcp://127.0.0.1:*");
request.connect(reply.lastEndpoint!);
const closed = new Push();
closed.close();

await attempt("no message within 10 ms", () => pull.receive({ timeout: 10 }));
await attempt("unknown routing id", () => router.send(["Anna", "hello"]));
await attempt("bind to a used port", () => reply.bind(pull.lastEndpoint!));
await request.send("question");
await attempt("second request before the reply", () => request.trySend("question"));
const pending = pull.receive({ timeout: 10 }).catch(() => {});
await attempt("two receives at once", () => pull.receive());
await pending;
await attempt("closed socket", () => closed.send("hello"));
await attempt("unknown transport", () => pull.connect("pigeon://roof"));
await attempt("unknown option", () => new Pull({ color: "red" } as object));
for (const socket of [pull, router, reply, request]) socket.close();
