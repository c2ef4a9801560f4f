// Every class of sockets there is in this build, by its name.

const zmq = require("../..");

const draft = zmq.capability.draft ? require("../../dist/draft.js") : {};
module.exports = Object.fromEntries(
  Object.entries({ ...zmq, ...draft }).filter(
    ([, value]) => typeof value === "function" && value.prototype instanceof zmq.Socket,
  ),
);
