// The work of the commands that open one socket: sends what comes in, prints what is received.

import { addressing, isGone, refusing } from "./addressed.js";
import { type AnswerFlags, answerOf, divide, fixedAnswers } from "./answer.js";
import { exitCodes, Failure, interrupted } from "./exit.js";
import type { InputFormat, OutputFormat } from "./formats.js";
import { reportFailures } from "./handshakes.js";
import { checkSource, joined, messagesOf } from "./input.js";
import { type MessageFlags, receiver, sender, waiter } from "./messages.js";
import { type AnySocket, type SocketFlags, withSocket } from "./open.js";
import { openOutput } from "./output.js";
import { openPace } from "./pace.js";
import type { Parcel } from "./parcel.js";
import { countedWere, report, Tally } from "./print.js";
import { openProgress } from "./progress.js";
import type { SocketKind } from "./sockets.js";
import { compile } from "./template.js";

export interface ExchangeFlags extends SocketFlags, AnswerFlags, MessageFlags {
  readonly count?: number;
  readonly rate?: number;
  readonly interval?: number;
  readonly file?: readonly string[];
  /** Of commands that send. */
  readonly input?: InputFormat;
  /** Of commands that receive. */
  readonly output?: OutputFormat;
  readonly quiet?: boolean;
}

/** Numbers from 1 to `count`, or without end. */
function* upTo(count = Number.POSITIVE_INFINITY): Generator<number> {
  for (let number = 1; number <= count; number++) yield number;
}

const gone = new Tally((count) => `${countedWere(count, "answer")} dropped: their peer had left`);
const unread = new Tally((count) => `${countedWere(count, "answer")} dropped: their peer did not read`);

/** Runs one of the commands in sockets.ts. */
export async function exchange(
  kind: SocketKind,
  messages: readonly string[],
  flags: ExchangeFlags,
): Promise<void> {
  const { count, interval, rate } = flags;
  const every = interval ?? (rate === undefined ? undefined : 1000 / rate);
  const computed = kind.receives && kind.sends ? answerOf(flags, messages) : undefined;
  if (kind.envelope === "routingId" && messages.length > 0 && flags.routingId === undefined) {
    throw new Failure("give --routing-id NUMBER, the peer to send arguments to", exitCodes.usage);
  }
  // Before the socket is opened, since wrong usage must not wait for peers.
  if (flags.template) for (const message of messages) compile(message);
  const sendsCounted = !kind.receives || kind.turns === "request";
  const repeat = messages.length > 0 && (every !== undefined || (sendsCounted && count !== undefined));
  const source = { messages, files: flags.file ?? [], repeat };
  if (kind.sends && kind.turns !== "reply" && !computed) checkSource(source);
  const print = await openOutput({ output: flags.output ?? "none", separator: flags.separator });
  let waitForPeers = async () => {};
  const prepare = (socket: AnySocket) => {
    reportFailures(socket);
    waitForPeers = waiter(socket, kind, flags);
  };
  await withSocket(kind, computed ? flags : refusing(kind, flags), work, prepare);

  async function work(socket: AnySocket): Promise<void> {
    // When all messages have been received that `--count` asks for, standard input is read no further.
    const counted = new AbortController();
    const inputSignal = AbortSignal.any([interrupted, counted.signal]);
    // The rest of the messages is still sent, unless they have a pace: they may take a long time then, or have no end.
    const finished = new AbortController();
    const stopped = AbortSignal.any([interrupted, finished.signal]);
    const send = sender(socket, kind, flags, stopped);
    const receive = receiver(socket, kind, flags);
    await waitForPeers();
    using progress = openProgress(flags.quiet === true || (kind.receives && flags.output !== "none"));

    const parcels = () =>
      messagesOf({
        ...source,
        input: flags.input ?? "lines",
        separator: flags.separator,
        template: flags.template,
        due: openPace(every, stopped),
        signal: stopped,
        inputSignal,
      });

    async function sendAll(afterEach: () => Promise<void>): Promise<void> {
      const sendInput = addressing(kind, socket, flags, send, stopped);
      let sent = 0;
      for await (const parcel of parcels()) {
        await sendInput(parcel);
        progress.count(parcel);
        await afterEach();
        if (sendsCounted && ++sent === count) return;
      }
    }

    async function printOne(): Promise<Parcel> {
      const parcel = await receive();
      progress.count(parcel);
      await print(parcel);
      return parcel;
    }

    const isNotice = ({ frames }: Parcel) => kind.notices === true && (frames[1]?.length ?? 0) === 0;

    function giveUp(linger: number): void {
      finished.abort(new Failure(`not all messages were sent within ${linger} ms`, exitCodes.timeout));
    }

    async function printAll(): Promise<void> {
      try {
        for (const _ of upTo(count)) while (isNotice(await printOne()));
        if (every !== undefined) finished.abort();
        else if (flags.linger !== undefined) setTimeout(giveUp, flags.linger, flags.linger).unref();
      } catch (error) {
        finished.abort();
        throw error;
      } finally {
        counted.abort();
      }
    }

    async function answerAll(): Promise<void> {
      const fixed = messages.length > 0 ? fixedAnswers(messages, flags) : undefined;
      const answer = computed ?? fixed ?? (async (frames) => frames);
      // One client that does not read must not delay the others. A Router drops their answers itself. A Stream waits: a message
      // is a piece of a stream of bytes, which must not have holes.
      const impatient = computed !== undefined && kind.envelope === "routingId";
      const reply = impatient ? sender(socket, kind, { ...flags, timeout: 0 }, stopped) : send;
      const isFull = (error: unknown) =>
        impatient && error instanceof Failure && error.exitCode === exitCodes.timeout;
      for (let number = 1; count === undefined || number <= count; ) {
        const [address, body] = divide(await printOne(), kind);
        if (kind.notices && (body[0]?.length ?? 0) === 0) continue;
        let answered = await answer(body, number++);
        if (kind.body === "one") answered = [joined({ frames: answered }, flags.separator)];
        // Without bytes, a Stream would close the connection.
        if (kind.notices && answered[0]!.length === 0) continue;
        const frames = [...address.frames, ...answered];
        try {
          await reply({ ...address, frames });
        } catch (error) {
          if (isGone(error)) gone.add("a peer has left before it was answered");
          else if (isFull(error)) unread.add("a peer did not read, and has not got an answer");
          else throw error;
          process.exitCode ??= exitCodes.dropped;
        }
      }
    }

    if (kind.turns === "request") {
      await sendAll(async () => void (await printOne()));
    } else if (kind.turns === "reply" || computed !== undefined) {
      await answerAll();
    } else if (!kind.receives) {
      await sendAll(async () => {});
    } else if (!kind.sends) {
      await printAll();
    } else {
      let hasMore = false;
      const sending = sendAll(async () => {}).catch((error) => {
        if (error instanceof Failure || error !== finished.signal.reason) throw error;
        // Repeated arguments have no last message.
        hasMore = messages.length === 0;
      });
      await Promise.all([sending, printAll()]);
      if (hasMore) {
        report("--count was reached before the rest of the input was sent");
        process.exitCode ??= exitCodes.dropped;
      }
    }
  }
}
