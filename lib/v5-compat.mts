// The door for ES modules, to the one CommonJS implementation.

import zmq from "./v5-compat.js";

export * from "./v5-compat.js";
export default zmq;
