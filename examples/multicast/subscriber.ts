// A trader: receives every quote, counts lost ones, and measures delays.

import { Subscriber } from "zmq-native";
import { GapDetector } from "./gaps.js";
import { decode, end } from "./quote.js";
import { settings, tell } from "./settings.js";

const { endpoint, rate, recoveryInterval } = settings;

async function main(): Promise<void> {
  // The buffer holds packets that arrive while this process is busy. Without a message for 10 s, receiving fails.
  using socket = new Subscriber({
    multicast: { rate, recoveryInterval },
    receiveBufferSize: 4_000_000,
    receiveTimeout: 10_000,
  });
  socket.subscribe();
  await socket.bind(endpoint);
  await tell("ready");

  const detector = new GapDetector();
  let received = 0;
  let delay = 0;
  const report = () => {
    const { gaps, missing } = detector;
    const told = tell({ received, gaps, missing, delay });
    delay = 0;
    return told;
  };
  setInterval(report, 200);
  for await (const messages of socket.batches()) {
    const now = Date.now();
    for (const message of messages) {
      const quote = decode(message);
      if (quote.symbol === end) return report();
      detector.take(quote.symbol, quote.number);
      delay = Math.max(delay, now - quote.time);
      received++;
    }
  }
}

main().then(() => process.exit());
