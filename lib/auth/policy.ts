// The rules of one authenticator: from the request of a server to the decision on its peer.

import { isUtf8 } from "node:buffer";
import { concealed, isObject, shownUnlessPassword } from "../arguments/checks.js";
import { clearTimeout, setTimeout } from "../runtime/timers.js";
import type { AddressRules } from "./addresses.js";
import type { Keyring } from "./keyring.js";
import type { Passwords } from "./passwords.js";
import { encodeAdmission, type ZapRequest } from "./request.js";
import type { Admission, CurveRequest, Decide, Decision, DecisionReason, PlainRequest } from "./types.js";

/** A decision, and the metadata for the reply. */
export interface Outcome extends Pick<Decision, "reason" | "text" | "status" | "userId" | "error"> {
  readonly metadata?: Buffer;
}

type Done = (outcome: Outcome) => void;

/** Decision functions that may be pending at a time. Peers cause the calls. */
const mostPending = 10_000;

const rejection = (reason: DecisionReason, text: string): Outcome => ({ reason, text, status: 400 });

/** A failure that may pass: the peer tries again. */
const deferral = (reason: DecisionReason, text: string): Outcome => ({ reason, text, status: 300 });

function admission(admitted: Admission, defaultId: string, text: string): Outcome {
  const { userId, metadata } = encodeAdmission(admitted, defaultId);
  return { reason: "allowed", text, status: 200, userId, metadata };
}

/** Never throws, although `error` may be anything, such as an object whose getters throw. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : concealed(error);
  } catch {
    return "with an error whose message cannot be read";
  }
}

function failure(error: unknown): Outcome {
  return { reason: "failed", text: `the decision function failed: ${messageOf(error)}`, status: 500, error };
}

/**
 * Whether a value has only `userId` and `metadata`, and one of them at least. Any other object, such as the result of a
 * query for a user who does not exist, is a mistake that must admit nobody.
 */
function isAdmission(value: unknown): value is Admission {
  if (!isObject(value)) return false;
  const keys = Reflect.ownKeys(value);
  return keys.length > 0 && keys.every((key) => key === "userId" || key === "metadata");
}

/** The outcome for the result of a decision function. Only `true` and an admission admit. */
function outcomeOf(verdict: unknown, defaultId: string): Outcome {
  if (verdict === false) return rejection("rejected", "the decision function rejected the peer");
  if (verdict !== true && !isAdmission(verdict)) {
    throw new TypeError(
      `a decision function must return true, false or { userId, metadata }, got ${shownUnlessPassword(verdict)}`,
    );
  }
  const { userId, metadata } = (verdict === true ? {} : verdict) as Admission;
  return admission({ userId, metadata }, defaultId, "the decision function admitted the peer");
}

/** The options of an authenticator after validation. */
export interface Rules {
  readonly curve: Keyring | Decide<CurveRequest> | undefined;
  readonly plain: Passwords | Decide<PlainRequest> | undefined;
  readonly addresses: AddressRules | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

export class Policy {
  readonly #rules: Rules;
  /** Ends each pending decision. */
  readonly #pending = new Set<(outcome: Outcome) => void>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Calls `done` once: at once, or when a decision function has decided. */
  decide(request: ZapRequest, done: Done): void {
    const { address, mechanism } = request;
    const objection = this.#rules.addresses?.objection(address);
    if (objection !== undefined) {
      const rule = objection === "addressDenied" ? "addresses.deny has" : "addresses.allow lacks";
      done(rejection(objection, `${rule} the address ${address || "(none)"}`));
      return;
    }
    switch (mechanism) {
      case "NULL":
        done(this.#withoutMechanism());
        return;
      case "CURVE":
        this.#curve(request, done);
        return;
      case "PLAIN":
        this.#plain(request, done);
        return;
      default:
        done(rejection("mechanismNotAllowed", `authenticate() has no rules for ${mechanism}`));
    }
  }

  /** Ends all pending decisions. */
  close(): void {
    for (const settle of this.#pending) settle(deferral("closed", "the authenticator was closed"));
  }

  #withoutMechanism(): Outcome {
    const { curve, plain, addresses } = this.#rules;
    // A server that should have a mechanism may have lost it, by a misspelled option for instance.
    if (curve === undefined && plain === undefined && addresses !== undefined) {
      return admission({}, "", "addresses admit the peer");
    }
    return rejection(
      "mechanismNotAllowed",
      "the server has no mechanism, and the authenticator of its domain has rules for keys or users: set curveServer or plainServer on the server",
    );
  }

  #curve(request: ZapRequest, done: Done): void {
    const { curve } = this.#rules;
    const publicKey = request.publicKey!;
    if (typeof curve === "function") {
      this.#ask((signal) => curve({ ...about(request, signal), publicKey }), publicKey, done);
    } else done(byKeyring(curve, publicKey));
  }

  #plain(request: ZapRequest, done: Done): void {
    const { plain } = this.#rules;
    const username = request.username!;
    if (typeof plain === "function") {
      // Different bytes must not become the same text.
      if (!isUtf8(request.password!)) {
        done(rejection("malformed", "the password is not UTF-8 text"));
        return;
      }
      const password = String(request.password);
      this.#ask((signal) => plain({ ...about(request, signal), username, password }), username, done);
    } else done(byPassword(plain, username, request.password!));
  }

  /** Settles by the function, the timeout or `close`, whichever is first. A later result of the function has no effect. */
  #ask(call: (signal: AbortSignal) => unknown, defaultId: string, done: Done): void {
    if (this.#pending.size >= mostPending) {
      done(deferral("overloaded", `${mostPending} decisions are pending`));
      return;
    }
    const { timeout } = this.#rules;
    const controller = new AbortController();
    const settle = (outcome: Outcome) => {
      if (!this.#pending.delete(settle)) return;
      clearTimeout(timer);
      done(outcome);
      // Only for a function that still runs. Its listeners are user code, so last.
      if (outcome.reason === "timeout" || outcome.reason === "closed") controller.abort();
    };
    this.#pending.add(settle);
    const timer = setTimeout(() => {
      settle(deferral("timeout", `the decision function took longer than ${timeout} ms`));
    }, timeout);
    // The sockets of the program keep it alive, as long as it wants peers.
    timer.unref();
    new Promise((answer) => answer(call(controller.signal)))
      .then((verdict) => outcomeOf(verdict, defaultId))
      .then(settle, (error) => settle(failure(error)));
  }
}

function byKeyring(keyring: Keyring | undefined, publicKey: string): Outcome {
  if (keyring === undefined) {
    return rejection("mechanismNotAllowed", "the server uses CURVE, and the authenticator has no `curve`");
  }
  const found = keyring.find(publicKey);
  if (found === undefined) return rejection("keyUnknown", `curve.allow lacks the key ${publicKey}`);
  return admission(found, publicKey, `curve.allow has the key ${publicKey}`);
}

function byPassword(passwords: Passwords | undefined, username: string, password: Uint8Array): Outcome {
  if (passwords === undefined) {
    return rejection("mechanismNotAllowed", "the server uses PLAIN, and the authenticator has no `plain`");
  }
  const objection = passwords.objection(username, password);
  const name = JSON.stringify(username);
  if (objection === "userUnknown") return rejection(objection, `plain.users lacks the user ${name}`);
  if (objection === "passwordWrong") return rejection(objection, `the user ${name} sent another password`);
  return admission({}, username, `plain.users has the user ${name} and the password`);
}

/** The part of a request that every decision function gets. */
const about = ({ domain, address, routingId }: ZapRequest, signal: AbortSignal) => ({
  domain,
  address,
  routingId,
  signal,
});
