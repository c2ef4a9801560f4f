// §1.6 Observer: what happens to a socket's connections.

import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { describe, expect, test } from "vitest";
import { freshEndpoint, whenFree } from "../helpers/transports.js";
import {
  expectFailure,
  expectThrown,
  expectTypeError,
  isPending,
  rejected,
  thrown,
  turns,
} from "./expectations.js";
import { closedAfterEach } from "./opened.js";
import { loose, mended, runSubject, type SocketName, zmq } from "./subject.js";

const { closing, open } = closedAfterEach();

interface Event {
  type: string;
  address?: string;
  error?: Error & { code?: string; status?: number };
  interval?: number;
}
interface Observer extends AsyncIterable<Event> {
  receive(): Promise<Event>;
  on(type: string, listener: (event: Event) => void): Observer;
  off(type: string, listener: (event: Event) => void): Observer;
  close(): void;
  readonly closed: boolean;
}
const emitterText =
  "Observer is in event emitter mode. After a call to events.on() it is not possible to read events with events.receive().";
const busyText = "Observer is busy reading; only one receive operation may be in progress at any time";

/** A socket and its observer. zeromq may find the observer's address taken by the last one, for a moment. */
function observed<Name extends SocketName>(name: Name, options?: object) {
  for (;;) {
    const socket = open(name, options);
    try {
      return [socket, (socket as unknown as { events: Observer }).events] as const;
    } catch (error) {
      if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    }
  }
}

/** Collects events from now on. */
function watch(events: Observer) {
  const seen: Event[] = [];
  const done = (async () => {
    for await (const event of events) seen.push(event);
  })();
  return {
    seen,
    /** Resolves when the loop has ended. */
    done,
    types: () => seen.map(({ type }) => type),
    /** The first event of a type, when it is there. */
    async first(type: string): Promise<Event> {
      for (;;) {
        const event = seen.find((one) => one.type === type);
        if (event !== undefined) return event;
        await turns();
      }
    },
  };
}

describe("socket.events", () => {
  test("is an Observer, the same object each time", () => {
    const [socket, events] = observed("Pull");
    expect(events).toBeInstanceOf(loose(zmq).Observer);
    expect(loose(socket).events).toBe(events);
    expect(events.closed).toBe(false);
  });

  test("is not the socket's to change", () => {
    expectTypeError(
      () => Object.assign(open("Pull"), { events: undefined }),
      "Cannot set property events of #<Socket> which has only a getter",
    );
  });

  test("has nothing on the object itself", () => {
    const [, events] = observed("Pull");
    expect([Object.keys(events), JSON.stringify(events), String(events)]).toEqual([
      [],
      "{}",
      "[object Object]",
    ]);
  });

  test("has receive, on, off, close, and can be iterated", () => {
    const [, events] = observed("Pull");
    for (const method of ["receive", "close"] as const) expect(typeof events[method]).toBe("function");
    expect(typeof events[Symbol.asyncIterator]().next).toBe("function");
    for (const method of ["on", "off"] as const) expect(typeof events[method]).toBe("function");
  });

  test("of a closed socket throws ENOTSOCK", () => {
    const pull = open("Pull");
    pull.close();
    expectThrown(() => loose(pull).events, "ENOTSOCK");
  });

  test.each(["Pair", "Publisher", "Router", "Stream", "Push"] as const)("a %s has it, too", (name) => {
    expect(observed(name)[1]).toBeInstanceOf(loose(zmq).Observer);
  });
});

describe("new Observer(socket)", () => {
  const Observer = loose(zmq).Observer as unknown as new (...parameters: unknown[]) => Observer;

  test("the socket must be one", () => {
    for (const socket of [undefined, 5, "x", null]) {
      expectTypeError(() => new Observer(socket), "Socket must be a socket object");
    }
    const error = thrown(() => new Observer({})) as Error;
    expect([error.constructor, error.message, Object.keys(error)]).toEqual([Error, "Invalid argument", []]);
  });

  test("takes one argument", () => {
    expectTypeError(() => new Observer(open("Pull"), 1), "Expected 1 argument but received 2");
  });

  test("of a closed socket throws ENOTSOCK", () => {
    const pull = open("Pull");
    pull.close();
    expectThrown(() => new Observer(pull), "ENOTSOCK");
  });
});

describe("events over tcp", () => {
  test("of who binds: bind, accept, handshake, disconnect, close, end", async () => {
    const [pull, events] = observed("Pull");
    const watching = watch(events);
    await pull.bind("tcp://127.0.0.1:*");
    const address = pull.lastEndpoint as string;
    const push = open("Push");
    push.connect(address);
    await watching.first("handshake");
    push.close();
    await watching.first("disconnect");
    await pull.unbind(address);
    await watching.first("close");
    pull.close();
    await watching.done;
    expect(watching.types()).toEqual(["bind", "accept", "handshake", "disconnect", "close", "end"]);
    for (const event of watching.seen.slice(0, -1))
      expect([event.type, event.address]).toEqual([event.type, address]);
  });

  test("of who connects: connect:delay, connect, handshake, disconnect, connect:retry", async () => {
    const [push, events] = observed("Push");
    const watching = watch(events);
    const pull = open("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    const address = pull.lastEndpoint as string;
    push.connect(address);
    await watching.first("handshake");
    pull.close();
    const retry = await watching.first("connect:retry");
    push.close();
    await watching.done;
    expect(watching.types().slice(0, 5)).toEqual([
      ...["connect:delay", "connect", "handshake", "disconnect", "connect:retry"],
    ]);
    expect(watching.types().at(-1)).toBe("end");
    for (const event of watching.seen.slice(0, -1)) expect(event.address).toBe(address);
    expect(typeof retry.interval).toBe("number");
    expect(retry.interval).toBeGreaterThan(0);
  });

  test("nobody there: connect:delay, close, connect:retry with its interval, again and again", async () => {
    const [push, events] = observed("Push", { reconnectInterval: 5 });
    const watching = watch(events);
    push.connect("tcp://127.0.0.1:9");
    while (watching.seen.length < 6) await turns();
    push.close();
    await watching.done;
    const types = watching.types().slice(0, 6);
    expect(types).toEqual([
      "connect:delay",
      "close",
      "connect:retry",
      "connect:delay",
      "close",
      "connect:retry",
    ]);
  });

  test("an address that is taken: bind:error, with error", async () => {
    const other = open("Pull");
    await other.bind("tcp://127.0.0.1:*");
    const [pull, events] = observed("Pull");
    const watching = watch(events);
    await pull.bind(other.lastEndpoint as string).catch(() => {});
    const { error, address } = await watching.first("bind:error");
    expect(other.lastEndpoint).toContain(address);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      message: "Address already in use",
      code: "EADDRINUSE",
      errno: expect.any(Number),
    });
  });

  test("the fields are type and address, then what else there is", async () => {
    const [pull, events] = observed("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    const event = await events.receive();
    expect(Object.keys(event)).toEqual(["type", "address"]);
    expect({ ...event }).toStrictEqual({ type: event.type, address: pull.lastEndpoint });
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    pull.close();
    await events.receive();
    expect(await events.receive()).toEqual({ type: "end" });
  });

  mended("zeromq drops them", "peers can be told apart: fd and addresses", async () => {
    const [pull, events] = observed("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    const event = await events.receive();
    expect(event).toMatchObject({ type: "bind" });
    for (const name of ["fd", "localAddress", "remoteAddress"]) {
      expect(Object.getOwnPropertyDescriptor(event, name)?.enumerable).toBe(false);
    }
    expect((event as unknown as { fd: unknown }).fd).toEqual(expect.any(Number));
  });
});

describe("events over other transports", () => {
  test("ipc: bind, accept, handshake, disconnect, and connect, handshake", async () => {
    const [pull, events] = observed("Pull");
    const watching = watch(events);
    await pull.bind(freshEndpoint("ipc"));
    const address = pull.lastEndpoint as string;
    const [push, others] = observed("Push");
    const other = watch(others);
    push.connect(address);
    await watching.first("handshake");
    await other.first("handshake");
    push.close();
    await other.done;
    await watching.first("disconnect");
    pull.close();
    await watching.done;
    expect(watching.types()).toEqual(["bind", "accept", "handshake", "disconnect", "close", "end"]);
    expect(other.types()).toEqual(["connect", "handshake", "end"]);
    for (const { type, address: where } of [...watching.seen, ...other.seen]) {
      if (type !== "end") expect([type, where]).toEqual([type, address]);
    }
  });

  test("inproc yields only end", async () => {
    const [pull, events] = observed("Pull");
    const watching = watch(events);
    await pull.bind(freshEndpoint("inproc"));
    const push = open("Push");
    push.connect(pull.lastEndpoint as string);
    await push.send("message");
    await pull.receive();
    push.close();
    pull.close();
    await watching.done;
    expect(watching.seen).toEqual([{ type: "end" }]);
  });
});

describe("handshakes that fail", () => {
  /** The event of a type on a server with these options, after what a client does. */
  async function failing(type: string, server: object, act: (address: string) => unknown): Promise<Event> {
    const [pull, events] = observed("Pull", server);
    const watching = watch(events);
    await pull.bind("tcp://127.0.0.1:*");
    await act(pull.lastEndpoint as string);
    const event = await watching.first(type);
    expect(event.address).toBe(pull.lastEndpoint);
    expect(event.error).toBeInstanceOf(Error);
    return event;
  }
  const client = (options?: object) => (address: string) => open("Push", options).connect(address);
  const raw = (bytes: Buffer) => async (address: string) => {
    const peer = connectTcp(Number(/\d+$/.exec(address)?.[0]), "127.0.0.1");
    closing({ close: () => peer.destroy() });
    peer.on("error", () => {});
    await once(peer, "connect");
    peer.end(bytes);
  };

  test("another mechanism: handshake:error:protocol, ERR_ZMTP_MECHANISM_MISMATCH", async () => {
    const { error } = await failing("handshake:error:protocol", { plainServer: true }, client());
    expect({ message: error?.message, ...error }).toEqual({
      message: "ZMTP protocol error",
      code: "ERR_ZMTP_MECHANISM_MISMATCH",
    });
  });

  test("a wrong server key: handshake:error:protocol, ERR_ZMTP_CRYPTOGRAPHIC", async () => {
    const [keys, other] = [zmq.curveKeyPair(), zmq.curveKeyPair()];
    const server = { curveServer: true, curveSecretKey: keys.secretKey };
    const wrong = {
      curveServerKey: other.publicKey,
      curvePublicKey: other.publicKey,
      curveSecretKey: other.secretKey,
    };
    const { error } = await failing("handshake:error:protocol", server, client(wrong));
    expect(error).toMatchObject({ message: "ZMTP protocol error", code: "ERR_ZMTP_CRYPTOGRAPHIC" });
  });

  test("a greeting of another kind: handshake:error:protocol", async () => {
    const greeting = Buffer.concat([
      Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
      Buffer.alloc(52, 65),
    ]);
    const { error } = await failing("handshake:error:protocol", {}, raw(greeting));
    expect(error?.code).toMatch(/^ERR_ZMTP_/);
  });

  test("somebody who hangs up: handshake:error:other, with the platform's error", async () => {
    const { error } = await failing("handshake:error:other", {}, raw(Buffer.from("GET / HTTP/1.1\r\n\r\n")));
    expect(error).toMatchObject({ code: expect.stringMatching(/^E[A-Z]+$/), errno: expect.any(Number) });
  });

  test.each([
    [300, "Temporary error"],
    [400, "Authentication failure"],
    [500, "Internal error"],
  ])("ZAP says %i: handshake:error:auth, %s", async (status, message) => {
    const reply = open("Reply");
    await whenFree(() => reply.bind("inproc://zeromq.zap.01"));
    (async () => {
      for await (const [version, id] of reply) await reply.send([version!, id!, `${status}`, "no", "", ""]);
    })();
    const server = { plainServer: true, zapDomain: "domain" };
    const { error } = await failing(
      "handshake:error:auth",
      server,
      client({ plainUsername: "u", plainPassword: "p" }),
    );
    expect({ message: error?.message, ...error }).toEqual({ message, status });
  });

  test("ZAP says nonsense: handshake:error:protocol, ERR_ZAP_INVALID_STATUS_CODE", async () => {
    const reply = open("Reply");
    await whenFree(() => reply.bind("inproc://zeromq.zap.01"));
    (async () => {
      for await (const [version, id] of reply) await reply.send([version!, id!, "600", "no", "", ""]);
    })();
    const server = { plainServer: true, zapDomain: "domain" };
    const { error } = await failing(
      "handshake:error:protocol",
      server,
      client({ plainUsername: "u", plainPassword: "p" }),
    );
    expect({ message: error?.message, ...error }).toEqual({
      message: "ZAP protocol error",
      code: "ERR_ZAP_INVALID_STATUS_CODE",
    });
  });
});

describe("receive", () => {
  test("one at a time: a second throws EBUSY", async () => {
    const [pull, events] = observed("Pull");
    const receiving = events.receive();
    expectThrown(() => events.receive(), "EBUSY", { message: busyText });
    await pull.bind("tcp://127.0.0.1:*");
    expect((await receiving).type).toBe("bind");
  });

  test("events that came before are kept, in order", async () => {
    const [pull, events] = observed("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    await pull.unbind(pull.lastEndpoint as string);
    expect((await events.receive()).type).toBe("bind");
    expect((await events.receive()).type).toBe("close");
    expect(await isPending(events.receive())).toBe(true);
  });

  test("takes no arguments", () => {
    const [, events] = observed("Pull");
    expectTypeError(() => loose(events).receive!(1), "Expected 0 arguments but received 1");
  });
});

describe("the end", () => {
  test('when the socket closes, { type: "end" } arrives and the observer closes itself', async () => {
    const [pull, events] = observed("Pull");
    const receiving = events.receive();
    pull.close();
    expect(await receiving).toEqual({ type: "end" });
    expect(events.closed).toBe(true);
    expectThrown(() => events.receive(), "EBADF");
  });

  test("until then it is open, and can be read", async () => {
    const [pull, events] = observed("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    pull.close();
    const types: string[] = [];
    while (!events.closed) types.push((await events.receive()).type);
    expect(types).toEqual(["bind", "close", "end"]);
  });

  test("a loop ends after it", async () => {
    const [pull, events] = observed("Pull");
    const watching = watch(events);
    pull.close();
    await watching.done;
    expect(watching.seen).toEqual([{ type: "end" }]);
  });

  test("breaking out of a loop leaves it open", async () => {
    const [pull, events] = observed("Pull");
    await pull.bind("tcp://127.0.0.1:*");
    for await (const event of events) {
      expect(event.type).toBe("bind");
      break;
    }
    expect(events.closed).toBe(false);
    await pull.unbind(pull.lastEndpoint as string);
    expect((await events.receive()).type).toBe("close");
  });
});

describe("emitter mode", () => {
  test("on hears events of a type; off no longer does", async () => {
    const [pull, events] = observed("Pull");
    const heard: string[] = [];
    const listener = (event: Event) => heard.push(event.type);
    const others: string[] = [];
    events.on("bind", listener);
    events.on("bind", ({ type, address }) => others.push(`${type} ${address}`));
    await pull.bind("tcp://127.0.0.1:*");
    const first = pull.lastEndpoint;
    while (others.length < 1) await turns();
    events.off("bind", listener);
    await pull.bind("tcp://127.0.0.1:*");
    while (others.length < 2) await turns();
    expect(heard).toEqual(["bind"]);
    expect(others).toEqual([`bind ${first}`, `bind ${pull.lastEndpoint}`]);
  });

  test("on and off answer what on and off can be called on", () => {
    const [, events] = observed("Pull");
    const listener = () => {};
    expect(typeof events.on("bind", listener).on("close", listener).off("bind", listener).on).toBe(
      "function",
    );
  });

  test("end is heard, too, and closes the observer", async () => {
    const [pull, events] = observed("Pull");
    const ended = new Promise<Event>((resolve) => events.on("end", resolve));
    await pull.bind("tcp://127.0.0.1:*");
    pull.close();
    expect(await ended).toEqual({ type: "end" });
    while (!events.closed) await turns();
  });

  test.each(["on", "off"] as const)("after %s, reading receive throws, for ever", (method) => {
    const [, events] = observed("Pull");
    const listener = () => {};
    events[method]("bind", listener);
    expect((thrown(() => events.receive) as Error).message).toBe(emitterText);
    events.off("bind", listener);
    expect((thrown(() => events.receive()) as Error).message).toBe(emitterText);
  });

  test("the listener must be a function", () => {
    for (const listener of [undefined, 5, null, "x"]) {
      expect(thrown(() => loose(observed("Pull")[1]).on!("bind", listener))).toMatchObject({
        code: "ERR_INVALID_ARG_TYPE",
      });
    }
  });

  test("a type that there is not is never heard", async () => {
    const [pull, events] = observed("Pull");
    const heard: string[] = [];
    events.on("listening", ({ type }) => heard.push(type));
    const bound = new Promise((resolve) => events.on("bind", resolve));
    await pull.bind("tcp://127.0.0.1:*");
    await bound;
    expect(heard).toEqual([]);
  });

  test("a receive that waits when on is called gets the next event", async () => {
    const outcome = await runSubject(`
      process.on("unhandledRejection", () => {});
      const pull = new zmq.Pull();
      const receiving = pull.events.receive();
      pull.events.on("bind", () => {});
      await pull.bind("tcp://127.0.0.1:*");
      console.log((await receiving).type);
      process.exit();
    `);
    expect(outcome.stdout).toBe("bind\n");
  });

  mended("in zeromq an unhandled rejection", "close ends it quietly", async () => {
    const outcome = await runSubject(`
      const pull = new zmq.Pull();
      pull.events.on("bind", () => {});
      pull.events.close();
      setTimeout(() => console.log("quiet"), 50);
    `);
    expect(outcome).toMatchObject({ code: 0, stdout: "quiet\n", stderr: "" });
  });
});

describe("the process", () => {
  test("is kept alive by an observer that waits", async () => {
    const waiting = 'globalThis.pull = new zmq.Pull(); pull.events.receive(); console.log("waiting");';
    expect((await runSubject(waiting, { stays: /waiting/ })).signal).toBe("SIGKILL");
  });

  test("is not by one that does not", async () => {
    const outcome = await runSubject(
      'const pull = new zmq.Pull(); pull.events; await pull.bind("tcp://127.0.0.1:*");',
    );
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
  });
});

// The last of this file: where zeromq's observers are closed, its sockets cannot end any more.
describe("close", () => {
  test("is idempotent, returns undefined, and leaves the socket open", async () => {
    const [pull, events] = observed("Pull");
    expectTypeError(() => loose(events).close!(1), "Expected 0 arguments but received 1");
    expect(events.close()).toBeUndefined();
    expect(events.close()).toBeUndefined();
    expect([events.closed, pull.closed]).toEqual([true, false]);
    expect(loose(pull).events).toBe(events);
  });

  mended(
    "in zeromq bind hangs, and so does the end of every later socket",
    "the socket can be used and closed",
    async () => {
      const [pull, events] = observed("Pull");
      events.close();
      await pull.bind("tcp://127.0.0.1:*");
      pull.close();
      const [other, others] = observed("Pull");
      other.close();
      expect(await others.receive()).toEqual({ type: "end" });
    },
  );

  test("rejects a receive that waits: ENOTSOCK", async () => {
    const [, events] = observed("Pull");
    const receiving = rejected(() => events.receive());
    events.close();
    expectFailure(await receiving, "ENOTSOCK");
  });

  test("ends the iteration", async () => {
    const [, events] = observed("Pull");
    events.close();
    const result = await events[Symbol.asyncIterator]().next();
    expect([result.done, Object.keys(result)]).toEqual([true, ["done"]]);
  });

  test("receive throws EBADF afterwards", () => {
    const [, events] = observed("Pull");
    events.close();
    expectThrown(() => events.receive(), "EBADF");
  });
});
