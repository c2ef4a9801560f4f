// The option `zapDomain` of a socket, and `zapEnforceDomain` without it.

import { describe, expect, test } from "vitest";
import { Context, curveKeyPair, Router } from "zmq-native";
import { freshEndpoint, type Transport } from "../helpers/transports.js";
import { curveClient, plainClient, Server, servers } from "./servers.js";

test("zapDomain: null removes the domain, and an empty string fails", () => {
  using router = new Router({ zapDomain: null });
  expect(router.zapDomain).toBeNull();
  router.zapDomain = "global";
  expect(router.zapDomain).toBe("global");
  const invalid = { code: "EINVAL", detail: expect.stringContaining("1 to 255 bytes, or null for none") };
  for (const domain of ["", "x".repeat(256)]) {
    expect(() => new Router({ zapDomain: domain })).toThrow(expect.objectContaining(invalid));
  }
  router.zapDomain = null;
  expect(router.zapDomain).toBeNull();
});

describe("zapEnforceDomain without zapDomain", () => {
  const enforced = { zapEnforceDomain: true };

  test.each([
    ["curve", curveClient(curveKeyPair()), "in"],
    ["plain", plainClient("ada", "secret"), "handshake:error:other"],
    ["none", {}, "in"],
  ] as const)("libzmq does not ask the authenticator: %s", async (mechanism, client, verdict) => {
    const context = new Context();
    const rules = { curve: { allow: [] }, plain: { users: { ada: "secret" } } };
    const auth = await context.authenticate(rules);
    const decisions: object[] = [];
    auth.on("decision", (decision) => decisions.push(decision));
    const server = await Server.open(context, servers[mechanism], "tcp://127.0.0.1:*", enforced);
    expect(await server.attempt(client)).toBe(verdict);
    expect(decisions).toEqual([]);
    server[Symbol.dispose]();
    await auth.close();
    await context.close({ linger: 0 });
  });

  /** The warnings of a socket with these options. */
  async function warningsOf(options: object, use: (router: Router) => unknown): Promise<string[]> {
    const warnings: string[] = [];
    const listen = ({ message }: Error) => warnings.push(message);
    process.on("warning", listen);
    using router = new Router({ linger: 0, ...options });
    await use(router);
    await new Promise(setImmediate);
    process.off("warning", listen);
    return warnings;
  }
  const open = { ...servers.curve, ...enforced };
  const warning = (address: string) =>
    `${address}: this CURVE server admits every client that knows its public key, since zapEnforceDomain needs a domain: set zapDomain, too.`;

  test.each(["tcp://127.0.0.1:*", "ws://127.0.0.1:*", freshEndpoint("ipc")])(
    "a CURVE server warns when it binds to %s",
    async (endpoint) => {
      expect(await warningsOf(open, (router) => router.bind(endpoint))).toEqual([warning(endpoint)]);
      expect(await warningsOf(open, (router) => router.bindSync(endpoint))).toEqual([warning(endpoint)]);
    },
  );

  test("a CURVE server warns when it connects, once until the option is set again", async () => {
    const endpoints = ["tcp://127.0.0.1:9", "tcp://127.0.0.1:10", "tcp://127.0.0.1:11"] as const;
    const warnings = await warningsOf(open, (router) => {
      router.connect(endpoints[0]);
      router.connect(endpoints[1]);
      for (const endpoint of endpoints.slice(0, 2)) router.disconnect(endpoint);
      router.zapEnforceDomain = true;
      router.connect(endpoints[2]);
    });
    expect(warnings).toEqual([warning(endpoints[0]), warning(endpoints[2])]);
  });

  test.each<[string, object, Transport]>([
    ["with a domain", { ...open, zapDomain: "global" }, "tcp"],
    ["without zapEnforceDomain", { ...open, zapEnforceDomain: false }, "tcp"],
    ["as a PLAIN server", { ...servers.plain, ...enforced }, "tcp"],
    ["without a mechanism", enforced, "tcp"],
    ["as a CURVE client", { ...curveClient(curveKeyPair()), ...enforced }, "tcp"],
    ["over inproc, which has no mechanism", open, "inproc"],
  ])("a socket does not warn %s", async (_, options, transport) => {
    expect(await warningsOf(options, (router) => router.bind(freshEndpoint(transport)))).toEqual([]);
  });
});
