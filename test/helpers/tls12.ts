// A client of TLS 1.2 that can send any message after its handshake, which no client of a library does. It trusts every
// server, and never reads.

import {
  createCipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const uint16 = (value: number) => Buffer.of(value >> 8, value & 255);
const uint24 = (value: number) => Buffer.of(value >> 16, (value >> 8) & 255, value & 255);
const sized = (data: Buffer) => Buffer.concat([uint16(data.length), data]);
const extension = (type: number, data: Buffer) => Buffer.concat([uint16(type), sized(data)]);

const version = Buffer.of(3, 3);
const contents = { changeCipherSpec: 20, handshake: 22, data: 23 } as const;
const messages = {
  clientHello: 1,
  serverHello: 2,
  serverKeyExchange: 12,
  serverHelloDone: 14,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** The header of a public key of X25519 in DER, before its 32 bytes. */
const x25519Header = Buffer.from("302a300506032b656e032100", "hex");

/** The function of RFC 5246, section 5, with SHA-256. */
function expand(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const all = Buffer.concat([Buffer.from(label), seed]);
  const hmac = (data: Buffer) => createHmac("sha256", secret).update(data).digest();
  let output = Buffer.alloc(0);
  for (let a = hmac(all); output.length < length; a = hmac(a)) {
    output = Buffer.concat([output, hmac(Buffer.concat([a, all]))]);
  }
  return output.subarray(0, length);
}

/** A message of the handshake. */
const message = (type: number, body: Buffer) => Buffer.concat([Buffer.of(type), uint24(body.length), body]);

/** The messages in unencrypted records, up to the first record that is not complete. */
function* messagesIn(heard: Buffer): Generator<Buffer> {
  let joined = Buffer.alloc(0);
  for (let at = 0; at + 5 <= heard.length; ) {
    const end = at + 5 + heard.readUInt16BE(at + 3);
    if (end > heard.length) break;
    joined = Buffer.concat([joined, heard.subarray(at + 5, end)]);
    at = end;
  }
  for (let at = 0; at + 4 <= joined.length; ) {
    const end = at + 4 + joined.readUIntBE(at + 1, 3);
    if (end > joined.length) return;
    yield joined.subarray(at, end);
    at = end;
  }
}

export class Tls12Client implements Disposable {
  readonly socket: Socket;
  #key: Buffer = Buffer.alloc(0);
  #salt: Buffer = Buffer.alloc(0);
  #sequence = 0n;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => undefined);
  }

  /** Connects to a port of this machine, and completes the handshake. */
  static async connect(port: number): Promise<Tls12Client> {
    const client = new Tls12Client(connect(port, "127.0.0.1"));
    await client.#shakeHands();
    client.socket.pause();
    return client;
  }

  async #shakeHands(): Promise<void> {
    const random = randomBytes(32);
    const hello = message(
      messages.clientHello,
      Buffer.concat([
        version,
        random,
        // No session; ECDHE with ECDSA or RSA, AES-128-GCM and SHA-256; no compression.
        Buffer.of(0),
        sized(Buffer.of(0xc0, 0x2b, 0xc0, 0x2f, 0x00, 0xff)),
        Buffer.of(1, 0),
        sized(
          Buffer.concat([
            // X25519, and P-256 for certificates; points without compression; ECDSA and RSA with SHA-256.
            extension(10, sized(Buffer.of(0, 0x1d, 0, 0x17))),
            extension(11, Buffer.of(1, 0)),
            extension(13, sized(Buffer.of(4, 3, 8, 4, 4, 1))),
          ]),
        ),
      ]),
    );
    this.#send(contents.handshake, hello);
    const answers = await this.#hear();
    const find = (type: number) => answers.find(([first]) => first === type)!.subarray(4);
    const theirRandom = find(messages.serverHello).subarray(2, 34);
    // The type of the curve, its number and the length of the point come first.
    const theirPoint = find(messages.serverKeyExchange).subarray(4, 36);

    const own = generateKeyPairSync("x25519");
    const point = own.publicKey.export({ type: "spki", format: "der" }).subarray(x25519Header.length);
    const exchange = message(messages.clientKeyExchange, Buffer.concat([Buffer.of(point.length), point]));
    const premaster = diffieHellman({
      privateKey: own.privateKey,
      publicKey: createPublicKey({
        key: Buffer.concat([x25519Header, theirPoint]),
        format: "der",
        type: "spki",
      }),
    });
    const master = expand(premaster, "master secret", Buffer.concat([random, theirRandom]), 48);
    const keys = expand(master, "key expansion", Buffer.concat([theirRandom, random]), 40);
    const hash = createHash("sha256")
      .update(Buffer.concat([hello, ...answers, exchange]))
      .digest();
    this.#send(contents.handshake, exchange);
    this.#send(contents.changeCipherSpec, Buffer.of(1));
    this.#key = keys.subarray(0, 16);
    this.#salt = keys.subarray(32, 36);
    this.#send(contents.handshake, message(messages.finished, expand(master, "client finished", hash, 12)));
    // The server's answer: it has accepted ours.
    await once(this.socket, "data");
  }

  /** The messages of the server, up to `ServerHelloDone`. */
  async #hear(): Promise<Buffer[]> {
    let heard = Buffer.alloc(0);
    for (;;) {
      const [data] = await once(this.socket, "data");
      heard = Buffer.concat([heard, data]);
      const all = [...messagesIn(heard)];
      if (all.at(-1)?.[0] === messages.serverHelloDone) return all;
    }
  }

  /** Sends data of the program. */
  write(data: string | Buffer): void {
    this.#send(contents.data, Buffer.from(data));
  }

  /** Asks this often for another handshake, which a server may refuse by an alert. */
  renegotiate(times: number): void {
    this.socket.cork();
    for (let i = 0; i < times; i++)
      this.#send(contents.handshake, message(messages.clientHello, Buffer.alloc(0)));
    this.socket.uncork();
  }

  #send(type: number, body: Buffer): void {
    const payload = this.#key.length === 0 ? body : this.#encrypt(type, body);
    this.socket.write(Buffer.concat([Buffer.of(type), version, sized(payload)]));
  }

  #encrypt(type: number, body: Buffer): Buffer {
    const sequence = Buffer.alloc(8);
    sequence.writeBigUInt64BE(this.#sequence++);
    const cipher = createCipheriv("aes-128-gcm", this.#key, Buffer.concat([this.#salt, sequence]));
    cipher.setAAD(Buffer.concat([sequence, Buffer.of(type), version, uint16(body.length)]));
    return Buffer.concat([sequence, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
