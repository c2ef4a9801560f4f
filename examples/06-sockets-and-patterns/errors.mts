// Errors that a program lives with, and errors that mean that it is wrong: by class and code, never by text.

import { Pull, Push, Reply, Request, Router, ZmqError } from "zmq-native";
import { bind } from "../common/bind.mjs";

/** What a program can do about an error. */
function remedyOf(error: unknown): string {
  if (!(error instanceof ZmqError)) return "wrong in the program: mend it";
  switch (error.code) {
    case "EAGAIN":
      return "not now: try again, or do something else";
    case "EHOSTUNREACH":
      return "nobody has that name: forget it";
    case "EADDRINUSE":
      return "somebody else is there: take another address";
    case "EBUSY":
    case "EFSM":
      return "out of turn: wrong in the program, mend it";
    default:
      return "cannot go on: close, and tell";
  }
}

async function attempt(title: string, action: () => unknown) {
  try {
    await action();
  } catch (error) {
    const { name, code } = error as ZmqError;
    console.log(`${title}: ${code ?? name}: ${remedyOf(error)}`);
  }
}

using pull = new Pull();
using request = new Request();
using router = new Router({ mandatory: true });
using reply = new Reply();
request.connect(await bind(reply));
await bind(router);
const endpoint = await bind(pull);
const closed = new Push();
closed.close();

await attempt("nothing there in 10 ms", () => pull.receive({ timeout: 10 }));
await attempt("a peer that is not there", () => router.send(["somebody", "hello"]));
await attempt("an address in use", () => reply.bind(endpoint));
await request.send("question");
await attempt("a second question", () => request.trySend("and another"));
const waiting = pull.receive({ timeout: 10 }).catch(() => {});
await attempt("a second receive", () => pull.receive());
await waiting;
await attempt("a closed socket", () => closed.send("hello"));
await attempt("no such transport", () => pull.connect("carrier-pigeon://roof"));
await attempt("no such option", () => new Pull({ colour: "red" } as object));
