// Endpoints and connected sockets for the checks.

const { createSocket } = require("node:dgram");
const { once } = require("node:events");
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

let folder;
let count = 0;

process.on("exit", () => folder && rmSync(folder, { recursive: true, force: true }));

/** An endpoint to bind to. */
exports.fresh = (transport) => {
  switch (transport) {
    case "ipc":
      folder ??= mkdtempSync(join(tmpdir(), "zmq-smoke-"));
      return `ipc://${join(folder, String(++count))}`;
    case "inproc":
      return `inproc://smoke-${++count}`;
    default:
      return `${transport}://127.0.0.1:*`;
  }
};

/** Transports that work on this system: libzmq may support ipc where the system does not, as before Windows 10 1803. */
exports.transports = ({ Pair, capability }) => {
  const transports = ["tcp", "inproc", "ws"];
  if (!capability.ipc) return transports;
  const pair = new Pair();
  try {
    pair.bindSync(exports.fresh("ipc"));
    return [...transports, "ipc"];
  } catch (error) {
    if (error.code !== "EAFNOSUPPORT") throw error;
    console.log("left out: ipc, for which this system has no sockets");
    return transports;
  } finally {
    pair.close();
  }
};

/** A UDP port that was free a moment ago: libzmq does not report the port that the system chose. */
exports.freeUdpPort = async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
};

/** Binds one to a fresh endpoint, connects the other, runs `use`, closes both. */
exports.joined = async (bound, connected, transport, use) => {
  try {
    await bound.bind(exports.fresh(transport));
    connected.connect(bound.lastEndpoint);
    return await use(bound, connected);
  } finally {
    bound.close();
    connected.close();
  }
};
