// A Majordomo worker: offers a service, echo or sum. Stop it with Ctrl-C.

import { Dealer, type ZmqError } from "zmq-native";

/** For `catch`: returns undefined after a timeout, and throws other errors. */
function onTimeout(error: ZmqError): undefined {
  if (error.code !== "EAGAIN") throw error;
}

const [name = "echo", endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);
const command = { ready: "\x01", request: "\x02", reply: "\x03", heartbeat: "\x04", disconnect: "\x05" };
const interval = 50;

const services: Record<string, (texts: string[]) => string> = {
  echo: (texts) => texts.join(" "),
  sum: (texts) => `${texts.reduce((sum, text) => sum + Number(text), 0)}`,
};

for (;;) {
  const worker = new Dealer({ linger: 0 });
  worker.connect(endpoint);
  const tell = (...frames: (Buffer | string)[]) => worker.trySend(["", "MDPW01", ...frames]);
  tell(command.ready, name);
  const timer = setInterval(() => tell(command.heartbeat), interval);

  for (;;) {
    const frames = await worker.receive({ timeout: 4 * interval }).catch(onTimeout);
    // The broker is silent, or has forgotten this worker: introduce it again over a new connection.
    if (!frames || String(frames[2]) === command.disconnect) break;
    if (String(frames[2]) !== command.request) continue;
    const [client, , ...body] = frames.slice(3);
    tell(command.reply, client, "", services[name](body.map(String)));
  }
  clearInterval(timer);
  worker.close();
}
