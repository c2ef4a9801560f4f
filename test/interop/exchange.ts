// Messages between one of our sockets and one of a peer, for each pair of types, over a transport and a security mechanism.

import { expect } from "vitest";
import * as zmq from "zmq-native";
import { freshEndpoint } from "../helpers/transports.js";
import { type Agent, PeerSocket } from "./agents.js";

export const mechanisms = ["NULL", "PLAIN", "CURVE"] as const;
export type Mechanism = (typeof mechanisms)[number];
export type Transport = "tcp" | "ipc" | "ws" | "inproc";

const user = { name: "admin", password: "secret-1" };
const serverKeys = zmq.curveKeyPair();
const clientKeys = zmq.curveKeyPair();

/** The command that makes an agent's ZAP handler accept our client. */
export const zapCommand = ["zap", user.name, user.password, clientKeys.publicKey] as const;

/** A ZAP handler (RFC 27) of ours, which accepts the peer's client. */
export async function serveZap(): Promise<zmq.Reply> {
  const handler = new zmq.Reply();
  await handler.bind("inproc://zeromq.zap.01");
  const serve = async () => {
    for await (const [version, id, , , , mechanism, first, second] of handler) {
      const good =
        String(mechanism) === "PLAIN"
          ? String(first) === user.name && String(second) === user.password
          : first!.equals(z85(clientKeys.publicKey));
      await handler.send([version!, id!, good ? "200" : "400", "", user.name, ""]);
    }
  };
  serve();
  return handler;
}

/** The bytes of a key in Z85 (RFC 32). */
export function z85(text: string): Buffer {
  const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let i = 0; i < text.length; i += 5) {
    const value = [...text.slice(i, i + 5)].reduce((sum, digit) => sum * 85 + alphabet.indexOf(digit), 0);
    bytes.writeUInt32BE(value, (i / 5) * 4);
  }
  return bytes;
}

type Role = "server" | "client";
export const ourSecurity = {
  NULL: { server: {}, client: {} },
  PLAIN: {
    server: { plainServer: true },
    client: { plainUsername: user.name, plainPassword: user.password },
  },
  CURVE: {
    server: { curveServer: true, curveSecretKey: serverKeys.secretKey },
    client: {
      curvePublicKey: clientKeys.publicKey,
      curveSecretKey: clientKeys.secretKey,
      curveServerKey: serverKeys.publicKey,
    },
  },
} satisfies Record<Mechanism, Record<Role, object>>;

export const peerSecurity: Record<Mechanism, Record<Role, Record<string, string | number>>> = {
  NULL: { server: {}, client: {} },
  PLAIN: {
    server: { plain_server: 1 },
    client: { plain_username: user.name, plain_password: user.password },
  },
  CURVE: {
    server: { curve_server: 1, curve_secretkey: serverKeys.secretKey },
    client: {
      curve_publickey: clientKeys.publicKey,
      curve_secretkey: clientKeys.secretKey,
      curve_serverkey: serverKeys.publicKey,
    },
  },
};

/** An endpoint to bind to. */
export function endpointOf(transport: Transport): string {
  return transport === "ws" ? "ws://127.0.0.1:*" : freshEndpoint(transport);
}

interface Ours {
  send?(frames: (string | Buffer)[], options: { timeout: number }): Promise<void>;
  receive?(options: { timeout: number }): Promise<Buffer[]>;
}

const limit = { timeout: 10_000 };
// Short, empty, and long enough for a length field of eight bytes and several reads.
const payload = [Buffer.from("a\0b"), Buffer.alloc(0), Buffer.alloc(70_000, "0123456789")];

/** Compares frames. Vitest's own comparison looks at each byte as an element, in 100 ms for a payload. */
export function expectFrames(received: Buffer[], expected: Buffer[]): void {
  expect(received.map((frame) => frame.length)).toEqual(expected.map((frame) => frame.length));
  expect(received.findIndex((frame, index) => !frame.equals(expected[index]!))).toBe(-1);
}

async function toPeer(ours: Ours, peer: PeerSocket, prefix: Buffer[] = []): Promise<void> {
  const [received] = await Promise.all([peer.receive(), ours.send!([...prefix, ...payload], limit)]);
  expectFrames(received, payload);
}

/** Resolves with the frames in front of the payload. */
async function toUs(ours: Ours, peer: PeerSocket): Promise<Buffer[]> {
  const [received] = await Promise.all([ours.receive!(limit), peer.send(payload)]);
  expectFrames(received.slice(-payload.length), payload);
  return received.slice(0, -payload.length);
}

type Conversation = (ours: Ours, peer: PeerSocket) => Promise<unknown>;

/** The conversation of each pair of types, ours first. */
const conversations: [string, string, Conversation][] = [
  ["Push", "PULL", toPeer],
  ["Pull", "PUSH", toUs],
  [
    "Request",
    "REP",
    async (ours, peer) => {
      await toPeer(ours, peer);
      await toUs(ours, peer);
    },
  ],
  [
    "Reply",
    "REQ",
    async (ours, peer) => {
      await toUs(ours, peer);
      await toPeer(ours, peer);
    },
  ],
  [
    "XPublisher",
    "SUB",
    async (ours, peer) => {
      await peer.subscribe("a\0");
      // A bound SUB sends its subscriptions while it receives, not earlier.
      const receiving = peer.receive();
      expect((await ours.receive!(limit)).map(String)).toEqual(["\x01a\0"]);
      await ours.send!(["b"], limit);
      await ours.send!(payload, limit);
      expectFrames(await receiving, payload);
    },
  ],
  [
    "Subscriber",
    "XPUB",
    async (ours, peer) => {
      (ours as zmq.Subscriber).subscribe("a\0");
      expect((await peer.receive()).map(String)).toEqual(["\x01a\0"]);
      await peer.send(["b"]);
      await toUs(ours, peer);
    },
  ],
  ["Router", "DEALER", async (ours, peer) => toPeer(ours, peer, await toUs(ours, peer))],
  [
    "Dealer",
    "ROUTER",
    async (ours, peer) => {
      const [, [id, ...frames]] = await Promise.all([ours.send!(payload, limit), peer.receive()]);
      expectFrames(frames, payload);
      await Promise.all([
        peer.send([id!, ...payload]),
        ours.receive!(limit).then((m) => expectFrames(m, payload)),
      ]);
    },
  ],
  [
    "Pair",
    "PAIR",
    async (ours, peer) => {
      await toPeer(ours, peer);
      await toUs(ours, peer);
    },
  ],
];

/** The pairs of types that `exchangeAll` joins. */
export const pairs = conversations.map(([ours, theirs]) => `${ours} and ${theirs}`);

type Constructor = new (options: object) => zmq.Socket & AsyncDisposable;

/** Runs all conversations, once with our socket bound and once with the peer's. */
export async function exchangeAll(agent: Agent, transport: Transport, mechanism: Mechanism): Promise<void> {
  for (const weBind of [true, false]) {
    for (const [type, peerType, converse] of conversations) {
      // A server of unpatched libzmq's REQ drops the connection when its ZAP handler returns a user id, so a peer's REQ
      // is always the client.
      const weServe = peerType === "REQ" || weBind;
      const [ourRole, peerRole] = weServe ? (["server", "client"] as const) : (["client", "server"] as const);
      try {
        const constructor = zmq[type as "Pair"] as unknown as Constructor;
        using ours = new constructor({ linger: 0, ...ourSecurity[mechanism][ourRole] });
        await using peer = await PeerSocket.open(agent, peerType, peerSecurity[mechanism][peerRole]);
        if (weBind) {
          await ours.bind(endpointOf(transport));
          await peer.connect(ours.lastEndpoint as string);
        } else {
          ours.connect(await peer.bind(endpointOf(transport)));
        }
        await converse(ours as Ours, peer);
      } catch (error) {
        const who = weBind ? "we bind" : "the peer binds";
        throw new Error(`${type} and ${peerType}, ${who}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
}
