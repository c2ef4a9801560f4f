// The groups that a Radio stores for its peers.

import { expect, test } from "vitest";
import { capability } from "zmq-native";
import { command, RawPeer } from "../helpers/zmtp.js";

if (!capability.draft) console.warn("SKIP Radio: this build has no draft sockets");

test.skipIf(!capability.draft)(
  "a Radio sends nothing to a peer that has joined a group twice and left it once",
  async () => {
    const { Radio } = await import("zmq-native/draft");
    using radio = new Radio({ linger: 0 });
    await radio.bind("tcp://127.0.0.1:*");
    using peer = await RawPeer.enter(radio.lastEndpoint as string, "DISH");
    peer.say(
      command("JOIN", "left"),
      command("JOIN", "left"),
      command("LEAVE", "left"),
      command("JOIN", "stays"),
    );
    while (!peer.heard.includes("to who stays")) {
      await radio.send("to who left", { group: "left" });
      await radio.send("to who stays", { group: "stays" });
      await new Promise(setImmediate);
    }
    expect(peer.heard.includes("to who left")).toBe(false);
  },
);
