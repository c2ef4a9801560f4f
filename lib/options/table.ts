// All options of libzmq that are properties, in tables by the socket types that have them (see lib/socket/classes.ts). To
// add an option, add a row to a table. A row's comment is the documentation of the property. The values in its `@throws`
// are those of lib/options/explain.ts; test/types/docstrings.test.ts compares them.

export { commonOptions, statusOptions } from "./tables/common.js";
export { contextOptions } from "./tables/context.js";
export { normOptions } from "./tables/norm.js";
export {
  matchOptions,
  publishOptions,
  topicOptions,
  xpublisherOptions,
  xsubscriberOptions,
} from "./tables/publish-subscribe.js";
export {
  disconnectOptions,
  helloOptions,
  hiccupOptions,
  probeOptions,
  requestOptions,
  routerOptions,
  routingIdOptions,
} from "./tables/request-reply.js";
export { curveOptions, gssapiOptions, wssOptions } from "./tables/security.js";
export { conflateOptions, receiveOptions, sendOptions } from "./tables/send-receive.js";
export { streamOptions } from "./tables/stream.js";
