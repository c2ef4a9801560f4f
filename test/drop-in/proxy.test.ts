// §1.7 Proxy: what it refuses, what it passes on, how it ends.

import { afterEach, describe, expect, test } from "vitest";
import { freshEndpoint, type Transport, transports } from "../helpers/transports.js";
import { blocked, expectRejected, expectThrown, expectTypeError, thrown, turns } from "./expectations.js";
import { closedAfterEach } from "./opened.js";
import { loose, mended, runSubject, type SocketName, zmq } from "./subject.js";

type Socket = InstanceType<(typeof zmq)[SocketName]>;
interface Proxy {
  readonly frontEnd: Socket;
  readonly backEnd: Socket;
  run(): Promise<void>;
  pause(): void;
  resume(): void;
  terminate(): void;
}
const Proxy = loose(zmq).Proxy as unknown as new (...parameters: unknown[]) => Proxy;

// The last hook runs first: proxies end before their sockets are closed.
const { open } = closedAfterEach();
const running: Proxy[] = [];
afterEach(async () => {
  for (const proxy of running.splice(0)) {
    try {
      proxy.terminate();
    } catch {}
  }
});

/** A proxy that runs between two bound sockets. */
async function start(front: SocketName, back: SocketName, transport: Transport = "tcp") {
  const [frontEnd, backEnd] = [open(front), open(back)];
  await frontEnd.bind(freshEndpoint(transport));
  await backEnd.bind(freshEndpoint(transport));
  const endpoints = [frontEnd.lastEndpoint as string, backEnd.lastEndpoint as string] as const;
  const proxy = new Proxy(frontEnd, backEnd);
  const ended = proxy.run();
  running.push(proxy);
  return { proxy, ended, frontEnd, backEnd, endpoints };
}

/** Receives with another time-out than the socket's own. */
function receiveWithin(pull: InstanceType<typeof zmq.Pull>, timeout: number): Promise<Buffer[]> {
  const { receiveTimeout } = pull;
  pull.receiveTimeout = timeout;
  try {
    return pull.receive();
  } finally {
    pull.receiveTimeout = receiveTimeout;
  }
}

describe("new Proxy(front, back)", () => {
  test("frontEnd and backEnd are the sockets", () => {
    const [front, back] = [open("Router"), open("Dealer")];
    const proxy = new Proxy(front, back);
    expect(proxy.frontEnd).toBe(front);
    expect(proxy.backEnd).toBe(back);
  });

  test("they are getters of the prototype", () => {
    const proxy = new Proxy(open("Router"), open("Dealer"));
    expect([Object.keys(proxy), JSON.stringify(proxy)]).toEqual([[], "{}"]);
    for (const name of ["frontEnd", "backEnd"]) {
      const text = `Cannot set property ${name} of #<Proxy> which has only a getter`;
      expectTypeError(() => Object.assign(proxy, { [name]: 1 }), text);
    }
  });

  test("both must be sockets", () => {
    for (const other of [undefined, null, 5, "x"]) {
      expectTypeError(() => new Proxy(other, open("Dealer")), "Front-end must be a socket object");
      expectTypeError(() => new Proxy(open("Router"), other), "Back-end must be a socket object");
    }
    expectTypeError(() => new Proxy(), "Front-end must be a socket object");
    expectTypeError(() => new Proxy(open("Router")), "Back-end must be a socket object");
    for (const [front, back] of [
      [{}, {}],
      [open("Router"), {}],
      [{}, open("Dealer")],
    ]) {
      const error = thrown(() => new Proxy(front, back)) as Error;
      expect([error.constructor, error.message, Object.keys(error)]).toEqual([Error, "Invalid argument", []]);
    }
    expectTypeError(() => new Proxy({}, 5), "Back-end must be a socket object");
  });

  mended("zeromq says no more", "detail says which one is none, and what it is", () => {
    expect(thrown(() => new Proxy(open("Router"), { a: 1 }))).toMatchObject({
      detail: "Back-end must be a socket object, got { a: 1 }",
    });
    expect(thrown(() => new Proxy("x", open("Router")))).toMatchObject({ detail: "got 'x'" });
  });

  test("a third argument that is no object is one too many", () => {
    expectTypeError(
      () => new Proxy(open("Router"), open("Dealer"), 3),
      "Expected 2 arguments but received 3",
    );
    expectTypeError(
      () => new Proxy(open("Router"), open("Dealer"), {}, 4),
      "Expected 2 arguments but received 4",
    );
  });

  test("so are a third socket and options that there are not", () => {
    for (const third of [
      open("Push"),
      new zmq.Context(),
      { captur: open("Push") },
      [open("Push")],
      () => {},
    ]) {
      expectTypeError(
        () => new Proxy(open("Router"), open("Dealer"), third),
        "Expected 2 arguments but received 3",
      );
    }
  });

  mended("zeromq has no capture", "detail shows how to pass the capture socket", () => {
    const remedy = "pass the capture socket as { capture: socket }; ";
    expect(thrown(() => new Proxy(open("Router"), open("Dealer"), open("Push")))).toMatchObject({
      detail: expect.stringMatching(`^${remedy}got Push`),
    });
    expect(thrown(() => new Proxy(open("Router"), open("Dealer"), { captur: open("Push") }))).toMatchObject({
      detail: `${remedy}there is no option captur`,
    });
  });

  mended("zeromq has none", "a capture socket may be given", () => {
    new Proxy(open("Router"), open("Dealer"), { capture: open("Push") });
  });

  test("can be extended", () => {
    class Own extends Proxy {
      field = 1;
    }
    expect(new Own(open("Router"), open("Dealer"))).toMatchObject({ field: 1 });
  });
});

describe("before it runs", () => {
  test("run throws EINVAL: Front-end socket must be bound or connected", () => {
    expectThrown(() => new Proxy(open("Router"), open("Dealer")).run(), "EINVAL", {
      message: "Front-end socket must be bound or connected",
    });
  });

  test("run throws EINVAL: Back-end socket must be bound or connected", async () => {
    const front = open("Router");
    await front.bind("tcp://127.0.0.1:*");
    expectThrown(() => new Proxy(front, open("Dealer")).run(), "EINVAL", {
      message: "Back-end socket must be bound or connected",
    });
  });

  test("run of closed sockets throws", async () => {
    const [front, back] = [open("Router"), open("Dealer")];
    for (const socket of [front, back]) await socket.bind("tcp://127.0.0.1:*");
    front.close();
    expect(["EINVAL", "EBADF"]).toContain(
      (thrown(() => new Proxy(front, back).run()) as { code: string }).code,
    );
  });

  test.each(["pause", "resume", "terminate"] as const)("%s throws EBADF", (command) => {
    expect(thrown(() => new Proxy(open("Router"), open("Dealer"))[command]())).toMatchObject({
      code: "EBADF",
    });
  });

  test.each(["run", "pause", "resume", "terminate"] as const)("%s takes no arguments", (command) => {
    const proxy = loose(new Proxy(open("Router"), open("Dealer")));
    expectTypeError(() => proxy[command]!(1), "Expected 0 arguments but received 1");
  });
});

describe("while it runs", () => {
  test("both sockets are blocked", async () => {
    const { frontEnd, backEnd, ended } = await start("Router", "Dealer");
    expect(ended).toBeInstanceOf(Promise);
    const calls: [string, ...unknown[]][] = [
      ["bind", "inproc://x"],
      ["bindSync", "inproc://x"],
      ["unbind", "inproc://x"],
      ["connect", "inproc://x"],
      ["disconnect", "inproc://x"],
      ["send", "x"],
      ["receive"],
    ];
    for (const socket of [frontEnd, backEnd]) {
      for (const [method, ...parameters] of calls) {
        expectThrown(() => loose(socket)[method]!(...parameters), "EBUSY", { message: blocked });
      }
      expect(socket.closed).toBe(false);
    }
  });

  test("close takes effect when it ends", async () => {
    const { proxy, frontEnd, ended } = await start("Router", "Dealer");
    frontEnd.close();
    expect(frontEnd.closed).toBe(false);
    proxy.terminate();
    await ended;
    expect(frontEnd.closed).toBe(true);
  });

  test.each(transports)("requests and replies pass over %s", async (transport) => {
    const { endpoints } = await start("Router", "Dealer", transport);
    const [request, reply] = [open("Request"), open("Reply")];
    request.connect(endpoints[0]);
    reply.connect(endpoints[1]);
    (async () => {
      for await (const [body] of reply) await reply.send(["re", body!]);
    })();
    for (let i = 0; i < 100; i++) {
      await request.send(`${i}`);
      expect((await request.receive()).map(String)).toEqual(["re", `${i}`]);
    }
  });

  test("several clients and workers", async () => {
    const { endpoints } = await start("Router", "Dealer");
    const replies = [open("Reply"), open("Reply")];
    for (const reply of replies) {
      reply.connect(endpoints[1]);
      (async () => {
        for await (const [body] of reply) await reply.send(body!);
      })();
    }
    const clients = [open("Request"), open("Request"), open("Request")];
    await Promise.all(
      clients.map(async (client, index) => {
        client.connect(endpoints[0]);
        for (let i = 0; i < 30; i++) {
          await client.send(`${index}/${i}`);
          expect(String(await client.receive())).toBe(`${index}/${i}`);
        }
      }),
    );
  });

  test("Pull and Push: a pipeline, frames and sizes as they were", async () => {
    const { endpoints } = await start("Pull", "Push");
    const [push, pull] = [open("Push"), open("Pull")];
    push.connect(endpoints[0]);
    pull.connect(endpoints[1]);
    for (const size of [0, 1, 300, 100_000, 2_000_000]) {
      await push.send(["a", Buffer.alloc(size, size % 251), ""]);
      const [first, body, last] = await pull.receive();
      expect([String(first), body?.length, String(last)]).toEqual(["a", size, ""]);
      expect(body?.equals(Buffer.alloc(size, size % 251))).toBe(true);
    }
  });

  test("XSubscriber and XPublisher: subscriptions go one way, messages the other", async () => {
    const { endpoints } = await start("XSubscriber", "XPublisher");
    const [publisher, subscriber] = [open("Publisher"), open("Subscriber")];
    publisher.connect(endpoints[0]);
    subscriber.subscribe("a");
    subscriber.connect(endpoints[1]);
    const receiving = subscriber.receive();
    let received = false;
    receiving.then(() => {
      received = true;
    });
    while (!received) {
      await publisher.send(["b", "not this"]);
      await publisher.send(["a", "this"]);
      await turns();
    }
    expect((await receiving).map(String)).toEqual(["a", "this"]);
  });

  test("between sockets that are connected", async () => {
    const [push, pull] = [open("Push"), open("Pull")];
    await push.bind("tcp://127.0.0.1:*");
    await pull.bind("tcp://127.0.0.1:*");
    const [front, back] = [open("Pull"), open("Push")];
    front.connect(push.lastEndpoint as string);
    back.connect(pull.lastEndpoint as string);
    const proxy = new Proxy(front, back);
    running.push(proxy);
    proxy.run();
    await push.send("message");
    expect(String(await pull.receive())).toBe("message");
  });

  test("pause and resume return undefined", async () => {
    const { proxy } = await start("Pull", "Push");
    expect(proxy.pause()).toBeUndefined();
    expect(proxy.resume()).toBeUndefined();
  });

  mended(
    "in zeromq pause has no effect, or one that stays",
    "while it is paused nothing passes",
    async () => {
      const { proxy, endpoints } = await start("Pull", "Push");
      const [push, pull] = [open("Push"), open("Pull", { receiveTimeout: 100 })];
      push.connect(endpoints[0]);
      pull.connect(endpoints[1]);
      await push.send("before");
      expect(String(await receiveWithin(pull, 10_000))).toBe("before");
      proxy.pause();
      // Its thread answers after it has paused.
      await (loose(proxy).statistics as () => Promise<unknown>).call(proxy);
      await push.send("meanwhile");
      await expectRejected(() => pull.receive(), "EAGAIN");
      proxy.resume();
      expect(String(await receiveWithin(pull, 10_000))).toBe("meanwhile");
    },
  );

  mended("zeromq's hold libuv's pool", "ten of them stall nothing", async () => {
    const proxies = await Promise.all(Array.from({ length: 10 }, () => start("Pull", "Push")));
    const { readFile } = await import("node:fs/promises");
    expect((await readFile(__filename)).length).toBeGreaterThan(0);
    await open("Pull").bind("tcp://127.0.0.1:*");
    expect(proxies).toHaveLength(10);
  });

  mended("a second run corrupts zeromq's first", "it cannot run twice", async () => {
    const { proxy } = await start("Pull", "Push");
    expectThrown(() => proxy.run(), "EBUSY", { message: blocked });
  });
});

describe("terminate", () => {
  test("returns undefined, closes both sockets, then run resolves to undefined", async () => {
    const { proxy, ended, frontEnd, backEnd } = await start("Router", "Dealer");
    expect(proxy.terminate()).toBeUndefined();
    expect(await ended).toBeUndefined();
    expect([frontEnd.closed, backEnd.closed]).toEqual([true, true]);
    expect([proxy.frontEnd, proxy.backEnd]).toEqual([frontEnd, backEnd]);
  });

  test("at once after run", async () => {
    for (let round = 0; round < 10; round++) {
      const { proxy, ended } = await start("Pull", "Push");
      proxy.terminate();
      await ended;
    }
  });

  test("while messages pass", async () => {
    const { proxy, ended, endpoints } = await start("Pull", "Push");
    const [push, pull] = [open("Push", { sendTimeout: 10 }), open("Pull")];
    push.connect(endpoints[0]);
    pull.connect(endpoints[1]);
    for (let i = 0; i < 50; i++) await push.send(`${i}`);
    await pull.receive();
    proxy.terminate();
    await ended;
  });

  test("a running one keeps the process alive, one that is terminated does not", async () => {
    const program = (rest: string) => `
      const front = new zmq.Pull(), back = new zmq.Push();
      await front.bind("tcp://127.0.0.1:*");
      await back.bind("tcp://127.0.0.1:*");
      const proxy = new zmq.Proxy(front, back);
      const ended = proxy.run();
      ${rest}`;
    const [kept, ended] = await Promise.all([
      runSubject(program('console.log("running");'), { stays: /running/ }),
      runSubject(program('proxy.terminate(); await ended; console.log("ended");')),
    ]);
    expect(kept.signal).toBe("SIGKILL");
    expect(ended).toMatchObject({ code: 0, stdout: "ended\n", stderr: "" });
  });
});
