// What `console.log` prints of a socket.

import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Dealer, Pair, Publisher, Push, Router } from "zmq-native";
import { freshEndpoint, whenFree } from "../helpers/transports.js";

const line = (value: unknown) => inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true });

test("type, state and endpoints, as they change", async () => {
  const push = new Push({ linger: 0 });
  expect(line(push)).toBe("Push { type: 'PUSH', state: 'open', bound: [], connected: [] }");
  const endpoint = freshEndpoint("inproc");
  const binding = push.bind("tcp://127.0.0.1:*");
  expect(line(push)).toBe("Push { type: 'PUSH', state: 'blocked', bound: [], connected: [] }");
  await binding;
  const bound = push.lastEndpoint as string;
  push.connect(endpoint);
  push.connect("tcp://127.0.0.1:1");
  push.connect("tcp://127.0.0.1:1");
  expect(line(push)).toBe(
    `Push { type: 'PUSH', state: 'open', bound: [ '${bound}' ], connected: [ '${endpoint}', 'tcp://127.0.0.1:1' ] }`,
  );
  push.disconnect("tcp://127.0.0.1:1");
  expect(line(push)).toContain(`connected: [ '${endpoint}' ]`);
  push.disconnect(endpoint);
  await push.unbind(bound);
  expect(line(push)).toBe("Push { type: 'PUSH', state: 'open', bound: [], connected: [] }");
  push.connect(endpoint);
  push.close();
  expect(line(push)).toBe("Push { type: 'PUSH', state: 'closed', bound: [], connected: [] }");
});

test("an endpoint that is unbound by the address that was given is gone", async () => {
  using push = new Push();
  push.bindSync("tcp://localhost:*");
  const [bound] = /tcp:[^']*/.exec(inspect(push))!;
  expect(bound).toBe(push.lastEndpoint);
  const port = bound.slice(bound.lastIndexOf(":") + 1);
  push.unbindSync(bound);
  await whenFree(() => push.bindSync(`tcp://localhost:${port}`));
  push.unbindSync(`tcp://localhost:${port}`);
  expect(line(push)).toContain("bound: []");
});

test("what failed is not there", async () => {
  using push = new Push();
  expect(() => push.connect("tcp://127.0.0.1")).toThrow();
  await expect(push.bind("tcp://256.0.0.1:5")).rejects.toThrow();
  expect(line(push)).toBe("Push { type: 'PUSH', state: 'open', bound: [], connected: [] }");
});

test("pending calls", async () => {
  const pair = new Pair();
  const calls = [pair.send("x"), pair.receiveMany()];
  expect(line(pair)).toBe(
    "Pair { type: 'PAIR', state: 'open', bound: [], connected: [], sending: 'send()', receiving: 'receiveMany()' }",
  );
  pair.close();
  await Promise.allSettled(calls);
});

test("subclasses by their name, nested ones by their class, and a prototype as an object", () => {
  class Worker extends Dealer {}
  using worker = new Worker();
  expect(line(worker)).toMatch(/^Worker { type: 'DEALER', /);
  expect(inspect({ a: { b: { c: worker } } })).toContain("c: [Worker]");
  expect(() => [inspect(Router.prototype), inspect(Object.create(worker))]).not.toThrow();
  // Not a property that programs find.
  expect([Object.keys(worker), JSON.stringify(worker), String(worker)]).toEqual([
    [],
    "{}",
    "[object Object]",
  ]);
  using publisher = new Publisher();
  expect(`${inspect(publisher)}`).toContain("type: 'PUB'");
});
