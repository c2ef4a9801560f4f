// Many messages over each transport, by promises alone, so that both ends wait.

const assert = require("node:assert/strict");
const { joined, transports } = require("./pairs.cjs");

const count = Number(process.env.SMOKE_MESSAGES ?? 2000);

async function flood(push, pull) {
  const send = async () => {
    for (let i = 0; i < count; i++) await push.send([`${i}`, "x".repeat(i % 2000)]);
  };
  const receive = async () => {
    for (let i = 0; i < count; i++) {
      const [number, body] = await pull.receive();
      assert.equal(String(number), `${i}`);
      assert.equal(body.length, i % 2000);
    }
  };
  await Promise.all([send(), receive()]);
}

module.exports = ({ zmq }) => {
  const { Pull, Push } = zmq;
  const checks = {};
  for (const transport of transports(zmq)) {
    checks[transport] = () =>
      joined(new Pull(), new Push({ linger: 0 }), transport, (pull, push) => flood(push, pull));
  }
  for (const transport of ["tcp", "ws"]) {
    checks[`${transport} with CURVE`] = async () => {
      const [server, client] = [zmq.curveKeyPair(), zmq.curveKeyPair()];
      const pull = new Pull({ curveServer: true, curveSecretKey: server.secretKey });
      const push = new Push({
        linger: 0,
        curveServerKey: server.publicKey,
        curvePublicKey: client.publicKey,
        curveSecretKey: client.secretKey,
      });
      await joined(pull, push, transport, () => flood(push, pull));
    };
  }
  return checks;
};
