// The words of the Majordomo Protocol 0.1: https://rfc.zeromq.org/spec/7/

export const client = "MDPC01";
export const worker = "MDPW01";

/** The commands between worker and broker. */
export const command = {
  ready: "\x01",
  request: "\x02",
  reply: "\x03",
  heartbeat: "\x04",
  disconnect: "\x05",
} as const;

/** Milliseconds between heartbeats, and until a peer that is not heard is given up. */
export const interval = 50;
export const patience = 4 * interval;
