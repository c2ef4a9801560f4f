// Every socket type over every transport: supported combinations deliver messages, whichever end binds, and others are
// rejected. At the end, the test prints the table.

import { afterAll, describe, expect, test } from "vitest";
import {
  capability,
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from "zmq-native";
import { Channel, Client, Datagram, Dish, Gather, Peer, Radio, Scatter, Server } from "zmq-native/draft";
import { makeCertificate } from "../helpers/certificates.js";
import { draftClasses, stableClasses } from "../helpers/classes.js";
import { freeUdpPort } from "../helpers/ports.js";
import { freshEndpoint } from "../helpers/transports.js";

const classes = [...stableClasses, ...draftClasses];
const names = classes.map(({ name }) => name);

const scheme = [
  "tcp",
  "ipc",
  "inproc",
  "ws",
  "wss",
  "udp",
  "pgm",
  "epgm",
  "norm",
  "tipc",
  "vmci",
  "vsock",
] as const;
type Scheme = (typeof scheme)[number];

/** The transports of this build. Those that need support by the kernel are not tested for delivery. */
const built: Record<Scheme, boolean> = {
  tcp: true,
  inproc: true,
  udp: true,
  ipc: capability.ipc,
  tipc: capability.tipc,
  pgm: capability.pgm,
  epgm: capability.pgm,
  norm: capability.norm,
  ws: capability.draft,
  wss: capability.wss,
  vmci: false,
  vsock: false,
};

const multicast = ["Publisher", "Subscriber", "XPublisher", "XSubscriber"];
const all = (...less: string[]) => names.filter((name) => !less.includes(name));
const serves: Record<Scheme, string[]> = {
  tcp: all("Datagram"),
  ipc: all("Datagram"),
  tipc: all("Datagram"),
  vmci: all("Datagram"),
  vsock: all("Datagram"),
  inproc: all("Datagram", "Stream"),
  ws: all("Datagram", "Stream"),
  wss: all("Datagram", "Stream"),
  udp: ["Radio", "Dish", "Datagram"],
  pgm: multicast,
  epgm: multicast,
  norm: multicast,
};

const kib = 1024;
const sizes = [0, 1, kib, 64 * kib, 1024 * kib];

/** A message whose content is specific to its size. */
const bodyOf = (size: number) => Buffer.alloc(size).map((_, index) => (index * 7 + size) % 251) as Buffer;

/** The conversation of a pattern's ends, by their classes. */
interface Pattern {
  readonly ends: readonly [new (options?: object) => Socket, new (options?: object) => Socket];
  /** Sends from the first end to the second, and returns the received body. */
  exchange(first: never, second: never, body: Buffer): Promise<Buffer>;
  /** Ensures that no message is lost from now on, where a pattern may drop. */
  settle?(first: never, second: never): Promise<void>;
  /** Sizes that it cannot send. */
  readonly without?: readonly number[];
  /** The transports on which it works. Others give a peer no address before it is bound. */
  readonly only?: readonly Scheme[];
}

const pattern = <A extends Socket, B extends Socket>(
  first: new (options?: object) => A,
  second: new (options?: object) => B,
  exchange: (first: A, second: B, body: Buffer) => Promise<Buffer>,
  rest: { settle?: (first: A, second: B) => Promise<void>; without?: readonly number[] } = {},
): Pattern => ({ ends: [first, second], exchange, ...rest }) as unknown as Pattern;

/** Sends until something arrives, then until all of it has been received. */
async function untilHeard(
  send: (message: string) => Promise<void>,
  receive: () => Promise<unknown[]>,
): Promise<void> {
  let heard = false;
  const first = receive().then((message) => {
    heard = true;
    return String(message[0]);
  });
  for (let i = 0; !heard; i++) {
    await send(`probe ${i}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await first;
  await send("last probe");
  while (String((await receive())[0]) !== "last probe");
}

const published = {
  settle: async (publisher: Publisher | XPublisher, subscriber: Subscriber | XSubscriber) => {
    if (subscriber instanceof Subscriber) subscriber.subscribe();
    else await subscriber.send(Buffer.from([1]));
    await untilHeard(
      (message) => publisher.send(message),
      () => subscriber.receive(),
    );
  },
};
const publish = async (
  publisher: Publisher | XPublisher,
  subscriber: Subscriber | XSubscriber,
  body: Buffer,
) => {
  await publisher.send(body);
  return (await subscriber.receive())[0] as Buffer;
};

const group = "group";
const patterns: Pattern[] = [
  pattern(Pair, Pair, async (first, second, body) => {
    await first.send(body);
    await second.send(await second.receive());
    return (await first.receive())[0] as Buffer;
  }),
  pattern(Push, Pull, async (push, pull, body) => {
    await push.send(body);
    return (await pull.receive())[0] as Buffer;
  }),
  pattern(Publisher, Subscriber, publish, published),
  pattern(XPublisher, XSubscriber, publish, published),
  pattern(Request, Reply, async (request, reply, body) => {
    await request.send(body);
    await reply.send(await reply.receive());
    return (await request.receive())[0] as Buffer;
  }),
  pattern(Dealer, Router, async (dealer, router, body) => {
    await dealer.send(body);
    await router.send(await router.receive());
    return (await dealer.receive())[0] as Buffer;
  }),
  pattern(Client, Server, async (client, server, body) => {
    await client.send(body);
    await server.send(...(await server.receive()));
    return (await client.receive())[0];
  }),
  pattern(Scatter, Gather, async (scatter, gather, body) => {
    await scatter.send(body);
    return (await gather.receive())[0];
  }),
  pattern(Channel, Channel, async (first, second, body) => {
    await first.send(body);
    await second.send((await second.receive())[0]);
    return (await first.receive())[0];
  }),
  pattern(
    Radio,
    Dish,
    async (radio, dish, body) => {
      await radio.send(body, { group });
      const [received, info] = await dish.receive();
      expect(String(info.group)).toBe(group);
      return received;
    },
    {
      settle: async (radio, dish) => {
        dish.join(group);
        await untilHeard(
          (message) => radio.send(message, { group }),
          () => dish.receive(),
        );
      },
    },
  ),
  pattern(
    Stream,
    Stream,
    async (first, second, body) => {
      // Each has the other's id once it was notified of the connection.
      const [id] = streamIds.get(first) ?? (await first.receive());
      if (!streamIds.has(first)) {
        streamIds.set(first, [id as Buffer]);
        expect((await second.receive())[1]!.length).toBe(0);
      }
      await first.send([id as Buffer, body]);
      const parts: Buffer[] = [];
      for (let length = 0; length < body.length; length += parts.at(-1)!.length) {
        parts.push((await second.receive())[1] as Buffer);
      }
      return Buffer.concat(parts);
    },
    // An empty message ends the connection.
    { without: [0] },
  ),
];
const streamIds = new WeakMap<Stream, [Buffer]>();

let groups = 0;
async function endpointFor(transport: Scheme): Promise<string> {
  switch (transport) {
    case "tcp":
    case "ipc":
    case "inproc":
      return freshEndpoint(transport);
    case "ws":
    case "wss":
      return `${transport}://127.0.0.1:*/path`;
    case "udp":
      return `udp://127.0.0.1:${await freeUdpPort()}`;
    case "norm":
      return `norm://127.0.0.1;239.192.${process.pid % 250}.${++groups}:${await freeUdpPort()}`;
    default:
      return `${transport}://127.0.0.1;239.192.${process.pid % 250}.${++groups}:${await freeUdpPort()}`;
  }
}

type Cell = "works" | "refused" | "not built" | "not tried";
const table = new Map<string, Map<Scheme, Cell>>(names.map((name) => [name, new Map()]));
const note = (name: string, transport: Scheme, cell: Cell) => table.get(name)!.set(transport, cell);

afterAll(() => {
  const columns = scheme.map((name) => ({ name, width: Math.max(name.length, "not built".length) }));
  const line = (title: string, cells: string[]) =>
    `${title.padEnd(12)}${cells.map((cell, index) => cell.padEnd(columns[index]!.width + 1)).join("")}`.trimEnd();
  const lines = [line("", [...scheme])];
  for (const [name, cells] of table) {
    lines.push(
      line(
        name,
        scheme.map((transport) => cells.get(transport) ?? "?"),
      ),
    );
  }
  console.log(lines.join("\n"));
});

const reasons: Partial<Record<Scheme, string>> = {
  tipc: "kernels rarely have it",
  pgm: "raw sockets: test/multicast has it",
};
for (const transport of scheme) {
  if (!built[transport]) reasons[transport] = "this build has no such transport";
}
for (const [transport, reason] of Object.entries(reasons))
  console.warn(`SKIP delivery by ${transport}: ${reason}`);

const multicastOptions = { multicast: { rate: 400_000, recoveryInterval: 2000 } };

/** The options of a socket that binds, and of one that connects. */
const wssOptions = (() => {
  const { certificate, key } = makeCertificate();
  return { wssCertificate: certificate, wssKey: key, wssTrust: certificate };
})();
const optionsOf = (transport: Scheme, name: string) => ({
  linger: 0,
  ...(multicast.includes(name) && built.pgm ? multicastOptions : {}),
  ...(transport === "wss" ? wssOptions : {}),
});

describe.each(scheme.filter((transport) => !reasons[transport]))("%s delivers messages", (transport) => {
  for (const { ends, exchange, settle, without = [] } of patterns) {
    const [First, Second] = ends;
    const [firstName, secondName] = [First.name, Second.name];
    if (![firstName, secondName].every((name) => serves[transport].includes(name))) continue;
    // On udp, a Radio only connects, and a Dish only binds.
    const ways =
      transport === "udp" ? ["second"] : firstName === secondName ? ["first"] : ["first", "second"];
    const fitting = sizes.filter(
      (size) => !without.includes(size) && (transport !== "udp" || size + group.length + 1 <= 8 * kib),
    );
    test.each(ways)(
      `from ${firstName} to ${secondName}, where the %s binds`,
      { timeout: 60_000 },
      async (way) => {
        const options = optionsOf(transport, firstName);
        using first = new First(options);
        using second = new Second(options);
        const [bound, connected] = way === "first" ? [first, second] : [second, first];
        await bound.bind(await endpointFor(transport));
        connected.connect(bound.lastEndpoint as string);
        await settle?.(first as never, second as never);
        for (const size of fitting) {
          const body = bodyOf(size);
          const received = await exchange(first as never, second as never, body);
          expect([size, received.equals(body)]).toEqual([size, true]);
        }
        note(firstName, transport, "works");
        note(secondName, transport, "works");
      },
    );
  }

  if (serves[transport].includes("Peer")) {
    test("from Peer to Peer", async () => {
      using first = new Peer(optionsOf(transport, "Peer"));
      using second = new Peer(optionsOf(transport, "Peer"));
      await second.bind(await endpointFor(transport));
      const routingId = first.connectPeer(second.lastEndpoint as string);
      for (const size of sizes) {
        await first.send(bodyOf(size), { routingId });
        await second.send(...(await second.receive()));
        expect([size, (await first.receive())[0].equals(bodyOf(size))]).toEqual([size, true]);
      }
      note("Peer", transport, "works");
    });
  }

  if (serves[transport].includes("Datagram")) {
    test("from Datagram to Datagram and back, up to 8 KiB", async () => {
      using first = new Datagram({ linger: 0 });
      using second = new Datagram({ linger: 0 });
      const endpoint = await endpointFor(transport);
      await second.bind(endpoint);
      await first.bind("udp://127.0.0.1:*");
      const address = endpoint.slice("udp://".length);
      await untilHeard(
        (message) => first.send([address, message]),
        async () => (await second.receive()).slice(1),
      );
      for (const size of [0, 1, kib, 8 * kib]) {
        await first.send([address, bodyOf(size)]);
        await second.send(await second.receive());
        expect([size, (await first.receive())[1].equals(bodyOf(size))]).toEqual([size, true]);
      }
      note("Datagram", transport, "works");

      const refusal = {
        code: "EMSGSIZE",
        detail: expect.stringContaining("at most 8192 bytes, got 8193"),
      };
      await expect(first.send([address, bodyOf(8193)])).rejects.toMatchObject(refusal);
      expect(() => first.trySend([address, bodyOf(8193)])).toThrow(expect.objectContaining(refusal));
      const many = first.sendMany([
        [address, "x"],
        [address, "é".repeat(4097)],
      ]);
      await expect(many).rejects.toMatchObject({ code: "EMSGSIZE", sent: 0 });
    });

    test("a Radio on udp sends at most 8191 bytes of body and group", async () => {
      using radio = new Radio({ linger: 0 });
      using dish = new Dish();
      await dish.bind(await endpointFor(transport));
      radio.connect(dish.lastEndpoint as string);
      dish.join(group);
      await untilHeard(
        (message) => radio.send(message, { group }),
        () => dish.receive(),
      );
      const most = 8191 - group.length;
      await radio.send(bodyOf(most), { group });
      expect((await dish.receive())[0].equals(bodyOf(most))).toBe(true);
      const refusal = {
        code: "EMSGSIZE",
        detail: expect.stringContaining("at most 8191 bytes, got 8192"),
      };
      await expect(radio.send(bodyOf(most + 1), { group })).rejects.toMatchObject(refusal);
      // udp has this limit.
      radio.disconnect(dish.lastEndpoint as string);
      await radio.send(bodyOf(most + 1), { group });
    });
  }
});

describe.each(scheme)("%s rejects an unsupported socket type:", (transport) => {
  const addresses: Partial<Record<Scheme, string>> = {
    ipc: "ipc:///tmp/x",
    inproc: "inproc://x",
    ws: "ws://127.0.0.1:5555/",
    tipc: "tipc://{5555,0,0}",
    vmci: "vmci://2:5555",
    vsock: "vsock://2:5555",
    pgm: "pgm://127.0.0.1;239.192.1.1:5555",
    epgm: "epgm://127.0.0.1;239.192.1.1:5555",
  };
  const endpoint = addresses[transport] ?? `${transport}://127.0.0.1:5555`;
  const refused = built[transport] ? all(...serves[transport]) : names;
  if (refused.length === 0) return;
  test.each(refused)("%s", async (name) => {
    const code = built[transport] ? "ENOCOMPATPROTO" : "EPROTONOSUPPORT";
    const Class = classes.find((each) => each.name === name)!;
    using socket = new Class();
    await expect(socket.bind(endpoint)).rejects.toMatchObject({ code, address: endpoint });
    expect(() => socket.bindSync(endpoint)).toThrow(expect.objectContaining({ code, address: endpoint }));
    expect(() => socket.connect(endpoint)).toThrow(expect.objectContaining({ code, address: endpoint }));
    note(name, transport, built[transport] ? "refused" : "not built");
  });
});

test("each combination of socket type and transport has a result", () => {
  for (const transport of scheme) {
    if (!built[transport] || !reasons[transport]) continue;
    for (const name of serves[transport]) note(name, transport, "not tried");
  }
  const missing = [...table].flatMap(([name, cells]) =>
    scheme.filter((transport) => !cells.has(transport)).map((transport) => `${name} by ${transport}`),
  );
  expect(missing).toEqual([]);
});
