// The door for ES modules. It opens to the one CommonJS implementation, so that there is one Context and one of each
// class however the package is loaded.

import zmq from "./index.js";

export * from "./index.js";
export default zmq;
