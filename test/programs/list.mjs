// The public programs that `npm run programs` runs on zeromq and on this package.
//
// `module` is the package that the program loads, and `interface` the version of the interface that it uses. `tests` is
// the command of the program's own tests, run in its folder; the test tools are pinned here because many of the
// programs name versions that do not run on a current Node. `sample` is a file of this folder that uses the main path
// of the program's README and checks results, for packages that publish no tests or only tests without sockets.

const mocha = (...args) => ({
  tool: "mocha/bin/mocha.js",
  args: ["--exit", ...args],
  uses: { mocha: "10.8.2" },
});

export const programs = [
  {
    name: "jmp",
    version: "2.0.0",
    about: "Jupyter messages",
    asks: "zeromq 5",
    module: "zeromq",
    interface: 5,
    tests: mocha("test/index.js"),
    extras: { debug: "2.6.9" },
  },
  {
    name: "ijavascript",
    version: "5.2.1",
    about: "Jupyter kernel for JavaScript",
    asks: "zeromq 5, through jp-kernel 2.0.0 and jmp",
    module: "zeromq",
    interface: 5,
    sample: "ijavascript.cjs",
  },
  {
    name: "@node-lightning/bitcoind",
    version: "0.26.1",
    about: "client of a Bitcoin node",
    asks: "zeromq ^5.2.0",
    module: "zeromq",
    interface: 5,
    sample: "bitcoind.cjs",
  },
  {
    name: "ascoltatori",
    version: "4.3.0",
    about: "publish-subscribe over several brokers",
    asks: "zeromq *, by the interface of 5",
    module: "zeromq",
    interface: 5,
    tests: mocha("--require", "test/common.js", "test/zeromq_ascoltatore_spec.js"),
    extras: {
      chai: "3.5.0",
      eventemitter2: "2.2.2",
      ioredis: "2.5.0",
      mongodb: "2.2.36",
      "msgpack-lite": "0.1.26",
      sinon: "1.17.7",
      "sinon-chai": "2.14.0",
    },
    // Leaves out the clients of other brokers: they bring a node-gyp that is too old to build zeromq 5. Those in
    // `extras` are loaded in any case.
    install: ["--omit=optional"],
    // Its test setup starts an MQTT broker, which the tests of its ZeroMQ part do not use.
    empty: { mosca: "exports.Server = class {};" },
  },
  {
    name: "zerorpc",
    version: "0.9.8",
    about: "RPC",
    asks: "zeromq ^4.6.0",
    module: "zeromq",
    interface: 5,
    tests: { tool: "nodeunit/bin/nodeunit", args: ["test"], uses: { nodeunit: "0.11.3" } },
    extras: { temp: "0.9.4" },
  },
  {
    name: "sawtooth-sdk",
    version: "1.1.1",
    about: "transaction processors for a blockchain",
    asks: "zeromq ^4.2.1",
    module: "zeromq",
    interface: 5,
    tests: mocha("--recursive", "spec"),
    extras: { underscore: "1.8.3" },
    sample: "sawtooth.cjs",
  },
  {
    name: "pigato",
    version: "0.0.46",
    about: "Majordomo broker, worker and client",
    asks: "zmq ~2.15.2",
    module: "zmq",
    interface: 5,
    tests: mocha("--timeout=20000", "test"),
    extras: { chai: "3.2.0" },
  },
  {
    name: "zmq-zap",
    version: "0.0.3",
    about: "ZAP handler",
    asks: "zmq, in its examples",
    module: "zmq",
    interface: 5,
    tests: mocha("test/zmq-zap.test.js"),
    extras: { should: "3.1.4" },
    sample: "zmq_zap.cjs",
  },
  {
    name: "tslab",
    version: "1.0.22",
    about: "Jupyter kernel for TypeScript",
    asks: "zeromq ^6.0.0-beta.16",
    module: "zeromq",
    interface: 6,
    extras: { "enchannel-zmq-backend": "10.0.0", "@nteract/messaging": "7.0.20" },
    sample: "tslab.cjs",
  },
  {
    name: "enchannel-zmq-backend",
    version: "10.0.0",
    about: "Jupyter client of nteract",
    asks: "zeromq ^6.5.0",
    module: "zeromq",
    interface: 6,
    tests: {
      tool: "jest/bin/jest.js",
      // Jest ignores packages in node_modules unless these say otherwise.
      args: [
        "--testPathIgnorePatterns=/none/",
        "--transformIgnorePatterns=/none/",
        '--haste={"retainAllFiles":true}',
        '--transform={"\\\\.ts$":["ts-jest",{"diagnostics":false}]}',
      ],
      uses: { jest: "30.2.0", "ts-jest": "29.4.6", typescript: "5.9.3" },
    },
    extras: {},
  },
  {
    name: "@dashevo/dashd-zmq",
    version: "1.2.1",
    about: "client of a Dash node",
    asks: "zeromq ^6.0.0-beta.6",
    module: "zeromq",
    interface: 6,
    tests: mocha("lib/**/*.spec.js"),
    sample: "dashd.cjs",
    extras: { chai: "4.5.0" },
  },
];
