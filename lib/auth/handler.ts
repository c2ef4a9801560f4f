// The ZAP handler of a context: a ROUTER at the address where libzmq asks. It finds the authenticator of each request's
// domain, and replies to each request when its decision is made, in any order.

import { errnos, ZMQ_ROUTER } from "../binding/constants.js";
import { errorOf, ZmqError } from "../binding/errors.js";
import { binding, type ContextToken } from "../binding/index.js";
import type { Context } from "../context/context.js";
import { Core } from "../core/open-socket.js";
import type { Message } from "../message/frames.js";
import { Intake, receiveInto } from "../message/slab.js";
import { receiveOptions, routerOptions, sendOptions } from "../options/table.js";
import { nextTick, setTimeout } from "../runtime/timers.js";
import { Connections } from "./connections.js";
import type { Outcome } from "./policy.js";
import { parseRequest, type ReplyTo, replyFrames, replyTo, type ZapRequest } from "./request.js";
import type { Decision } from "./types.js";

const zapEndpoint = "inproc://zeromq.zap.01";
const contextEnded = -errnos.ETERM!;
/** Requests that are answered before the event loop continues. */
const chunk = 64;

/**
 * Milliseconds for which a closed handler still answers. libzmq's I/O thread may have found its address before, and a peer
 * whose request gets no answer waits for the whole `handshakeInterval`, 30 seconds by default.
 */
const lastRequests = 100;

/** An authenticator, as the handler sees it. */
export interface Judge {
  /** Undefined: all domains that have no judge of their own. */
  readonly domain: string | undefined;
  /** Calls `done` once. */
  decide(request: ZapRequest, done: (outcome: Outcome) => void): void;
  decided(decision: Decision): void;
  /** The context was closed. */
  contextClosed(): void;
}

/** The handlers of this copy of the library in this thread. They live until their last authenticator or context closes. */
const handlers = new Map<ContextToken, Handler>();

const unknown: ZapRequest = { domain: "", address: "", routingId: Buffer.alloc(0), mechanism: "" };

/** The public part of an outcome: without the password. */
function decisionOf(request: ZapRequest, { metadata: _, ...outcome }: Outcome): Decision {
  const { domain, address, mechanism, publicKey, username } = request;
  const who = {
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(username === undefined ? {} : { username }),
  };
  return Object.freeze({ admitted: outcome.status === 200, ...outcome, domain, address, mechanism, ...who });
}

export class Handler {
  readonly #core: Core;
  readonly #token: ContextToken;
  readonly #judges = new Map<string | undefined, Judge>();
  readonly #intake = new Intake();
  readonly #connections = new Connections<Judge>((frames) => this.#send(frames));

  private constructor(context: Context) {
    this.#token = context.token;
    this.#core = new Core(context, ZMQ_ROUTER);
    try {
      // libzmq limits these pipes by the number of connections.
      this.#core.setOption(receiveOptions.receiveHighWaterMark, 0);
      this.#core.setOption(sendOptions.sendHighWaterMark, 0);
      // Sending to a connection that has ended fails.
      this.#core.setOption(routerOptions.mandatory, true);
      const result = binding.bind(this.#core.handle, zapEndpoint);
      if (result < 0) throw new ZmqError(-result);
      this.#watch();
    } catch (error) {
      this.#core.close();
      throw error;
    }
    handlers.set(this.#token, this);
  }

  /** Adds a judge to the handler of a context. */
  static add(context: Context, judge: Judge): Handler {
    const handler = handlers.get(context.token) ?? Handler.#open(context);
    const { domain } = judge;
    if (handler.#judges.has(domain)) {
      const which = domain === undefined ? "all other domains" : `the domain ${JSON.stringify(domain)}`;
      throw errorOf("EEXIST", `The context has an authenticator for ${which} already`).explain(
        "close that one first, change it with allowKey() and setUser(), or pass another `domain`",
      );
    }
    handler.#judges.set(domain, judge);
    return handler;
  }

  static #open(context: Context): Handler {
    try {
      return new Handler(context);
    } catch (error) {
      if (!(error instanceof ZmqError) || error.code !== "EADDRINUSE") throw error;
      error.address = zapEndpoint;
      throw error.explain(
        "the context has a ZAP handler already: a socket that your program has bound there, or an authenticator of another thread or another copy of zmq-native. Close it first, or use a Context of its own",
      );
    }
  }

  /** True once the context was closed. */
  get closed(): boolean {
    return this.#core.handle === 0;
  }

  /** Removes a judge; the last one closes the handler, and then its address is free. */
  remove(judge: Judge): void {
    if (this.#judges.get(judge.domain) !== judge) return;
    this.#judges.delete(judge.domain);
    this.#connections.forget(judge);
    if (this.#judges.size > 0 || this.#core.handle === 0) return;
    handlers.delete(this.#token);
    // libzmq frees the address of a closed socket later, on another thread.
    binding.unbind(this.#core.handle, zapEndpoint);
    this.#core.touched();
    setTimeout(() => this.#core.close(), lastRequests).unref();
  }

  /** Disconnects the peers that a judge has admitted and for which `matches` returns true. Returns their number. */
  disconnect(judge: Judge, matches: (decision: Decision) => boolean): number {
    return this.#connections.disconnect(judge, matches);
  }

  /** Waits for requests, without keeping the process alive. */
  #watch(): void {
    this.#core.wait(
      "receiving",
      {
        retry: () => this.#receive(),
        close: () => {
          this.#core.done("receiving");
          this.#ended();
        },
      },
      false,
    );
    // libzmq signals new messages only after it had none.
    this.#receive();
  }

  /** The socket was closed, with its context. */
  #ended(): void {
    if (handlers.get(this.#token) === this) handlers.delete(this.#token);
    const judges = [...this.#judges.values()];
    this.#judges.clear();
    // Later, since no listener may run during the close of a context.
    nextTick(() => {
      for (const judge of judges) judge.contextClosed();
    });
  }

  /** Never done. */
  #receive(): boolean {
    const messages: Message[][] = [];
    const count = receiveInto(messages, 0, this.#core.handle, chunk, this.#intake);
    // The context was ended elsewhere. Any other error concerns one request, which libzmq has dropped.
    if (count === contextEnded) {
      this.#core.close();
      return true;
    }
    for (let index = 0; index < count; index++) this.#answer(messages[index]!);
    if (!this.#intake.emptied && this.#core.handle !== 0) this.#core.touched();
    return false;
  }

  #answer(frames: Message[]): void {
    const to = replyTo(frames);
    let request: ZapRequest;
    try {
      request = parseRequest(frames);
    } catch (error) {
      const outcome = { reason: "malformed", status: 400, text: (error as Error).message } as const;
      this.#reply(to, unknown, outcome, [...this.#judges.values()]);
      return;
    }
    const judge = this.#judges.get(request.domain) ?? this.#judges.get(undefined);
    if (judge === undefined && this.#judges.size === 0) {
      this.#reply(to, request, { reason: "closed", status: 300, text: "the authenticator was closed" }, []);
      return;
    }
    if (judge === undefined) {
      const text = `no authenticator decides for the domain ${JSON.stringify(request.domain)}`;
      // All are told, since a misspelled domain is hard to find otherwise.
      this.#reply(to, request, { reason: "domainUnknown", status: 400, text }, [...this.#judges.values()]);
      return;
    }
    judge.decide(request, (outcome) => this.#reply(to, request, outcome, [judge]));
  }

  /** Replies first: a listener may close the authenticator. */
  #reply(to: ReplyTo | undefined, request: ZapRequest, outcome: Outcome, judges: Judge[]): void {
    const { status, text, userId, metadata } = outcome;
    const decision = decisionOf(request, outcome);
    const sent = to !== undefined && this.#send(replyFrames(to, status, text, userId, metadata));
    const [judge] = judges;
    if (sent && decision.admitted && judge !== undefined) this.#connections.add(judge, to, decision);
    for (const judge of judges) judge.decided(decision);
  }

  /** Returns false if the peer has disconnected, or the socket is closed. */
  #send(frames: (string | Uint8Array)[]): boolean {
    if (this.#core.handle === 0) return false;
    const result = binding.trySend(this.#core.handle, frames);
    this.#core.touched();
    return result === 1;
  }
}
