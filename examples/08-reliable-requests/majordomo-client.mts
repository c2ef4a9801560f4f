// A Majordomo client: sends requests to services by name, and repeats them after a timeout.

import { Request, type ZmqError } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

async function ask(service: string, texts: string[], attempts = 10) {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const request = new Request({ linger: 0 });
    request.connect(endpoint);
    await request.send(["MDPC01", service, ...texts]);
    const frames = await request.receive({ timeout: 1_000 }).catch(onTimeout);
    request.close();
    // The reply begins with a header and the name of the service.
    if (frames) return String(frames[2]);
  }
  return "no reply";
}

console.log(`echo hello: ${await ask("echo", ["hello"])}`);
console.log(`sum 1 10: ${await ask("sum", ["1", "10"])}`);
const sums = await Promise.all(["2", "3", "4"].map((number) => ask("sum", [number, "10"])));
console.log(`three sums at once: ${sums.join(", ")}`);
console.log(`coffee, a service without workers: ${await ask("coffee", [], 1)}`);
