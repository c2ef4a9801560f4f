// Malicious connections while valid clients work: garbage, port scans, silent connections and incomplete handshakes.

import { describe, expect, test } from "vitest";
import { capability } from "zmq-native";
import { expectSurvival } from "../helpers/victim.js";
import { greeting, hello, join, RawPeer, upgrade, webSocketFrame } from "../helpers/zmtp.js";

const rounds = process.env.ZMQ_NATIVE_SOAK ? 5000 : 100;

// xorshift32: the same garbage for the same seed.
function randomOf(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 2654435761) | 1) >>> 0;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const doors = {
  NULL: "",
  PLAIN: "plain",
  CURVE: "curve",
  ...(capability.draft && { ws: "" }),
};

describe("scenario 26: garbage, scans and half-open connections", () => {
  test.each(Object.entries(doors))(
    "a server with %s keeps serving valid clients",
    { timeout: 300_000 },
    async (door, security) => {
      const seed = Date.now() % 1_000_000;
      const random = randomOf(seed);
      const body = `
      const keys = zmq.curveKeyPair();
      const zap = new zmq.Router({ linger: 0 });
      await zap.bind("inproc://zeromq.zap.01");
      (async () => {
        for await (const [id, , version, request] of zap) await zap.send([id, "", version, request, "200", "", "user", ""]);
      })().catch(() => {});
      const server = { plain: { plainServer: true, zapDomain: "x" }, curve: { curveServer: true, curveSecretKey: keys.secretKey } };
      const client = {
        plain: { plainUsername: "u", plainPassword: "p" },
        curve: { curvePublicKey: keys.publicKey, curveSecretKey: keys.secretKey, curveServerKey: keys.publicKey },
      };
      const router = new zmq.Router({ ...server[${JSON.stringify(security)}], linger: 0, handshakeInterval: 2000, maxMessageSize: 1_000_000 });
      await router.bind("${door === "ws" ? "ws" : "tcp"}://127.0.0.1:*");
      (async () => { for await (const message of router) await router.send(message); })().catch(() => {});
      const dealers = [1, 2, 3].map(() => {
        const dealer = new zmq.Dealer({ ...client[${JSON.stringify(security)}], linger: 0, receiveTimeout: 5000 });
        dealer.connect(router.lastEndpoint);
        return dealer;
      });
      let stop = false;
      const counts = dealers.map(async (dealer, j) => {
        let count = 0;
        while (!stop) {
          await dealer.send([String(j), String(count)]);
          const answer = await dealer.receive();
          if (String(answer) !== j + "," + count) throw new Error("answered " + answer);
          count++;
        }
        return count;
      });
      await wait(100);
      say(router.lastEndpoint);
      await hear();
      stop = true;
      say(await Promise.all(counts));
    `;
      const served = await expectSurvival(
        body,
        async (endpoint, victim) => {
          const held: RawPeer[] = [];
          const beginning = () =>
            door === "ws"
              ? join(upgrade("ZWS2.0/NULL"), webSocketFrame("\0x"))
              : door === "NULL"
                ? hello("DEALER")
                : greeting(door);
          for (let i = 0; i < rounds; i++) {
            const peer = await RawPeer.connect(endpoint);
            const noise = Buffer.from(Array.from({ length: random(400) }, () => random(256)));
            const good = beginning();
            const cut = good.subarray(0, random(good.length + 1));
            const changed = Buffer.from(good);
            changed[random(good.length)] = random(256);
            switch (i % 8) {
              case 0:
                // A port scan.
                break;
              case 1:
                peer.say(noise);
                break;
              case 2:
                peer.say(cut, noise);
                break;
              case 3:
                peer.say(changed, noise);
                break;
              case 4:
                peer.say(good, noise);
                break;
              case 5:
                peer.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
                break;
              case 6:
                // Half-open: no more data ever arrives.
                peer.say(cut);
                held.push(peer);
                continue;
              default:
                peer.say(good, noise);
                await new Promise((resolve) => setTimeout(resolve, 2));
            }
            if (random(2)) peer.reset();
            else peer.finish();
          }
          victim.say("enough");
          const counts = await victim.hear<number[]>();
          for (const peer of held) peer[Symbol.dispose]();
          return counts;
        },
        { limit: 290_000 },
      );
      console.log(
        `${door}: ${rounds} strangers (seed ${seed}), ${served.join(" + ")} requests of good clients answered`,
      );
      for (const count of served) expect(count).toBeGreaterThan(10);
    },
  );
});
