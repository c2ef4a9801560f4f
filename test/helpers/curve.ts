// CURVE, byte by byte: a client or server that follows the protocol as far as a test needs.

import nacl from "tweetnacl";
import { command, frame, join, property } from "./zmtp.js";

const zeroes = (count: number) => new Uint8Array(count);
const shortNonce = (value: number) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
};
const nonce = (prefix: string, rest: Uint8Array) => join(prefix, rest);

/** A frame's body without its two or nine bytes of flags and length. */
export const bodyOf = (heard: Buffer): Buffer => (heard[0]! & 2 ? heard.subarray(9) : heard.subarray(2));

/** The client's side of a handshake. */
export class CurveClient {
  readonly #serverKey: Uint8Array;
  readonly #longTerm: nacl.BoxKeyPair;
  readonly #shortTerm = nacl.box.keyPair();
  #shared: Uint8Array | undefined;
  #nonce = 1;

  constructor(serverKey: Uint8Array, longTerm = nacl.box.keyPair()) {
    this.#serverKey = serverKey;
    this.#longTerm = longTerm;
  }

  hello(): Buffer {
    const short = shortNonce(this.#nonce++);
    const box = nacl.box(
      zeroes(64),
      nonce("CurveZMQHELLO---", short),
      this.#serverKey,
      this.#shortTerm.secretKey,
    );
    return command("HELLO", "\x01\0", zeroes(72), this.#shortTerm.publicKey, short, box);
  }

  /** Answers a WELCOME, given as its body. */
  initiate(welcome: Buffer, metadata: Uint8Array = property("Socket-Type", "DEALER")): Buffer {
    const opened = nacl.box.open(
      welcome.subarray(24, 168),
      nonce("WELCOME-", welcome.subarray(8, 24)),
      this.#serverKey,
      this.#shortTerm.secretKey,
    );
    if (!opened) throw new Error("this WELCOME is not for us");
    const serverShort = opened.subarray(0, 32);
    const cookie = opened.subarray(32);
    this.#shared = nacl.box.before(serverShort, this.#shortTerm.secretKey);
    const vouchNonce = nacl.randomBytes(16);
    const vouch = nacl.box(
      join(this.#shortTerm.publicKey, this.#serverKey),
      nonce("VOUCH---", vouchNonce),
      serverShort,
      this.#longTerm.secretKey,
    );
    const short = shortNonce(this.#nonce++);
    const box = nacl.box.after(
      join(this.#longTerm.publicKey, vouchNonce, vouch, metadata),
      nonce("CurveZMQINITIATE", short),
      this.#shared,
    );
    return command("INITIATE", cookie, short, box);
  }

  /** A message, after the handshake. */
  message(body: string | Uint8Array, { flags = 0, at = this.#nonce++ } = {}): Buffer {
    const short = shortNonce(at);
    const box = nacl.box.after(
      join(Buffer.from([flags]), body),
      nonce("CurveZMQMESSAGEC", short),
      this.#shared!,
    );
    return frame(join("\x07MESSAGE", short, box));
  }
}

/** A server's WELCOME to a HELLO, given as its body, with a short-term key that the test chooses. */
export function welcome(hello: Buffer, secretKey: Uint8Array, shortTermKey: Uint8Array): Buffer {
  const random = nacl.randomBytes(16);
  const box = nacl.box(
    join(shortTermKey, zeroes(96)),
    nonce("WELCOME-", random),
    hello.subarray(80, 112),
    secretKey,
  );
  return command("WELCOME", random, box);
}
