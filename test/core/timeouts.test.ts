// The errors of operations that time out, and user code that runs while such an error is created.

import { afterEach, describe, expect, test } from "vitest";
import { Dealer, Publisher, Pull, Push, type ZmqError } from "zmq-native";

const cases: [call: string, expected: string, attempt: (timeout: number) => Promise<unknown>][] = [
  [
    "receive",
    "receive() timed out after 5 ms: no message arrived",
    async (timeout) => {
      using pull = new Pull({ receiveTimeout: timeout });
      await pull.receive();
    },
  ],
  [
    "receiveMany",
    "receiveMany() timed out after 5 ms: no message arrived",
    async (timeout) => {
      using pull = new Pull();
      await pull.receiveMany({ timeout });
    },
  ],
  [
    "send",
    "send() timed out after 5 ms: every queue is full, or no peer is connected",
    async (timeout) => {
      using push = new Push();
      await push.send("x", { timeout });
    },
  ],
  [
    "sendMany",
    "sendMany() timed out after 5 ms: every queue is full, or no peer is connected",
    async (timeout) => {
      using push = new Push();
      await push.sendMany(["x"], { timeout });
    },
  ],
  [
    "waitForSubscribers",
    "waitForSubscribers() timed out after 5 ms: fewer subscribers are connected",
    async (timeout) => {
      using publisher = new Publisher();
      await publisher.waitForSubscribers(1, { timeout });
    },
  ],
  [
    "flush",
    "flush() timed out after 5 ms: not all messages have been handed to the network",
    async (timeout) => {
      using push = new Push({ linger: 0 });
      push.connect("inproc://nobody-binds-this");
      await push.send("x");
      await push.flush({ timeout });
    },
  ],
  [
    "send behind another one, with sendQueue",
    "send() timed out after 5 ms: every queue is full, or no peer is connected",
    async (timeout) => {
      using push = new Push({ sendQueue: {} });
      push.send("first").catch(() => {});
      await push.send("second", { timeout });
    },
  ],
  [
    "receive behind another one, with receiveQueue",
    "receive() timed out after 5 ms: no message arrived",
    async (timeout) => {
      using pull = new Pull({ receiveQueue: {} });
      pull.receive().catch(() => {});
      await pull.receive({ timeout });
    },
  ],
];

describe("the error of a timeout names the call and the time", () => {
  test.each(cases)("%s", async (_, detail, attempt) => {
    const error = (await attempt(5).catch((error) => error)) as ZmqError;
    const message = "Operation was not possible or timed out";
    expect(error).toMatchObject({ code: "EAGAIN", message, detail });
    expect(error.stack).toContain(`${message}: ${detail}`);
  });

  test("also with distinctErrors", async () => {
    using pull = new Pull({ distinctErrors: true });
    await expect(pull.receive({ timeout: 5 })).rejects.toMatchObject({
      code: "ETIMEDOUT",
      detail: "receive() timed out after 5 ms: no message arrived",
    });
  });

  test("but not without a wait: the stack shows the call", async () => {
    using pull = new Pull();
    await expect(pull.receive({ timeout: 0 })).rejects.toMatchObject({ code: "EAGAIN", detail: undefined });
  });
});

describe("an operation that times out rejects if Error.prepareStackTrace", () => {
  const original = Error.prepareStackTrace;
  afterEach(() => {
    Error.prepareStackTrace = original;
  });
  const eagain = expect.objectContaining({ code: "EAGAIN" });

  test("throws", async () => {
    using pull = new Pull();
    const outcome = pull.receive({ timeout: 5 }).catch((error) => error);
    Error.prepareStackTrace = () => {
      throw new Error("from the hook");
    };
    const error = await outcome;
    Error.prepareStackTrace = original;
    expect(error).toEqual(eagain);
    expect(error.detail).toContain("receive() timed out");
  });

  test("returns the call sites", async () => {
    using pull = new Pull();
    const outcome = pull.receive({ timeout: 5 }).catch((error) => error);
    Error.prepareStackTrace = (_, sites) => sites;
    const error = await outcome;
    Error.prepareStackTrace = original;
    expect(error).toEqual(eagain);
  });

  test("closes the socket, and then settles the operation in the other direction, too", async () => {
    const dealer = new Dealer();
    const sending = dealer.send("x").catch((error) => error);
    const receiving = dealer.receive({ timeout: 5 }).catch((error) => error);
    let calls = 0;
    Error.prepareStackTrace = (error, sites) => {
      if (calls++ === 0) dealer.close();
      return `${error}\n${sites.join("\n")}`;
    };
    const outcome = await Promise.all([sending, receiving]);
    Error.prepareStackTrace = original;
    expect(outcome).toEqual([eagain, eagain]);
    expect(dealer.closed).toBe(true);
  });

  test("starts another receive, which reports that one is pending", async () => {
    using pull = new Pull();
    const outcome = pull.receive({ timeout: 5 }).catch((error) => error);
    const codes: unknown[] = [];
    Error.prepareStackTrace = (error) => {
      Error.prepareStackTrace = original;
      try {
        pull.receive();
      } catch (busy) {
        codes.push((busy as { code: string }).code);
      }
      return String(error);
    };
    expect(await outcome).toEqual(eagain);
    expect(codes).toEqual(["EBUSY"]);
  });
});
