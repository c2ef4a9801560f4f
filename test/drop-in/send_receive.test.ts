// §1.5 When send and receive settle, wait, reject and throw.

import { describe, expect, test } from "vitest";
import { freshEndpoint, transports } from "../helpers/transports.js";
import {
  expectFailure,
  expectRejected,
  expectThrown,
  expectTypeError,
  isPending,
  joined,
  reading,
  rejected,
  turns,
  writing,
} from "./expectations.js";
import { closedAfterEach } from "./opened.js";
import { loose, mended, type SocketName } from "./subject.js";

const { open } = closedAfterEach();

/** Waits until nobody can be said to be early: this much less than a timeout may be measured. */
const tolerance = 2;
async function duration(operation: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await operation();
  return performance.now() - started;
}

describe("a socket that is writable", () => {
  test("send answers a promise of undefined", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    const sending = pair[1].send("message");
    expect(sending).toBeInstanceOf(Promise);
    expect(await sending).toBeUndefined();
  });

  test("the message is in libzmq before send returns", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    pair[1].send("message");
    expect(pair[0].readable).toBe(true);
  });

  test("so a program may close the socket next", async () => {
    using pair = await joined(["Pull"], ["Push", { linger: -1 }], "tcp");
    const sending = pair[1].send("message");
    pair[1].close();
    await sending;
    expect(String(await pair[0].receive())).toBe("message");
  });

  test("hundreds of sends may be under way, in order", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    await Promise.all(Array.from({ length: 500 }, (_, index) => pair[1].send(`${index}`)));
    for (let i = 0; i < 500; i++) expect(String(await pair[0].receive())).toBe(`${i}`);
  });

  mended("in zeromq EBUSY from the 514th on", "as many as libzmq takes", async () => {
    using pair = await joined(["Pull", { receiveHighWaterMark: 0 }], ["Push", { sendHighWaterMark: 0 }]);
    await Promise.all(Array.from({ length: 5000 }, (_, index) => pair[1].send(`${index}`)));
    for (let i = 0; i < 5000; i++) expect(String(await pair[0].receive())).toBe(`${i}`);
  });

  test("an awaited loop that never waits lets the rest of the program have its turn", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    let others = 0;
    const interval = setInterval(() => others++, 1);
    // For ever, and with no turn for the test's time limit either, if the loop let nothing else run.
    const end = performance.now() + 30_000;
    while (others <= 5 && performance.now() < end) {
      await pair[1].send("message");
      await pair[0].receive();
    }
    clearInterval(interval);
    expect(others).toBeGreaterThan(5);
  });

  test("sendTimeout 0 makes no difference", async () => {
    using pair = await joined(["Pull"], ["Push", { sendTimeout: 0 }]);
    await pair[1].send("message");
    expect(String(await pair[0].receive())).toBe("message");
  });
});

describe("a socket that is not writable", () => {
  test("with sendTimeout 0, send rejects EAGAIN", async () => {
    const push = open("Push", { sendTimeout: 0 });
    await expectRejected(() => push.send("message"), "EAGAIN");
  });

  test("send waits, and rejects EAGAIN after sendTimeout milliseconds", async () => {
    const push = open("Push", { sendTimeout: 30 });
    let error: unknown;
    const waited = await duration(async () => {
      error = await rejected(() => push.send("message"));
    });
    expectFailure(error, "EAGAIN");
    expect(waited).toBeGreaterThan(30 - tolerance);
  });

  test("with -1 it waits until a peer is there", async () => {
    const push = open("Push");
    const pull = open("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    const sending = push.send("message");
    expect(await isPending(sending)).toBe(true);
    push.connect(pull.lastEndpoint as string);
    expect(await sending).toBeUndefined();
    expect(String(await pull.receive())).toBe("message");
  });

  mended("in zeromq it never wakes", "also over inproc", async () => {
    const push = open("Push");
    const pull = open("Pull");
    await pull.bind(freshEndpoint("inproc"));
    const sending = push.send("message");
    await turns();
    push.connect(pull.lastEndpoint as string);
    await sending;
    expect(String(await pull.receive())).toBe("message");
  });

  test("a second send throws EBUSY meanwhile, and is possible afterwards", async () => {
    const push = open("Push", { sendTimeout: 20 });
    const sending = rejected(() => push.send("first"));
    expectThrown(() => push.send("second"), "EBUSY", { message: writing });
    expectThrown(() => push.send("third"), "EBUSY", { message: writing });
    expectFailure(await sending, "EAGAIN");
    await expectRejected(() => push.send("fourth"), "EAGAIN");
  });

  test("a receive is possible meanwhile", async () => {
    const dealer = open("Dealer", { sendTimeout: 20, receiveTimeout: 20 });
    const sending = rejected(() => dealer.send("message"));
    await expectRejected(() => dealer.receive(), "EAGAIN");
    expectFailure(await sending, "EAGAIN");
  });

  test("what is full wakes when the receiver has taken some", async () => {
    using pair = await joined(["Pull", { receiveHighWaterMark: 1 }], ["Push", { sendHighWaterMark: 1 }]);
    const [pull, push] = pair;
    let sent = 0;
    const all = (async () => {
      for (; sent < 50; sent++) await push.send(`${sent}`);
    })();
    await turns(5);
    expect(sent).toBeLessThan(10);
    for (let i = 0; i < 50; i++) expect(String(await pull.receive())).toBe(`${i}`);
    await all;
  });

  test("close: one last attempt, then EAGAIN", async () => {
    const push = open("Push");
    const sending = rejected(() => push.send("message"));
    push.close();
    expect(push.closed).toBe(true);
    expectFailure(await sending, "EAGAIN");
  });
});

describe("receive", () => {
  test("answers a promise of the frames", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    await pair[1].send(["a", "b"]);
    const receiving = pair[0].receive();
    expect(receiving).toBeInstanceOf(Promise);
    expect((await receiving).map(String)).toEqual(["a", "b"]);
  });

  test("with receiveTimeout 0, rejects EAGAIN when there is nothing", async () => {
    const pull = open("Pull", { receiveTimeout: 0 });
    await expectRejected(() => pull.receive(), "EAGAIN");
  });

  test("with receiveTimeout 0, resolves when there is something", async () => {
    using pair = await joined(["Pull", { receiveTimeout: 0 }], ["Push"]);
    await pair[1].send("message");
    expect(String(await pair[0].receive())).toBe("message");
  });

  test("rejects EAGAIN after receiveTimeout milliseconds", async () => {
    const pull = open("Pull", { receiveTimeout: 30 });
    let error: unknown;
    const waited = await duration(async () => {
      error = await rejected(() => pull.receive());
    });
    expectFailure(error, "EAGAIN");
    expect(waited).toBeGreaterThan(30 - tolerance);
  });

  test("resolves within it when a message comes", async () => {
    using pair = await joined(["Pull", { receiveTimeout: 10_000 }], ["Push"]);
    const receiving = pair[0].receive();
    await turns();
    await pair[1].send("message");
    expect(String(await receiving)).toBe("message");
  });

  test("a second one throws EBUSY while one waits, and is possible afterwards", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    const receiving = pair[0].receive();
    expectThrown(() => pair[0].receive(), "EBUSY", { message: reading });
    await pair[1].send("first");
    expect(String(await receiving)).toBe("first");
    await pair[1].send("second");
    expect(String(await pair[0].receive())).toBe("second");
  });

  test("a send is possible meanwhile", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    const receiving = pair[0].receive();
    await pair[0].send("out");
    expect(String(await pair[1].receive())).toBe("out");
    await pair[1].send("in");
    expect(String(await receiving)).toBe("in");
  });

  test("close: EAGAIN", async () => {
    const pull = open("Pull");
    const receiving = rejected(() => pull.receive());
    pull.close();
    expectFailure(await receiving, "EAGAIN");
  });

  test("close: what libzmq has by then is received", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    const receiving = pair[0].receive();
    pair[1].send("at the last moment");
    pair[0].close();
    expect(String(await receiving)).toBe("at the last moment");
  });

  test("close while both wait: receive is rejected before send", async () => {
    const dealer = open("Dealer");
    const order: string[] = [];
    const sending = dealer.send("x").catch(() => order.push("send"));
    const receiving = dealer.receive().catch(() => order.push("receive"));
    dealer.close();
    await Promise.all([sending, receiving]);
    expect(order).toEqual(["receive", "send"]);
  });

  test("takes no arguments", () => {
    const pull = loose(open("Pull", { receiveTimeout: 0 }));
    for (const argument of [1, "x", true, () => 1]) {
      expectTypeError(() => pull.receive!(argument), "Expected 0 arguments but received 1");
    }
    expectTypeError(() => pull.receive!(1, 2), "Expected 0 arguments but received 2");
  });

  mended(
    "in zeromq it never wakes",
    "wakes for a peer that is connected later, over inproc, too",
    async () => {
      const pull = open("Pull");
      const push = open("Push");
      const receiving = pull.receive();
      push.bindSync(freshEndpoint("inproc"));
      pull.connect(push.lastEndpoint as string);
      await push.send("message");
      expect(String(await receiving)).toBe("message");
    },
  );

  test("wakes for a peer that is connected later, over tcp", async () => {
    const pull = open("Pull");
    const push = open("Push");
    const receiving = pull.receive();
    await push.bind("tcp://127.0.0.1:*");
    pull.connect(push.lastEndpoint as string);
    await push.send("message");
    expect(String(await receiving)).toBe("message");
  });
});

describe("timeouts are those of the moment of the call", () => {
  test("for receive", async () => {
    const pull = open("Pull", { receiveTimeout: 10 });
    const receiving = rejected(() => pull.receive());
    pull.receiveTimeout = -1;
    expectFailure(await receiving, "EAGAIN");
  });

  test("for send", async () => {
    const push = open("Push", { sendTimeout: 10 });
    const sending = rejected(() => push.send("x"));
    push.sendTimeout = -1;
    expectFailure(await sending, "EAGAIN");
  });
});

describe("the wrong state", () => {
  const wrong: [SocketName, "send" | "receive", string][] = [
    ["Reply", "send", "before a request came"],
    ["Request", "receive", "before a request was sent"],
  ];

  test.each(wrong)("%s.%s %s: EFSM with timeout 0", async (name, method) => {
    const socket = loose(open(name, { sendTimeout: 0, receiveTimeout: 0 }));
    (socket as unknown as { bindSync(address: string): void }).bindSync(freshEndpoint("inproc"));
    await expectRejected(() => (method === "send" ? socket.send!("x") : socket.receive!()), "EFSM");
  });

  test.each(wrong)("%s.%s %s: EFSM at the latest when the timeout has run out", async (name, method) => {
    const socket = loose(open(name, { sendTimeout: 20, receiveTimeout: 20 }));
    await expectRejected(() => (method === "send" ? socket.send!("x") : socket.receive!()), "EFSM");
  });

  test.each(wrong)("%s.%s %s: EFSM at the latest when it is closed", async (name, method) => {
    const socket = open(name);
    const outcome = rejected(() => (method === "send" ? loose(socket).send!("x") : loose(socket).receive!()));
    socket.close();
    expectFailure(await outcome, "EFSM");
  });

  test.each(wrong)("%s.%s %s: waits without a timeout", async (name, method) => {
    const socket = open(name);
    const outcome = rejected(() => (method === "send" ? loose(socket).send!("x") : loose(socket).receive!()));
    expect(await isPending(outcome)).toBe(true);
    expectThrown(() => (method === "send" ? loose(socket).send!("x") : loose(socket).receive!()), "EBUSY", {
      message: method === "send" ? writing : reading,
    });
    socket.close();
    await outcome;
  });

  test.each(["inproc", "tcp"] as const)("Reply.send waits for a request, over %s", async (transport) => {
    using pair = await joined(["Reply"], ["Request"], transport);
    const [reply, request] = pair;
    const sending = reply.send("answer");
    await request.send("question");
    expect(String(await reply.receive())).toBe("question");
    await sending;
    expect(String(await request.receive())).toBe("answer");
  });

  test.each(["inproc", "tcp"] as const)("Request.receive waits for the send, over %s", async (transport) => {
    using pair = await joined(["Reply"], ["Request"], transport);
    const [reply, request] = pair;
    const receiving = request.receive();
    await turns(3);
    await request.send("question");
    expect(String(await reply.receive())).toBe("question");
    await reply.send("answer");
    expect(String(await receiving)).toBe("answer");
  });

  test.each(["inproc", "tcp"] as const)(
    "Reply.receive waits for the answer to the last one, over %s",
    async (transport) => {
      using pair = await joined(["Reply"], ["Request"], transport);
      const [reply, request] = pair;
      await request.send("first");
      await reply.receive();
      const receiving = reply.receive();
      expect(await isPending(receiving)).toBe(true);
      await reply.send("answer");
      await request.receive();
      await request.send("second");
      expect(String(await receiving)).toBe("second");
    },
  );

  test.each(["inproc", "tcp"] as const)(
    "a second Request.send waits until the reply was received, over %s",
    async (transport) => {
      using pair = await joined(["Reply"], ["Request"], transport);
      const [reply, request] = pair;
      await request.send("first");
      const sending = request.send("second");
      expect(String(await reply.receive())).toBe("first");
      await reply.send("answer");
      expect(await isPending(sending)).toBe(true);
      expect(String(await request.receive())).toBe("answer");
      await sending;
      expect(String(await reply.receive())).toBe("second");
    },
  );

  test("a Reply loop goes on while its handlers reply later", async () => {
    using pair = await joined(["Reply"], ["Request"], "tcp");
    const [reply, request] = pair;
    const loop = (async () => {
      for await (const message of reply) setTimeout(() => reply.send(message), 5);
    })();
    for (let index = 0; index < 20; index++) {
      await request.send(String(index));
      expect(String(await request.receive())).toBe(String(index));
    }
    reply.close();
    await loop;
  });

  test("a Request loop that begins before the first send gets all replies", async () => {
    using pair = await joined(["Reply"], ["Request"], "tcp");
    const [reply, request] = pair;
    const replies: string[] = [];
    const loop = (async () => {
      for await (const message of request) {
        replies.push(String(message));
        if (replies.length === 20) break;
        await request.send(String(replies.length));
      }
    })();
    const echo = (async () => {
      for await (const message of reply) await reply.send(message);
    })();
    await turns(3);
    await request.send("0");
    await loop;
    expect(replies).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    reply.close();
    await echo;
  });

  mended(
    "in zeromq, EFSM ends it",
    "a loop that waits for its turn ends when its socket is closed",
    async () => {
      const request = open("Request");
      const loop = (async () => {
        for await (const _ of request);
        return "ended";
      })();
      await turns(2);
      request.close();
      expect(await loop).toBe("ended");
    },
  );

  test("Request.send twice: EFSM with timeout 0, and the first reply still comes", async () => {
    using pair = await joined(["Reply"], ["Request", { sendTimeout: 0 }]);
    const [reply, request] = pair;
    await request.send("first");
    await expectRejected(() => request.send("second"), "EFSM");
    expect(String(await reply.receive())).toBe("first");
    await reply.send("answer");
    expect(String(await request.receive())).toBe("answer");
  });

  test("Request.receive waits for its reply; send and receive may be called before either is done", async () => {
    using pair = await joined(["Reply"], ["Request"]);
    const [reply, request] = pair;
    const sending = request.send("question");
    const receiving = request.receive();
    expect(String(await reply.receive())).toBe("question");
    await reply.send("answer");
    await sending;
    expect(String(await receiving)).toBe("answer");
  });

  test("Reply: receive and send in turn, many times", async () => {
    using pair = await joined(["Reply"], ["Request"], "tcp");
    const [reply, request] = pair;
    const serving = (async () => {
      for (let i = 0; i < 100; i++) await reply.send(await reply.receive());
    })();
    for (let i = 0; i < 100; i++) {
      await request.send(`${i}`);
      expect(String(await request.receive())).toBe(`${i}`);
    }
    await serving;
  });
});

describe("what a class cannot do", () => {
  const cannot: [SocketName, "send" | "receive"][] = [
    ["Pull", "send"],
    ["Subscriber", "send"],
    ["Push", "receive"],
    ["Publisher", "receive"],
  ];

  mended("in zeromq it stays pending until the socket is closed", "ENOTSUP at once", async () => {
    for (const [name, method] of cannot) {
      const socket = loose(open(name));
      await expectRejected(() => (method === "send" ? socket.send!("x") : socket.receive!()), "ENOTSUP");
    }
  });

  test.each(cannot)(
    "%s.%s with timeout 0 or a close is rejected ENOTSUP at the latest",
    async (name, method) => {
      const socket = open(name);
      const outcome = rejected(() =>
        method === "send" ? loose(socket).send!("x") : loose(socket).receive!(),
      );
      socket.close();
      expectFailure(await outcome, "ENOTSUP");
    },
  );

  test("join and leave of anything but a Dish throw ENOTSUP", () => {
    for (const name of ["Pull", "Push", "Pair", "Subscriber"] as const) {
      expectThrown(() => loose(open(name)).join!("group"), "ENOTSUP");
      expectThrown(() => loose(open(name)).leave!("group"), "ENOTSUP");
      expect(loose(open(name)).join!()).toBeUndefined();
    }
  });
});

describe("Router with mandatory", () => {
  test("an unknown peer is EHOSTUNREACH at once, when some peer is there", async () => {
    using pair = await joined(["Router", { mandatory: true }], ["Dealer"]);
    await pair[1].send("hello");
    await pair[0].receive();
    await expectRejected(() => pair[0].send(["nobody", "x"]), "EHOSTUNREACH");
  });

  test("when none is, EHOSTUNREACH at the latest at close", async () => {
    const router = open("Router", { mandatory: true });
    await router.bind(freshEndpoint("inproc"));
    const sending = rejected(() => router.send(["nobody", "x"]));
    router.close();
    expectFailure(await sending, "EHOSTUNREACH");
  });

  test("or with timeout 0", async () => {
    const router = open("Router", { mandatory: true, sendTimeout: 0 });
    await router.bind(freshEndpoint("inproc"));
    await expectRejected(() => router.send(["nobody", "x"]), "EHOSTUNREACH");
  });

  test("without it, a message to nobody is dropped", async () => {
    using pair = await joined(["Router"], ["Dealer", { routingId: "me" }]);
    await pair[1].send("hello");
    await pair[0].receive();
    expect(await pair[0].send(["nobody", "x"])).toBeUndefined();
    await pair[0].send(["me", "y"]);
    expect(String(await pair[1].receive())).toBe("y");
  });
});

describe("for await", () => {
  test("yields the messages in order, until the socket is closed", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    const received: string[] = [];
    const loop = (async () => {
      for await (const [frame] of pair[0]) received.push(String(frame));
    })();
    for (let i = 0; i < 100; i++) await pair[1].send(`${i}`);
    while (received.length < 100) await turns();
    pair[0].close();
    await loop;
    expect(received).toEqual(Array.from({ length: 100 }, (_, index) => `${index}`));
  });

  test("the iterator has next, whose results are { value, done }", async () => {
    using pair = await joined(["Pair"], ["Pair"]);
    const iterator = pair[0][Symbol.asyncIterator]();
    expect(typeof iterator.next).toBe("function");
    await pair[1].send(["a", "b"]);
    const result = await iterator.next();
    expect(Object.keys(result).sort()).toEqual(["done", "value"]);
    expect(result.done).toBe(false);
    expect((result.value as Buffer[]).map(String)).toEqual(["a", "b"]);
  });

  test("ends with { done: true }, again and again", async () => {
    const pull = open("Pull");
    const iterator = pull[Symbol.asyncIterator]();
    const next = iterator.next();
    pull.close();
    for (const result of [await next, await iterator.next(), await iterator.next()]) {
      expect(result.done).toBe(true);
      expect(Object.keys(result)).toEqual(["done"]);
    }
  });

  test("each call makes another iterator", () => {
    const pull = open("Pull");
    expect(pull[Symbol.asyncIterator]()).not.toBe(pull[Symbol.asyncIterator]());
  });

  test("breaking out leaves the socket open and usable", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    const [pull, push] = pair;
    const received: string[] = [];
    for (let i = 0; i < 5; i++) await push.send(`${i}`);
    for await (const [frame] of pull) {
      received.push(String(frame));
      break;
    }
    for await (const [frame] of pull) {
      received.push(String(frame));
      if (received.length === 3) break;
    }
    expect(pull.closed).toBe(false);
    received.push(String(await pull.receive()), String(await pull.receive()));
    expect(received).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("so does throwing out of it", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    await pair[1].send("message");
    const failing = async () => {
      for await (const _ of pair[0]) throw new Error("out");
    };
    expect(await rejected(failing)).toEqual(new Error("out"));
    expect(pair[0].closed).toBe(false);
    await pair[1].send("next");
    expect(String(await pair[0].receive())).toBe("next");
  });

  mended("zeromq's has neither", "the iterator has return, and can be iterated itself", async () => {
    const iterator = open("Pull")[Symbol.asyncIterator]();
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    expect((await iterator.return?.())?.done).toBe(true);
    expect((await iterator.next()).done).toBe(true);
  });

  test("of a closed socket does nothing", async () => {
    const pull = open("Pull");
    pull.close();
    for await (const _ of pull) throw new Error("never");
  });

  test("throws EAGAIN after receiveTimeout", async () => {
    for (const receiveTimeout of [0, 20]) {
      const pull = open("Pull", { receiveTimeout });
      const loop = async () => {
        for await (const _ of pull);
      };
      await expectRejected(loop, "EAGAIN");
      expect(pull.closed).toBe(false);
    }
  });

  test("throws EFSM when it is not this socket's turn", async () => {
    const request = open("Request", { receiveTimeout: 0 });
    const loop = async () => {
      for await (const _ of request);
    };
    await expectRejected(loop, "EFSM");
  });

  test("throws EBUSY while a receive waits; receive throws EBUSY while a loop waits", async () => {
    const [one, other] = [open("Pull"), open("Pull")];
    const receiving = rejected(() => one.receive());
    const error = await rejected(() => one[Symbol.asyncIterator]().next());
    expectFailure(error, "EBUSY", { message: reading });
    one.close();
    await receiving;
    const next = other[Symbol.asyncIterator]().next();
    expectThrown(() => other.receive(), "EBUSY", { message: reading });
    other.close();
    await next;
  });

  test("a server may answer in the loop, while requests go on coming", async () => {
    using pair = await joined(["Reply"], ["Request"], "tcp");
    const [reply, request] = pair;
    const server = (async () => {
      for await (const [question] of reply) await reply.send([question!, "answered"]);
    })();
    for (let i = 0; i < 50; i++) {
      await request.send(`${i}`);
      expect((await request.receive()).map(String)).toEqual([`${i}`, "answered"]);
    }
    reply.close();
    await server;
  });

  test("closing the socket within the loop ends it", async () => {
    using pair = await joined(["Pull"], ["Push"]);
    let count = 0;
    for (let i = 0; i < 5; i++) await pair[1].send("x");
    for await (const _ of pair[0]) {
      count++;
      pair[0].close();
    }
    expect(count).toBeGreaterThanOrEqual(1);
  });
});

describe.each(transports)("both directions at once, over %s", (transport) => {
  test("neither starves the other, and nothing is lost", async () => {
    using pair = await joined(["Dealer"], ["Dealer"], transport);
    const count = 2000;
    const run = async (socket: (typeof pair)[0]) => {
      const sending = (async () => {
        for (let i = 0; i < count; i++) await socket.send(`${i}`);
      })();
      for (let i = 0; i < count; i++) expect(String(await socket.receive())).toBe(`${i}`);
      await sending;
    };
    await Promise.all([run(pair[0]), run(pair[1])]);
  });

  test("also where every message has to wait", async () => {
    const few = { sendHighWaterMark: 1, receiveHighWaterMark: 1 };
    using pair = await joined(["Dealer", few], ["Dealer", few], transport);
    const run = async (socket: (typeof pair)[0]) => {
      const sending = (async () => {
        for (let i = 0; i < 300; i++) await socket.send(Buffer.alloc(2000, i % 251));
      })();
      for (let i = 0; i < 300; i++) expect((await socket.receive())[0]![0]).toBe(i % 251);
      await sending;
    };
    await Promise.all([run(pair[0]), run(pair[1])]);
  });

  test("many sockets in one loop", async () => {
    const pairs = await Promise.all(Array.from({ length: 20 }, () => joined(["Pull"], ["Push"], transport)));
    await Promise.all(
      pairs.map(async ([pull, push], index) => {
        for (let i = 0; i < 50; i++) await push.send(`${index}/${i}`);
        for (let i = 0; i < 50; i++) expect(String(await pull.receive())).toBe(`${index}/${i}`);
      }),
    );
    for (const pair of pairs) pair[Symbol.dispose]();
  });
});
