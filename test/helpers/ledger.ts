// Random programs whose messages the test counts itself. At each audit, every count of every socket is compared with that
// ledger. The ledger knows what the program sent and received, and nothing of libzmq's queues: at an audit all queues are
// empty, so what has not been received was dropped.

import { expect } from "vitest";
import {
  Dealer,
  type DropCounts,
  Publisher,
  Pull,
  Push,
  Router,
  type Socket,
  type SocketStatistics,
  Subscriber,
  XPublisher,
} from "zmq-native";
import { freshEndpoint } from "./transports.js";
import { until } from "./until.js";

export const networks = ["inproc", "tcp"] as const;
type Network = (typeof networks)[number];

/** Random numbers that a seed repeats (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

type Reasons = Partial<Omit<DropCounts, "total">>;
type Entry = Partial<Omit<SocketStatistics, "dropped">> & { dropped: Reasons };

const noDrops: Omit<DropCounts, "total"> = {
  highWaterMark: 0,
  noPeer: 0,
  noRoute: 0,
  filtered: 0,
  conflated: 0,
  tooLarge: 0,
  peerGone: 0,
  lingerExpired: 0,
  unread: 0,
  unexpected: 0,
  overflow: 0,
  replaced: 0,
  expired: 0,
};

/** The reasons for which messages were dropped in any program. */
export const seen = new Set<string>();

/** Compares the counts of a socket with the ledger: every drop, and the counts that the entry has. */
async function audit(socket: { statistics(): unknown }, { dropped, ...counts }: Entry): Promise<void> {
  const total = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  await until(() => socket.statistics(), {
    receiveQueue: 0,
    sendQueue: 0,
    ...counts,
    dropped: { ...noDrops, ...dropped, total },
  });
  for (const [reason, count] of Object.entries(dropped)) if (count > 0) seen.add(reason);
}

/** Bytes of a message on the wire, without encryption: a header of 2 or 9 bytes for each frame. */
const wireBytes = (frames: readonly (string | Buffer)[]): number =>
  frames.reduce((sum, frame) => sum + frame.length + (frame.length > 255 ? 9 : 2), 0);

/** A random program: `step` does one operation, `audit` empties all queues and compares all counts. */
interface Ledger {
  step(): Promise<void> | void;
  audit(): Promise<void>;
  close(): void;
}

const filler = Buffer.alloc(70_000);

/** A message of 1 to 3 frames, mostly small. */
function randomFrames(random: Random, first?: string): (string | Buffer)[] {
  const frames: (string | Buffer)[] = first === undefined ? [] : [first];
  for (let more = first === undefined ? 1 + random.below(3) : random.below(3); more > 0; more--) {
    frames.push(filler.subarray(0, random.below(20) === 0 ? random.below(filler.length) : random.below(400)));
  }
  return frames;
}

/** Receives the messages that are left. `take` tries to receive one from each socket. */
async function drain(take: () => boolean, isEmpty: () => boolean): Promise<void> {
  for (;;) {
    if (take()) continue;
    if (isEmpty()) return;
    await new Promise(setImmediate);
  }
}

/** A Push and several Pulls, which come and go. Its sends never drop messages, but its `sendQueue` does. */
async function pipeline(network: Network, random: Random, round: number): Promise<Ledger> {
  const mark = [5, 1, 50, 0][round % 4]!;
  const push = new Push({ sendHighWaterMark: mark, linger: 0 });
  const overflow = (["latestByTopic", "dropOldest", "dropNewest"] as const)[round % 3]!;
  push.sendQueue = { max: 1 + random.below(4), overflow };
  await push.bind(freshEndpoint(network));
  interface Receiver {
    pull: Pull;
    received: number;
    /** Bytes of its messages, and those of its handshake. */
    bytes: number;
    handshake: number;
  }
  const receivers: Receiver[] = [];
  let [accepted, handshakes, left] = [0, 0, 0];
  const gone = { received: 0, bytes: 0 };
  const lost = { overflow: 0, replaced: 0 };
  const sends = new Set<Promise<void>>();
  const sum = (of: "received" | "bytes") => receivers.reduce((total, one) => total + one[of], gone[of]);

  const join = async () => {
    const pull = new Pull({ receiveHighWaterMark: mark, linger: 0 });
    pull.connect(push.lastEndpoint!);
    await Promise.all([pull.waitForPeers(), push.waitForPeers(receivers.length + 1)]);
    handshakes = push.statistics().bytesSent - sum("bytes");
    receivers.push({ pull, received: 0, bytes: 0, handshake: pull.statistics().bytesReceived });
  };
  const take = (receiver: Receiver): boolean => {
    const message = receiver.pull.tryReceive();
    if (message === undefined) return false;
    receiver.received++;
    receiver.bytes += wireBytes(message);
    return true;
  };
  const empty = () =>
    drain(
      () => receivers.map(take).some(Boolean),
      () => {
        const { sendQueue, messagesSent } = push.statistics();
        return sends.size === 0 && sendQueue === 0 && messagesSent === sum("received");
      },
    );
  const check = async () => {
    await empty();
    const wire = network === "tcp" ? 1 : 0;
    // A peer may have left before the Push knew it: what is missing was sent to that one.
    const peerGone = accepted - sum("received");
    if (network === "inproc") expect(peerGone).toBe(left);
    await audit(push, {
      messagesSent: sum("received"),
      messagesReceived: 0,
      bytesSent: wire * (handshakes + sum("bytes")),
      dropped: { ...lost, peerGone },
    });
    for (const { pull, received, bytes, handshake } of receivers) {
      const bytesReceived = wire * (handshake + bytes);
      await audit(pull, { messagesReceived: received, messagesSent: 0, bytesReceived, dropped: {} });
    }
    // The order of the peers is that in which they joined.
    const peers = [...push.peers].map((peer) => peer.statistics());
    expect(peers.map(({ messagesSent }) => messagesSent)).toEqual(receivers.map(({ received }) => received));
    for (const peer of peers)
      expect(peer).toMatchObject({ sendQueue: 0, receiveQueue: 0, dropped: { total: 0 } });
  };
  const leave = async () => {
    await check();
    const [{ pull, received, bytes }] = receivers.splice(random.below(receivers.length), 1) as [Receiver];
    // Over inproc, messages that the Pull leaves unread are those that its peer loses.
    if (network === "inproc" && mark > 1) {
      for (let count = random.below(mark); count > 0; count--, accepted++) {
        expect(push.trySend("left")).toBe(true);
      }
      left += pull.statistics().receiveQueue;
    }
    gone.received += received;
    gone.bytes += bytes;
    pull.close();
    await until(() => push.peers, { size: receivers.length });
  };
  await join();
  return {
    async step() {
      const choice = random.below(1000);
      if (choice < 480) {
        const sent = push.send(randomFrames(random, random.pick(["a", "b", "c"])));
        const done = sent.then(
          () => {
            accepted++;
          },
          (error: Error) => {
            lost[error.message.includes("replaced") ? "replaced" : "overflow"]++;
          },
        );
        sends.add(done);
        done.then(() => sends.delete(done));
        if (random.below(4) === 0) await new Promise(setImmediate);
      } else if (choice < 996) take(random.pick(receivers));
      else if (receivers.length < 4 && random.below(2) === 0) {
        await check();
        await join();
      } else if (receivers.length > 1) await leave();
    },
    audit: check,
    close() {
      push.close();
      for (const { pull } of receivers) pull.close();
    },
  };
}

/** An XPublisher and Subscribers with topics. Either queues are short, or Subscribers unsubscribe with full queues. */
async function topics(network: Network, random: Random, round: number): Promise<Ledger> {
  const unlimited = round % 2 === 0;
  const mark = unlimited ? 0 : 1 + random.below(30);
  const publisher = new XPublisher({ sendHighWaterMark: mark, verbosity: "allSubsUnsubs" });
  await publisher.bind(freshEndpoint(network));
  const names = ["", "a", "ab", "b", "c"];
  interface Receiver {
    subscriber: Subscriber;
    topics: string[];
    /** Messages that matched when they were published, and those that were received. */
    matched: number;
    received: number;
    /** Subscriptions and the opposite. */
    changes: number;
  }
  const receivers: Receiver[] = [];
  let [changes, noPeer, filtered] = [0, 0, 0];
  const gone = { matched: 0, received: 0 };

  const matches = ({ topics }: Receiver, topic: string) => topics.some((name) => topic.startsWith(name));
  const change = async (receiver: Receiver, call: "subscribe" | "unsubscribe", topic: string) => {
    if (call === "subscribe") receiver.topics.push(topic);
    else receiver.topics.splice(receiver.topics.indexOf(topic), 1);
    receiver.subscriber[call](topic);
    receiver.changes++;
    changes++;
    const [notice] = await publisher.receive();
    expect(notice).toEqual(Buffer.from(`${call === "subscribe" ? "\x01" : "\x00"}${topic}`));
  };
  const take = (receiver: Receiver): boolean => {
    if (receiver.subscriber.tryReceive() === undefined) return false;
    receiver.received++;
    return true;
  };
  const empty = () =>
    drain(
      () => receivers.map(take).some(Boolean),
      () => {
        const each = receivers.map(({ subscriber }) => subscriber.statistics());
        const arrived = each.reduce((sum, { messagesReceived }) => sum + messagesReceived, past);
        const { sendQueue, messagesSent } = publisher.statistics();
        // Over inproc both have the same queue.
        const sent = network === "inproc" || (sendQueue === 0 && messagesSent === arrived);
        return sent && each.every(({ receiveQueue }) => receiveQueue === 0);
      },
    );
  /** Messages that arrived at Subscribers that have been closed. */
  let past = 0;
  const check = async () => {
    await empty();
    const sum = (of: (receiver: Receiver) => number, start: number) =>
      receivers.reduce((total, one) => total + of(one), start);
    const missing = sum(({ matched, received }) => matched - received, gone.matched - gone.received);
    // The Publisher dropped the missing ones for a full queue, or the Subscriber for a topic that it had left.
    const messagesSent = sum(
      ({ matched, received }) => (unlimited ? matched : received),
      unlimited ? gone.matched : gone.received,
    );
    const highWaterMark = unlimited ? 0 : missing;
    await audit(publisher, {
      messagesSent,
      messagesReceived: changes,
      dropped: { noPeer, filtered, highWaterMark },
    });
    for (const { subscriber, matched, received, changes } of receivers) {
      const messagesReceived = unlimited ? matched : received;
      const dropped = unlimited ? { filtered: matched - received } : {};
      await audit(subscriber, { messagesReceived, messagesSent: changes, dropped });
    }
    const perPeer = [...publisher.peers].map((peer) => peer.statistics().dropped.highWaterMark);
    expect(perPeer).toEqual(receivers.map(({ matched, received }) => (unlimited ? 0 : matched - received)));
  };
  return {
    async step() {
      const choice = random.below(1000);
      if (choice < 600) {
        const topic = random.pick(["a", "ab", "abc", "b", "x", "c", ""]);
        const reached = receivers.filter((receiver) => matches(receiver, topic));
        for (const receiver of reached) receiver.matched++;
        if (receivers.length === 0) noPeer++;
        else if (reached.length === 0) filtered++;
        expect(publisher.trySend(randomFrames(random, topic))).toBe(true);
      } else if (choice < 980) {
        if (receivers.length === 0) return;
        take(random.pick(receivers));
      } else if (choice < 985) {
        if (receivers.length >= 4) return;
        await check();
        const subscriber = new Subscriber({ receiveHighWaterMark: mark });
        subscriber.connect(publisher.lastEndpoint!);
        await Promise.all([subscriber.waitForPeers(), publisher.waitForPeers(receivers.length + 1)]);
        const receiver = { subscriber, topics: [], matched: 0, received: 0, changes: 0 };
        receivers.push(receiver);
        await change(receiver, "subscribe", random.pick(names));
      } else if (choice < 987) {
        // The notices tell when the Publisher knows.
        if (receivers.length === 0 || receivers.some(({ topics }) => topics.length === 0)) return;
        await check();
        const [receiver] = receivers.splice(random.below(receivers.length), 1) as [Receiver];
        gone.matched += receiver.matched;
        gone.received += receiver.received;
        past += receiver.subscriber.statistics().messagesReceived;
        receiver.subscriber.close();
        await until(() => publisher.peers, { size: receivers.length });
        // Each topic that ends is a notice, and no message.
        for (const _ of receiver.topics) await publisher.receive();
      } else {
        if (receivers.length === 0) return;
        const receiver = random.pick(receivers);
        if (!unlimited) await empty();
        const topic = random.pick(
          receiver.topics.length > 1 && random.below(2) === 0 ? receiver.topics : names,
        );
        const has = receiver.topics.includes(topic);
        await change(receiver, has ? "unsubscribe" : "subscribe", topic);
      }
    },
    audit: check,
    close() {
      publisher.close();
      for (const { subscriber } of receivers) subscriber.close();
    },
  };
}

/** A Router and Dealers that exchange messages. The Router also sends to unknown peers, and to those that have left. */
async function routing(network: Network, random: Random): Promise<Ledger> {
  const mark = random.pick([1, 3, 20, 0]);
  const router = new Router({ sendHighWaterMark: mark, receiveHighWaterMark: mark, linger: 0 });
  await router.bind(freshEndpoint(network));
  interface Party {
    dealer: Dealer;
    id: string;
    /** To the Dealer: sent and received. From the Dealer: accepted. */
    sent: number;
    received: number;
    accepted: number;
  }
  const parties: Party[] = [];
  const strangers = ["nobody"];
  let [count, noRoute, peerGone, arrived] = [0, 0, 0, 0];
  const gone = { sent: 0, received: 0, accepted: 0 };

  const join = async () => {
    const id = `dealer-${++count}`;
    const dealer = new Dealer({
      routingId: id,
      sendHighWaterMark: mark,
      receiveHighWaterMark: mark,
      linger: 0,
    });
    dealer.connect(router.lastEndpoint!);
    await Promise.all([dealer.waitForPeers(), router.waitForPeers(parties.length + 1)]);
    parties.push({ dealer, id, sent: 0, received: 0, accepted: 0 });
  };
  const isKnown = (id: string): boolean => {
    try {
      if (router.trySend([id, "too late"])) peerGone++;
      return true;
    } catch {
      return false;
    }
  };
  const accepted = () => parties.reduce((sum, party) => sum + party.accepted, gone.accepted);
  const take = (party: Party): boolean => {
    if (party.dealer.tryReceive() === undefined) return false;
    party.received++;
    return true;
  };
  const takeArrived = (): boolean => {
    if (router.tryReceive() === undefined) return false;
    arrived++;
    return true;
  };
  const empty = () =>
    drain(
      () => [takeArrived(), ...parties.map(take)].some(Boolean),
      () => {
        const each = parties.map(({ dealer }) => dealer.statistics());
        const reached = each.reduce((sum, { messagesReceived }) => sum + messagesReceived, gone.received);
        const { sendQueue, messagesSent, receiveQueue, messagesReceived } = router.statistics();
        const sent = network === "inproc" || (sendQueue === 0 && messagesSent === reached);
        const queues = each.reduce((sum, one) => sum + one.receiveQueue, receiveQueue);
        return sent && queues === 0 && messagesReceived === accepted();
      },
    );
  const check = async () => {
    await empty();
    expect(arrived).toBe(accepted());
    const sum = (of: (party: Party) => number, start: number) =>
      parties.reduce((total, party) => total + of(party), start);
    const messagesSent = sum(({ received }) => received, gone.received);
    const highWaterMark = sum(({ sent, received }) => sent - received, gone.sent - gone.received);
    await audit(router, {
      messagesSent,
      messagesReceived: arrived,
      dropped: { noRoute, highWaterMark, peerGone },
    });
    for (const { dealer, received, accepted } of parties) {
      await audit(dealer, { messagesReceived: received, messagesSent: accepted, dropped: {} });
    }
    for (const peer of router.peers) {
      const party = parties.find(({ id }) => id === String(peer.routingId))!;
      const { sent, received, accepted } = party;
      expect(peer.statistics()).toMatchObject({
        messagesReceived: accepted,
        messagesSent: received,
        dropped: { total: sent - received, highWaterMark: sent - received },
      });
    }
  };
  await join();
  return {
    async step() {
      const choice = random.below(1000);
      if (choice < 50) {
        noRoute++;
        expect(router.trySend([random.pick(strangers), ...randomFrames(random)])).toBe(true);
      } else if (choice < 400) {
        const party = random.pick(parties);
        party.sent++;
        expect(router.trySend([party.id, ...randomFrames(random)])).toBe(true);
      } else if (choice < 650) {
        const party = random.pick(parties);
        if (party.dealer.trySend(randomFrames(random))) party.accepted++;
      } else if (choice < 800) {
        takeArrived();
      } else if (choice < 996) {
        take(random.pick(parties));
      } else if (parties.length < 4 && random.below(2) === 0) {
        await check();
        await join();
      } else if (parties.length > 1) {
        await check();
        const [party] = parties.splice(random.below(parties.length), 1) as [Party];
        party.dealer.close();
        await until(() => router.peers, { size: parties.length });
        gone.sent += party.sent;
        gone.received += party.received;
        gone.accepted += party.accepted;
        strangers.push(party.id);
        // The Router may not know it yet. Its messages then go to a queue that nobody reads.
        router.mandatory = true;
        while (isKnown(party.id)) await new Promise(setImmediate);
        router.mandatory = false;
      }
    },
    audit: check,
    close() {
      router.close();
      for (const { dealer } of parties) dealer.close();
    },
  };
}

/** A sender and a receiver of which one conflates. */
async function conflation(network: Network, random: Random, round: number): Promise<Ledger> {
  const atSender = round % 2 === 0;
  const pattern = round % 4 < 2;
  const marks = { sendHighWaterMark: 0 };
  const sender = pattern
    ? new Push({ ...marks, conflate: atSender, linger: 0 })
    : new Publisher({ ...marks, conflate: atSender, linger: 0 });
  const receiver = pattern
    ? new Pull({ receiveHighWaterMark: 0, conflate: !atSender })
    : new Subscriber({ receiveHighWaterMark: 0, conflate: !atSender });
  if (receiver instanceof Subscriber) receiver.subscribe();
  // Over inproc, the side that connects decides.
  const [bound, other]: Socket[] = atSender ? [receiver, sender] : [sender, receiver];
  await bound!.bind(freshEndpoint(network));
  other!.connect(bound!.lastEndpoint!);
  await Promise.all([sender.waitForPeers(), receiver.waitForPeers()]);
  if (sender instanceof Publisher) await sender.waitForSubscribers(1);
  let [sent, received] = [0, 0];
  const subscriptions = pattern ? 0 : 1;
  return {
    async step() {
      if (random.below(2) === 0) {
        expect(sender.trySend(filler.subarray(0, random.below(1000)))).toBe(true);
        sent++;
      } else if (receiver.tryReceive() !== undefined) received++;
      if (random.below(20) === 0) await new Promise(setImmediate);
    },
    async audit() {
      // The newest message always arrives.
      const last = `last-${sent}`;
      expect(sender.trySend(last)).toBe(true);
      sent++;
      for (let newest = ""; newest !== last; ) {
        const message = receiver.tryReceive();
        if (message === undefined) await new Promise(setImmediate);
        else {
          received++;
          newest = String(message[0]);
        }
      }
      const conflated = sent - received;
      const atBoth = network === "inproc";
      const messagesSent = atBoth || atSender ? received : sent;
      // Over inproc, both ends have the same queue.
      await audit(sender, {
        messagesSent,
        messagesReceived: subscriptions,
        dropped: { conflated: atBoth || atSender ? conflated : 0 },
      });
      await audit(receiver, {
        messagesReceived: atBoth || !atSender ? sent : received,
        messagesSent: subscriptions,
        dropped: { conflated: atBoth || !atSender ? conflated : 0 },
      });
    },
    close() {
      sender.close();
      receiver.close();
    },
  };
}

/** A Push and a Pull that end their connection in each way, with messages left in every place. */
async function endings(network: Network, random: Random): Promise<Ledger> {
  const push = new Push({ sendHighWaterMark: 0, linger: 0 });
  const pull = new Pull({ receiveHighWaterMark: 0, reconnectInterval: 1, maxMessageSize: 1000 });
  await push.bind(freshEndpoint(network));
  const endpoint = push.lastEndpoint!;
  let [accepted, received, tooLarge, lingerExpired, unread] = [0, 0, 0, 0, 0];
  const send = (size: number) => {
    expect(push.trySend(Buffer.alloc(size))).toBe(true);
    accepted++;
  };
  const join = async () => {
    pull.connect(endpoint);
    await Promise.all([push.waitForPeers(), pull.waitForPeers()]);
  };
  const take = (): boolean => {
    if (pull.tryReceive() === undefined) return false;
    received++;
    return true;
  };
  /** Messages that have neither been received nor dropped. */
  const left = () => accepted - received - tooLarge - lingerExpired - unread;
  const arrive = () => until(() => pull.statistics(), { receiveQueue: left() });
  const check = async () => {
    await arrive();
    while (left() > 0) take();
    // Over inproc, the Push has the queue that the Pull gives up.
    const lost = network === "inproc" ? unread : 0;
    await audit(push, {
      messagesSent: accepted - lingerExpired - lost,
      dropped: { lingerExpired, peerGone: lost },
    });
    await audit(pull, { messagesReceived: received + unread, dropped: { tooLarge, unread } });
  };
  await join();
  return {
    async step() {
      const choice = random.below(1000);
      if (choice < 500) send(random.below(1000));
      else if (choice < 980) take();
      else if (choice < 990 && network === "tcp") {
        await arrive();
        const gone = [pull, push].map(
          ({ peers }) =>
            new Promise<void>((resolve) => {
              const left = () => {
                peers.off("leave", left);
                resolve();
              };
              peers.on("leave", left);
            }),
        );
        send(1001 + random.below(100_000));
        tooLarge++;
        // The Pull ends the connection, and makes another one.
        await Promise.all(gone);
        await until(() => pull.statistics().dropped, { tooLarge });
        await until(() => [...pull.peers, ...push.peers].map(({ state }) => state), ["ready", "ready"]);
        await until(() => push.statistics(), { sendQueue: 0 });
      } else {
        await arrive();
        unread += left();
        pull.disconnect(endpoint);
        // The Push may still have the queue of a peer that has left.
        await until(() => [push.peers.size, push.writable, push.statistics().sendQueue], [0, false, 0]);
        const nobody = network === "tcp" ? "tcp://127.0.0.1:9" : freshEndpoint(network);
        push.connect(nobody);
        for (let count = random.below(20); count > 0; count--, lingerExpired++) send(10);
        push.disconnect(nobody);
        await until(() => push.statistics(), { sendQueue: 0 });
        await join();
      }
    },
    audit: check,
    close() {
      push.close();
      pull.close();
    },
  };
}

export const programs = { pipeline, topics, routing, conflation, endings };
