// The addon loads and has all its functions.

const assert = require("node:assert/strict");

module.exports = ({ zmq }) => ({
  "libzmq has what was promised": async () => {
    const promised = process.env.SMOKE_CAPABILITIES?.split(",") ?? ["curve", "draft"];
    const lacking = promised.filter((name) => name !== "WS" && !zmq.capability[name]);
    assert.deepEqual(lacking, []);
  },
  "keys of CURVE": async () => {
    const { publicKey, secretKey } = zmq.curveKeyPair();
    assert.match(publicKey, /^.{40}$/);
    assert.match(secretKey, /^.{40}$/);
    assert.notEqual(publicKey, secretKey);
  },
  "options that a cross build can lose": async () => {
    const socket = new zmq.Dealer({ tcpKeepalive: 1, tcpKeepaliveInterval: 5, tcpKeepaliveIdle: 30 });
    assert.equal(socket.tcpKeepalive, 1);
    await socket.bind("tcp://127.0.0.1:*");
    socket.close();
  },
  "an error of libzmq's": async () => {
    const socket = new zmq.Pull();
    const other = new zmq.Pull();
    await socket.bind("tcp://127.0.0.1:*");
    await assert.rejects(other.bind(socket.lastEndpoint), { code: "EADDRINUSE" });
    other.close();
    socket.close();
  },
  "an error where C++ would throw": async () => {
    assert.throws(() => new zmq.Pull({ sendTimeout: "wrong" }));
    assert.throws(() => zmq.Context.attach(4711), { code: "EFAULT" });
  },
});
