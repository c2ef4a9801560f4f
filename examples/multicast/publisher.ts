// The exchange: publishes random prices.

import { setTimeout as sleep } from "node:timers/promises";
import { XPublisher } from "zmq-native";
import { encode, end, type Quote } from "./quote.js";
import { settings, tell } from "./settings.js";

const { endpoint, rate, recoveryInterval, quotes, seconds } = settings;
const ticksPerSecond = 50;

type Stock = Omit<Quote, "time">;

async function main(): Promise<void> {
  // With noDrop, `send` waits when the rate is reached, instead of dropping messages.
  const socket = new XPublisher({ multicast: { rate, recoveryInterval }, noDrop: true, linger: 1000 });
  socket.connect(endpoint);

  const stocks: Stock[] = ["ALFA", "BETA", "GAMA", "DELT"].map((symbol, index) => ({
    symbol,
    number: 0,
    price: 100 * (index + 1),
  }));
  let sent = 0;
  const started = performance.now();
  for (let tick = 0; tick < seconds * ticksPerSecond; tick++) {
    const batch: [string, Buffer][] = [];
    while (sent + batch.length < ((tick + 1) * quotes) / ticksPerSecond) {
      const stock = stocks[(sent + batch.length) % stocks.length]!;
      stock.price *= 1 + (Math.random() - 0.5) / 1000;
      batch.push(encode({ ...stock, time: Date.now() }));
      stock.number++;
    }
    await socket.sendMany(batch);
    sent += batch.length;
    if (tick % 10 === 0) tell({ sent, price: stocks[0]!.price });
    const early = started + ((tick + 1) * 1000) / ticksPerSecond - performance.now();
    if (early > 0) await sleep(early);
  }
  await tell({ sent, price: stocks[0]!.price });

  // Repeated, since nobody acknowledges it, and losses cannot be repaired after the publisher has ended.
  for (let i = 0; i < 20; i++) {
    await socket.send(encode({ symbol: end, number: i, time: Date.now(), price: 0 }));
    await sleep(100);
  }
}

main();
