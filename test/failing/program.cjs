// Makes each call of native code that can fail do so, one after the other, in each of a list of actions. A failed
// action throws an Error, and the next one succeeds with the right bytes. test/hostile/failing.test.ts runs it with the
// build of `npm run sanitize -- asan`. It prints its results as JSON.

const { loadAddon } = require("../../dist/library.js");
const zmq = require("../../dist/index.js");
process.removeAllListeners("warning");
process.emitWarning = () => {};
const { Dish, Radio, Client, Server } = require("../../dist/draft.js");
const { failAt } = loadAddon();

const large = (size) => Buffer.alloc(size, size % 251);
let names = 0;
const endpoint = () => `inproc://failing-${++names}`;

/** A pair of sockets that is created before anything fails, and the operations on it while calls fail. */
function pairOf(A, B, act) {
  return async (attempt) => {
    const [a, b] = [new A({ linger: 0 }), new B()];
    const name = endpoint();
    await b.bind(name);
    a.connect(name);
    try {
      await attempt(() => act(a, b), a, b);
    } finally {
      a.close();
      b.close();
    }
  };
}

/** Sends with failures, then receives with failures. The last message received is the last message sent. */
function exchange(message, receive = (b) => b.tryReceive()) {
  const frames = [message].flat().map((frame) => Buffer.from(frame));
  const same = (got) =>
    got.length === frames.length && got.every((frame, index) => frame.equals(frames[index]));
  return [
    pairOf(zmq.Push, zmq.Pull, (a, b) => {
      a.trySend(message);
      return () => {
        const got = b.tryReceive();
        if (!same(got)) throw new Error(`received ${got.map((frame) => frame.length)}`);
      };
    }),
    pairOf(zmq.Push, zmq.Pull, (a, b) => {
      // A message received with a failure may be lost as a whole. The next one is intact.
      const send = pause(() => a.trySend(message));
      if (!send) throw new Error("no room");
      const got = receive(b);
      return async () => {
        if (got !== undefined && !same((await got).message ?? (await got)))
          throw new Error("not what was sent");
        while (b.tryReceive() !== undefined);
        a.trySend(message);
        if (!same(b.tryReceive())) throw new Error("the next message is not intact");
      };
    }),
  ];
}

let moment = 0;
/** Runs a function in which nothing fails, and continues to count afterwards. */
function pause(act) {
  failAt(0);
  const result = act();
  failAt(moment);
  return result;
}

const actions = {
  "a copy of the library": async (attempt) => {
    await attempt(() => {
      const binding = loadAddon().instantiate(true, true, 2 ** 30);
      return () => {
        if (typeof binding.trySend !== "function") throw new Error("no functions");
      };
    });
  },
  "a context": async (attempt) => {
    await attempt(() => {
      const context = new zmq.Context();
      return () => context.close();
    });
  },
  "a socket": async (attempt) => {
    await attempt(() => {
      const socket = new zmq.Router({ receiveHighWaterMark: 7 });
      return () => {
        if (socket.receiveHighWaterMark !== 7) throw new Error("option lost");
        socket.close();
      };
    });
  },
  "bind and connect": async (attempt) => {
    const [a, b] = [new zmq.Push({ linger: 0 }), new zmq.Pull()];
    try {
      await attempt(() => {
        b.bindSync("tcp://127.0.0.1:*");
        a.connect(b.lastEndpoint);
      });
    } finally {
      a.close();
      b.close();
    }
  },
  "a receive that waits": async (attempt) => {
    const pull = new zmq.Pull();
    await pull.bind(endpoint());
    try {
      await attempt(() => {
        const received = pull.receive({ timeout: 5 });
        return () =>
          received.then(
            () => {},
            (error) => {
              if (error.code !== "EAGAIN") throw error;
            },
          );
      });
    } finally {
      pull.close();
    }
  },
  "an observer": async (attempt) => {
    await attempt(() => {
      const socket = new zmq.Pull();
      const events = pause(() => socket).events;
      return () => {
        events.close();
        socket.close();
      };
    });
  },
  "a proxy": async (attempt) => {
    const [front, back] = [new zmq.Pull(), new zmq.Push({ linger: 0 })];
    await front.bind(endpoint());
    await back.bind(endpoint());
    try {
      await attempt(() => {
        const proxy = new zmq.Proxy(front, back);
        const ended = proxy.run();
        failAt(0);
        proxy.terminate();
        return () => ended;
      });
    } finally {
      front.close();
      back.close();
    }
  },
  keys: async (attempt) => {
    await attempt(() => {
      const { publicKey } = zmq.curveKeyPair();
      return () => {
        if (publicKey.length !== 40) throw new Error("no key");
      };
    });
  },
  groups: pairOf(Radio, Dish, (radio, dish) => {
    const group = "g".repeat(100);
    dish.join(group);
    return () => {
      // Joined or not, the Dish still works.
      dish.leave(group);
      radio.trySend("x", { group });
    };
  }),
  peers: pairOf(zmq.Push, zmq.Pull, (push, pull) => {
    push.trySend("x");
    // libzmq does not survive a failed allocation while it adds the connection.
    pause(() => pull.readable);
    const found = [...pull.peers].map((peer) => peer.statistics().messagesReceived);
    const endpoints = push.endpoints;
    push.statistics();
    push.reconnect(endpoints[0].endpoint);
    return () => {
      // Rows that could not be created are found later.
      if (pull.peers.size !== 1 || found.length > 1) throw new Error("the peer is lost");
      if (endpoints.length !== 1) throw new Error("the endpoint is lost");
    };
  }),
  "routing ids": pairOf(Client, Server, (client, server) => {
    client.trySend(large(20_000));
    const got = server.tryReceive();
    return () => {
      if (got !== undefined && got[0].length !== 20_000) throw new Error("not what was sent");
    };
  }),
};
const sizes = {
  small: "s",
  longString: "l".repeat(3000),
  arena: large(200),
  medium: large(9000),
  external: large(600_000),
};
for (const [name, frame] of Object.entries(sizes)) {
  const [send, receive] = exchange(frame);
  actions[`sending ${name}`] = send;
  actions[`receiving ${name}`] = receive;
}
/** Transfers a Buffer of the library's memory, and receives, with failures. A Buffer that was sent is detached or intact. */
const transferring = (fails) =>
  pairOf(zmq.Push, zmq.Pull, (a, b) => {
    const buffer = pause(() => zmq.allocate(600_000).fill(7));
    const send = () => a.trySend([buffer, "end"], { transfer: true });
    if (fails === "send") send();
    else pause(send);
    const received = b.tryReceive();
    return () => {
      const intact = (frame) => frame.equals(Buffer.alloc(600_000, 7));
      if (buffer.length > 0 && !intact(buffer)) throw new Error("the Buffer has changed");
      if (received !== undefined) {
        if (!intact(received[0])) throw new Error("not what was sent");
        received[0].fill(8);
        if (buffer.length > 0 && !intact(buffer)) throw new Error("two Buffers have the same memory");
      }
      while (b.tryReceive() !== undefined);
      const next = zmq.allocate(600_000).fill(9);
      a.trySend(next, { transfer: true });
      if (b.tryReceive()[0][599_999] !== 9) throw new Error("the next message is not intact");
    };
  });
actions["sending by transfer"] = transferring("send");
actions["receiving a transfer"] = transferring("receive");
actions["allocating memory"] = async (attempt) => {
  await attempt(() => {
    const buffer = zmq.allocate(100_000);
    return () => {
      if (!buffer.fill(1).every((byte) => byte === 1)) throw new Error("not a Buffer");
    };
  });
};
const many = Array.from({ length: 12 }, (_, index) => large(index * 1000));
[actions["sending 12 frames"], actions["receiving 12 frames"]] = exchange(many);
actions["receiving with metadata"] = exchange(large(9000), (b) => b.receiveWithMetadata({ timeout: 0 }))[1];

(async () => {
  const tried = {};
  for (const [name, action] of Object.entries(actions)) {
    const failures = [];
    for (moment = 1; ; moment++) {
      let failed;
      await action(async (act) => {
        let check;
        let error;
        failAt(moment);
        try {
          check = act();
        } catch (thrown) {
          error = thrown;
        }
        failed = failAt(0);
        if (error !== undefined && !(error instanceof Error)) throw new Error(`${name}: threw ${error}`);
        if (error !== undefined && failed === undefined) throw error;
        try {
          await check?.();
        } catch (thrown) {
          if (failed === undefined || !(thrown instanceof zmq.ZmqError)) throw thrown;
        }
      });
      if (failed === undefined) break;
      failures.push(failed);
      if (moment > 500) throw new Error(`${name}: no end of calls that fail`);
    }
    tried[name] = failures.length;
  }
  console.log(JSON.stringify(tried));
})();
