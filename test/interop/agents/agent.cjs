// An agent over zeromq 6 or over this package: node agent.cjs MODULE. Tests call createHandler in their own process, too. README.md describes the protocol.

const { createInterface } = require("node:readline");

const classes = {
  PAIR: "Pair",
  PUB: "Publisher",
  SUB: "Subscriber",
  REQ: "Request",
  REP: "Reply",
  PULL: "Pull",
  PUSH: "Push",
  DEALER: "Dealer",
  ROUTER: "Router",
  XPUB: "XPublisher",
  XSUB: "XSubscriber",
};
const options = {
  identity: "routingId",
  zap_domain: "zapDomain",
  plain_server: "plainServer",
  plain_username: "plainUsername",
  plain_password: "plainPassword",
  curve_server: "curveServer",
  curve_publickey: "curvePublicKey",
  curve_secretkey: "curveSecretKey",
  curve_serverkey: "curveServerKey",
};
const flags = ["plain_server", "curve_server"];

const parse = (word) => (word === "-" ? Buffer.alloc(0) : Buffer.from(word, "hex"));

// RFC 32.
function z85(text) {
  const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let i = 0; i < text.length; i += 5) {
    const value = [...text.slice(i, i + 5)].reduce((sum, digit) => sum * 85 + alphabet.indexOf(digit), 0);
    bytes.writeUInt32BE(value, (i / 5) * 4);
  }
  return bytes;
}

/** Executes commands with a module of the interface of zeromq 6. */
exports.createHandler = function createHandler(zmq, name) {
  const sockets = new Map();

  async function serveZap(username, password, key) {
    const handler = new zmq.Reply();
    await handler.bind("inproc://zeromq.zap.01");
    const serve = async () => {
      for await (const [version, id, , , , mechanism, ...credentials] of handler) {
        const good = {
          NULL: () => true,
          PLAIN: () => String(credentials[0]) === username && String(credentials[1]) === password,
          CURVE: () => credentials[0].equals(z85(key)),
        };
        const status = good[String(mechanism)]() ? "200" : "400";
        // Without a user id: zeromq 6.8 wakes up for the frame that carries it, and rejects the receive with EAGAIN.
        await handler.send([version, id, status, "", "", ""]);
      }
    };
    serve();
  }

  return async function handle(command, ...words) {
    if (command === "version") return [name, "libzmq", zmq.version];
    if (command === "zap") {
      await serveZap(...words);
      return [];
    }
    const [id, ...parameters] = words;
    if (command === "open") {
      const timeouts = { receiveTimeout: 10_000, sendTimeout: 10_000, linger: 5_000 };
      const constructor = zmq[classes[parameters[0]]];
      // A socket that only sends knows no receiveTimeout.
      const socket = new constructor();
      for (const [option, value] of Object.entries(timeouts)) if (option in socket) socket[option] = value;
      sockets.set(id, socket);
      return [];
    }
    const socket = sockets.get(id);
    switch (command) {
      case "set": {
        const [option, value] = parameters;
        if (option === "subscribe") socket.subscribe(parse(value));
        else socket[options[option]] = flags.includes(option) ? value === "1" : value;
        return [];
      }
      case "bind":
        await socket.bind(parameters[0]);
        return [socket.lastEndpoint];
      case "connect":
        socket.connect(parameters[0]);
        return [];
      case "send":
        await socket.send(parameters.map(parse));
        return [];
      case "recv":
        return (await socket.receive()).map((frame) => frame.toString("hex") || "-");
      case "close":
        socket.close();
        sockets.delete(id);
        return [];
      default:
        throw new Error("no such command");
    }
  };
};

async function main() {
  const handle = exports.createHandler(require(process.argv[2]), process.argv[2]);

  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await handle(...line.split(" ")).then(
      (words) => ["ok", ...words],
      (error) => ["error", error.message],
    );
    process.stdout.write(`${answer.join(" ")}\n`);
  }
  // A ZAP handler waits for requests forever.
  process.exit();
}

if (require.main === module) main();
