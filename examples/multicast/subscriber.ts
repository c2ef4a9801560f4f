// A trader: reads every quote, notes what is missing, and how late it came.

import { Subscriber } from "zmq-native";
import { GapDetector } from "./gaps.js";
import { decode, end } from "./quote.js";
import { settings, tell } from "./settings.js";

const { endpoint, rate, recoveryInterval } = settings;

async function main(): Promise<void> {
  // The buffer bears what comes while this process is busy; a socket that says nothing for 10 s has lost its publisher.
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
