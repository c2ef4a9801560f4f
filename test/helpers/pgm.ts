// Unique multicast groups, and PGM packets built by hand: a publisher that can lose, truncate and corrupt packets.

import { randomBytes, randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { freeUdpPort } from "./ports.js";

/** A group and port that no other test uses, by default on the loopback interface. */
export interface Group {
  readonly address: string;
  readonly port: number;
  /** The endpoint to bind or connect, `epgm` by default. */
  endpoint(transport?: string, networkInterface?: string): string;
}

export async function freshGroup(): Promise<Group> {
  const port = await freeUdpPort();
  const address = `239.192.${randomInt(256)}.${randomInt(1, 255)}`;
  return {
    address,
    port,
    endpoint: (transport = "epgm", networkInterface = "127.0.0.1") =>
      `${transport}://${networkInterface};${address}:${port}`,
  };
}

/** A socket that sends to groups on the loopback interface. */
export async function openSender(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.setMulticastInterface("127.0.0.1");
  return socket;
}

export function sendDatagram(socket: Socket, data: Buffer, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(data, port, address, (error) => (error ? reject(error) : resolve()));
  });
}

/** Types of PGM packets, and flags in their headers. */
export const pgm = {
  sourcePath: 0,
  data: 4,
  repair: 5,
  nak: 8,
  nullNak: 9,
  nakConfirmation: 10,
  sourcePathRequest: 12,
  acknowledgement: 13,
  optionsPresent: 1,
  parity: 0x80,
};

function checksum(packet: Buffer): number {
  let sum = 0;
  for (let i = 0; i < packet.length; i += 2) sum += (packet[i]! << 8) | (packet[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff || 0xffff;
}

/** A frame as libzmq writes it into a PGM stream. */
export function frame(body: string | Buffer, more = false): Buffer {
  const bytes = Buffer.from(body as string);
  if (bytes.length > 253) throw new RangeError("short frames only");
  return Buffer.concat([Buffer.from([bytes.length + 1, more ? 1 : 0]), bytes]);
}

/** The contents of one packet of libzmq: the offset of the first message, and the bytes. */
export function payload(bytes: Buffer, offset = 0): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(offset);
  return Buffer.concat([head, bytes]);
}

/** No message begins in this packet. */
export const noBeginning = 0xffff;

/** A publisher of `epgm` on the loopback interface that sends given packets and repairs nothing. */
export class PgmSource implements Disposable {
  readonly #socket: Socket;
  readonly #group: Group;
  readonly #id = randomBytes(6);
  readonly #port = randomInt(1, 65_536);

  private constructor(socket: Socket, group: Group) {
    this.#socket = socket;
    this.#group = group;
  }

  static async open(group: Group): Promise<PgmSource> {
    return new PgmSource(await openSender(), group);
  }

  /** Sends data with a sequence number. Packets before `trail` are no longer available. */
  send(
    sequence: number,
    data: Buffer,
    { trail = 0, options = Buffer.alloc(0) as Buffer } = {},
  ): Promise<void> {
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(sequence, 0);
    numbers.writeUInt32BE(trail, 4);
    const flags = options.length > 0 ? pgm.optionsPresent : 0;
    return this.sendPacket(pgm.data, flags, Buffer.concat([numbers, options, data]), data.length);
  }

  /** Sends a packet of any type, with a valid checksum. */
  sendPacket(type: number, flags: number, body: Buffer, dataLength = 0): Promise<void> {
    const head = Buffer.alloc(16);
    head.writeUInt16BE(this.#port, 0);
    head.writeUInt16BE(this.#group.port, 2);
    head[4] = type;
    head[5] = flags;
    this.#id.copy(head, 8);
    head.writeUInt16BE(dataLength, 14);
    const packet = Buffer.concat([head, body]);
    packet.writeUInt16BE(checksum(packet), 6);
    return this.sendRaw(packet);
  }

  sendRaw(packet: Buffer): Promise<void> {
    return sendDatagram(this.#socket, packet, this.#group.port, this.#group.address);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** The option of a packet that carries a part of a longer piece of data. */
export function fragmentOption(first: number, offset: number, length: number): Buffer {
  const option = Buffer.alloc(20);
  option.set([0x00, 4, 0, 20, 0x81, 16, 0, 0]);
  option.writeUInt32BE(first, 8);
  option.writeUInt32BE(offset, 12);
  option.writeUInt32BE(length, 16);
  return option;
}
