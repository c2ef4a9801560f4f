// Runs the three examples of the package, each with a request that ZAP must accept. They print whether the reply
// arrived.

const { spawnSync } = require("node:child_process");
const { check, done, load } = require("./check.cjs");

for (const mechanism of ["null", "plain", "curve"]) {
  const { stderr, status } = spawnSync(process.execPath, [load.resolve(`zmq-zap/examples/${mechanism}.js`)], {
    encoding: "utf8",
    env: { ...process.env, DEBUG: "zmq-zap:examples:*" },
    timeout: 20_000,
  });
  check(`${mechanism}: exit code (${stderr})`, status, 0);
  check(`${mechanism}: authenticated (${stderr})`, /Authenticating .*/.test(stderr), true);
  check(`${mechanism}: reply (${stderr})`, /success!/.test(stderr), true);
}
done();
