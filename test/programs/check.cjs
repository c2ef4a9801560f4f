// Shared by the samples: packages of the folder where a program is installed, and checks that are counted.

const assert = require("node:assert/strict");
const { createRequire } = require("node:module");
const { createServer } = require("node:net");
const { join } = require("node:path");

/** Loads a package as the installed program would. */
exports.load = createRequire(join(process.cwd(), "sample.cjs"));

let passed = 0;
exports.check = (title, actual, expected) => {
  assert.deepEqual(actual, expected, title);
  passed++;
};

exports.done = () => {
  console.log(`${passed} passing`);
  process.exit(0);
};

/** Ports that are free now, for programs that take only numbers. */
exports.freePorts = async (count) => {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

/** The connection file of a Jupyter kernel. */
exports.connectionOfKernel = async () => {
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await exports.freePorts(5);
  const ports = { shell_port, iopub_port, stdin_port, control_port, hb_port };
  return {
    ...ports,
    ip: "127.0.0.1",
    transport: "tcp",
    key: "secret",
    signature_scheme: "hmac-sha256",
    version: 5,
  };
};
