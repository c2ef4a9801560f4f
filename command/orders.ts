// The orders of `zmq top`: by id, or the largest first. Data only, so that `zmq --help` does not load the table.

export const topOrders = ["id", "rate", "queue", "peers", "drops"] as const;
export type TopOrder = (typeof topOrders)[number];
