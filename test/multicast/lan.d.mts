/** What to lose: datagrams to a port, an IP protocol by its number, or what nftables' expressions match. */
export type Traffic = { port: number } | { protocol: number } | { match: string };

export class Lan {
  static missing(): string | undefined;
  static open<Network extends Lan>(this: new () => Network, machines: number): Promise<Network>;
  address(machine: number): string;
  within(machine: number): string[];
  lose(machine: number, part: number, traffic: Traffic, verdict?: string): void;
  close(): void;
}
