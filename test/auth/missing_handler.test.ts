// Servers that must ask a ZAP handler, in a context that has none.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Context, curveKeyPair, Dealer, Router } from "zmq-native";
import { curveClient, plainClient, servers } from "./servers.js";

const ada = curveKeyPair();
// Rules that admit all clients below.
const plain = { plain: { users: { ada: "secret" } } };
const curve = { curve: { allow: [ada.publicKey] } };
const addresses = { addresses: { allow: ["127.0.0.1"] } };
const enforced = { zapDomain: "global", zapEnforceDomain: true };

let context: Context;
beforeEach(() => {
  context = new Context();
});
afterEach(() => context.close({ linger: 0 }));

describe("a server that has no authenticator", () => {
  // Without vendor patch libzmq/peers/no-zap-handler, the reason is "protocol".
  test.each([
    ["NULL, bound", { ...servers.none, ...enforced }, {}, "bind", addresses],
    ["NULL, connected", { ...servers.none, ...enforced }, {}, "connect", addresses],
    ["PLAIN, bound", servers.plain, plainClient("ada", "secret"), "bind", plain],
    ["PLAIN, connected", servers.plain, plainClient("ada", "secret"), "connect", plain],
    ["CURVE, bound", { ...servers.curve, ...enforced }, curveClient(ada), "bind", curve],
    ["CURVE, connected", { ...servers.curve, ...enforced }, curveClient(ada), "connect", curve],
  ])("tells why: %s", async (_, options, client, side, rules) => {
    const own = { linger: 0, reconnectInterval: 10 };
    for (const transport of ["tcp", "ws"]) {
      using router = new Router({ context, ...own, ...options });
      using dealer = new Dealer({ ...own, ...client });
      const [bound, connecting] = side === "bind" ? [router, dealer] : [dealer, router];
      await bound.bind(`${transport}://127.0.0.1:*`);
      const changes = router.peers.changes();
      void router.events;
      connecting.connect(bound.lastEndpoint as string);

      const { value } = await changes.next();
      const error = {
        code: "EFAULT",
        detail: expect.stringContaining("call context.authenticate() before bind()"),
      };
      expect(value).toMatchObject({ type: "fail", reason: "authentication", error });
      for await (const event of router.events) {
        if (!event.type.startsWith("handshake")) continue;
        expect(event).toMatchObject({ type: "handshake:error:other", error });
        break;
      }
      if (side === "connect") {
        expect(router.endpoints[0]!.lastError).toMatchObject({
          code: "EFAULT",
          message:
            "No authenticator runs in this context, or zapDomain is not set: call context.authenticate()",
        });
      }

      // The remedy.
      const auth = await context.authenticate(rules);
      for await (const { type } of changes) if (type === "join") break;
      await auth.close();
    }
  });
});
