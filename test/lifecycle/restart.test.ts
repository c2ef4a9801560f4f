// A server that is killed and restarted repeatedly: its clients reconnect by themselves.

import { expect, test } from "vitest";
import { Request, Router, Subscriber } from "zmq-native";
import { startProgram } from "../helpers/program.js";

const rounds = process.env.ZMQ_NATIVE_SOAK ? 50 : 12;

test(`scenario 29: clients reconnect to a server that is killed ${rounds} times, with heartbeats`, {
  timeout: 300_000,
}, async () => {
  const heartbeats = { heartbeatInterval: 50, heartbeatTimeout: 200, reconnectInterval: 5 };
  const start = (endpoints: readonly string[], generation: number) =>
    startProgram(
      `
      const heartbeats = ${JSON.stringify(heartbeats)};
      const reply = new zmq.Reply(heartbeats), publisher = new zmq.Publisher({ ...heartbeats, linger: 0 });
      const free = async (socket, endpoint) => {
        for (;;) {
          try { return await socket.bind(endpoint); } catch (error) { if (error.code !== "EADDRINUSE") throw error; }
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      await free(reply, ${JSON.stringify(endpoints[0])});
      await free(publisher, ${JSON.stringify(endpoints[1])});
      say([reply.lastEndpoint, publisher.lastEndpoint]);
      const next = async () => { for (;;) { await publisher.send(["topic", "${generation}"]); await new Promise((resolve) => setTimeout(resolve, 2)); } };
      next();
      for await (const [body] of reply) {
        // The test learns of the work before the client gets the reply.
        say("did " + body);
        await reply.send("did " + body);
      }
    `,
      { limit: 60_000 },
    );

  let endpoints: readonly string[] = ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*"];
  let server = start(endpoints, 0);
  endpoints = await server.hear<string[]>();
  const done = new Set<string>();
  const listen = async (from: typeof server) => {
    try {
      for (;;) done.add(await from.hear<string>());
    } catch {
      // The server was killed.
    }
  };
  let listening = listen(server);

  using request = new Request({ ...heartbeats, correlate: true, relaxed: true, linger: 0 });
  request.connect(endpoints[0] as string);
  using subscriber = new Subscriber(heartbeats);
  subscriber.subscribe("topic");
  subscriber.connect(endpoints[1] as string);

  let asked = 0;
  let resent = 0;
  const acknowledged: string[] = [];
  let stop = false;
  const asking = (async () => {
    while (!stop) {
      const body = `${asked++}`;
      for (;;) {
        await request.send(body);
        try {
          const [answer] = await request.receive({ timeout: 300 });
          expect(String(answer)).toBe(`did ${body}`);
          acknowledged.push(`did ${body}`);
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: "EAGAIN" });
          resent++;
          if (stop) return;
        }
      }
    }
  })();

  let latest = -1;
  for (let generation = 0; generation <= rounds; generation++) {
    // The client subscribed once. Each later server receives the subscription.
    while (latest !== generation) {
      const [, sent] = await subscriber.receive({ timeout: 10_000 });
      expect(Number(sent)).toBeGreaterThanOrEqual(latest);
      latest = Number(sent);
    }
    const before = acknowledged.length;
    while (acknowledged.length < before + 5) await new Promise((resolve) => setTimeout(resolve, 1));
    if (generation === rounds) break;
    await server[Symbol.asyncDispose]();
    await listening;
    server = start(endpoints, generation + 1);
    await server.hear();
    listening = listen(server);
  }
  stop = true;
  await asking;
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server[Symbol.asyncDispose]();
  await listening;
  console.log(
    `${rounds} restarts: ${asked} requests, ${acknowledged.length} acknowledged, ${resent} sent again, none lost`,
  );
  for (const answer of acknowledged) expect(done).toContain(answer);
  expect(resent).toBeGreaterThan(0);
});

test("scenario 29: heartbeats disconnect only the peers that hang", async () => {
  using router = new Router({ heartbeatInterval: 30, heartbeatTimeout: 90, linger: 0 });
  await router.bind("tcp://127.0.0.1:*");
  const disconnected = new Promise<void>((resolve) => router.events.on("disconnect", () => resolve()));
  await using stopped = startProgram(`
    const dealer = new zmq.Dealer({ linger: 0 });
    dealer.connect(${JSON.stringify(router.lastEndpoint)});
    await dealer.send("here");
    await hear();
    // A stopped peer, as on a machine that hangs: its descriptors stay open.
    process.kill(process.pid, "SIGSTOP");
  `);
  await using lively = startProgram(`
    const dealer = new zmq.Dealer({ linger: 0 });
    dealer.connect(${JSON.stringify(router.lastEndpoint)});
    for (;;) { await dealer.send("lively"); await new Promise((resolve) => setTimeout(resolve, 50)); }
  `);
  const seen = new Set<string>();
  while (seen.size < 2) seen.add(String((await router.receive())[1]));
  stopped.say("stop");
  await disconnected;
  const [, frame] = await router.receive({ timeout: 2000 });
  expect(String(frame)).toBe("lively");
  lively.say("enough");
});
