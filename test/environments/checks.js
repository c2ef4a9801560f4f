// The checks that every test runner makes, of `zmq-native` and of zeromq. test/environments/environments.test.ts
// appends these lines to definitions for a runner and a package:
//
// - `zmq` and `v5`: the package
// - `ours`: whether it is zmq-native
// - `realTimers`: those of node:timers, before anything replaces them
// - `fakeTimers`: by name, functions that switch fake timers on and return a function that switches them off
// - `reload`: loads the package again
//
// Each test is a column of the matrix.

const later = (ms) => new Promise((resolve) => realTimers.setTimeout(resolve, ms));

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = realTimers.setTimeout(() => reject(new Error(`${what} has not settled after 5 s`)), 5000);
  });
  return Promise.race([promise, late]).finally(() => realTimers.clearTimeout(timer));
}

function assert(condition, what) {
  if (!condition) throw new Error(what);
}

let names = 0;
const prefix = `inproc://environments-${process.pid}-${Math.random()}`;
const inproc = () => `${prefix}-${++names}`;
const tcp = () => "tcp://127.0.0.1:*";

async function pairOf({ zmq, types, address, options = [{}, {}] }, body) {
  const first = new zmq[types[0]]({ linger: 0, ...options[0] });
  const second = new zmq[types[1]]({ linger: 0, ...options[1] });
  try {
    // An observer receives the events since its creation.
    second.events;
    await within(first.bind(address), "bind");
    second.connect(first.lastEndpoint);
    await body(first, second);
  } finally {
    first.close();
    second.close();
  }
}

const pushPull = ["Pull", "Push"];

async function sendAndReceive(zmq) {
  const options = [{ receiveTimeout: 20 }, {}];
  await pairOf({ zmq, types: pushPull, address: inproc(), options }, async (pull, push) => {
    const send = async () => {
      for (let i = 0; i < 1000; i++) await push.send([String(i), Buffer.from("b")]);
    };
    await within(send(), "send");
    let count = 0;
    const loop = async () => {
      for await (const [message] of pull) {
        assert(String(message) === String(count), "order");
        if (++count === 1000) return;
      }
    };
    await within(loop(), "for await");
    const error = await within(
      pull.receive().catch((reason) => reason),
      "receive with a timeout",
    );
    assert(error.code === "EAGAIN", `timeout: ${error.message}`);
  });
}

async function sendToFullSocket(zmq) {
  const options = [{ receiveHighWaterMark: 1 }, { sendHighWaterMark: 1 }];
  await pairOf({ zmq, types: pushPull, address: inproc(), options }, async (pull, push) => {
    await within(push.send("1"), "first send");
    await within(push.send("2"), "second send");
    let settled = false;
    const third = push.send("3").then(() => {
      settled = true;
    });
    await later(10);
    assert(!settled, "a send to a full socket must wait");
    for (let i = 1; i <= 3; i++) {
      assert(String(await within(pull.receive(), "receive")) === String(i), "order");
    }
    await within(third, "send to a full socket");
  });
}

async function requestAndReply(zmq) {
  await pairOf({ zmq, types: ["Reply", "Request"], address: tcp() }, async (reply, request) => {
    const serving = (async () => {
      for await (const message of reply) await reply.send(message);
    })();
    for (let i = 0; i < 20; i++) {
      await within(request.send(String(i)), "request");
      assert(String(await within(request.receive(), "reply")) === String(i), "reply");
    }
    reply.close();
    await within(serving, "end of the loop");
  });
}

/** All kinds of waits: for a message, for room, for a peer, for time. */
async function exchange(zmq) {
  await sendAndReceive(zmq);
  await sendToFullSocket(zmq);
  await requestAndReply(zmq);
}

async function emitVersion5(v5) {
  const rep = v5.socket("rep", { linger: 0 });
  const req = v5.socket("req", { linger: 0 });
  try {
    await within(new Promise((resolve) => rep.bind(tcp(), resolve)), "bind");
    req.connect(rep.last_endpoint);
    rep.on("message", (frame) => rep.send(frame));
    const reply = new Promise((resolve) => req.on("message", resolve));
    await within(new Promise((resolve) => req.send("x", 0, resolve)), "callback of send");
    assert(String(await within(reply, "message")) === "x", "message");
  } finally {
    rep.close();
    req.close();
  }
}

async function all(packages) {
  await exchange(packages.zmq);
  await emitVersion5(packages.v5);
}

test("messages", () => exchange(zmq));

test("bytes", () =>
  pairOf({ zmq, types: pushPull, address: inproc() }, async (pull, push) => {
    const bytes = Uint8Array.from([1, 2, 3]);
    const frames = [
      bytes,
      bytes.buffer,
      // zeromq rejects an AbortSignal in any environment.
      ours ? new DataView(bytes.buffer) : bytes,
      Buffer.from(bytes),
      // jsdom has none in jest.
      typeof TextEncoder === "undefined" ? bytes : new TextEncoder().encode("\x01\x02\x03"),
    ];
    await push.send(frames);
    const received = await within(pull.receive(), "receive");
    assert(received.length === frames.length, "frames");
    for (const frame of received) {
      assert(Buffer.isBuffer(frame) && frame.toString("hex") === "010203", "bytes");
    }
  }));

test("events", () =>
  pairOf({ zmq, types: pushPull, address: tcp() }, async (_, push) => {
    const event = await within(push.events.receive(), "event");
    assert(typeof event.type === "string", "event");
    const loop = (async () => {
      for await (const { type } of push.events) if (type === "handshake") return;
    })();
    await within(loop, "for await of events");
  }));

if (ours) {
  test("AbortSignal", () =>
    pairOf({ zmq, types: pushPull, address: inproc() }, async (pull) => {
      const controller = new AbortController();
      const waiting = pull.receive({ signal: controller.signal }).catch((reason) => reason);
      controller.abort("enough");
      assert((await within(waiting, "abort")) === "enough", "reason");
    }));
}

test("v5-compat", () => emitVersion5(v5));

async function during(use, body) {
  // node:test reports the previous test meanwhile, and hangs if a fake timer triggers the report.
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => realTimers.setImmediate(resolve));
  const restore = use();
  try {
    await body();
  } finally {
    restore();
  }
}

for (const [name, use] of Object.entries(fakeTimers)) {
  test(`fake timers of ${name}`, () => during(use, () => all({ zmq, v5 })));
}

test("loaded again", async () => {
  const copies = [reload(), reload()];
  assert(copies[0].zmq !== copies[1].zmq && copies[0].zmq !== zmq, "copies");
  await Promise.all([{ zmq, v5 }, ...copies].map(all));
});

for (const [name, use] of Object.entries(fakeTimers)) {
  test(`loaded during fake timers of ${name}`, () => during(use, () => all(reload())));
}
