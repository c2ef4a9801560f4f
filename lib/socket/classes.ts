// The socket classes, which are in lib/socket/classes/ by pattern, and the options of each at run time. The types of the
// options are in the interface of each class.

import { capability } from "../binding/capability.js";
import { coreOf } from "../core/registry.js";
import { defineOptions } from "../options/kinds.js";
import {
  conflateOptions,
  disconnectOptions,
  helloOptions,
  hiccupOptions,
  matchOptions,
  normOptions,
  probeOptions,
  publishOptions,
  receiveOptions,
  requestOptions,
  routerOptions,
  routingIdOptions,
  sendOptions,
  streamOptions,
  topicOptions,
  xpublisherOptions,
  xsubscriberOptions,
} from "../options/table.js";
import { defineSocketOptions } from "./class-options.js";
import { Pair } from "./classes/pair.js";
import { Pull, Push } from "./classes/pipeline.js";
import { Publisher, Subscriber, XPublisher, XSubscriber } from "./classes/publish-subscribe.js";
import { Dealer, Reply, Request, Router } from "./classes/request-reply.js";
import { Stream } from "./classes/stream.js";
import { defineMulticast } from "./multicast.js";

export {
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
};

defineSocketOptions([
  [Pair, sendOptions, receiveOptions],
  [Publisher, sendOptions, conflateOptions, publishOptions, matchOptions],
  [Subscriber, receiveOptions, conflateOptions, matchOptions],
  [Request, sendOptions, receiveOptions, routingIdOptions, probeOptions, requestOptions],
  [Reply, sendOptions, receiveOptions, routingIdOptions],
  [
    Dealer,
    ...[sendOptions, receiveOptions, routingIdOptions, probeOptions, conflateOptions, helloOptions],
    hiccupOptions,
  ],
  [
    Router,
    ...[sendOptions, receiveOptions, routingIdOptions, routerOptions, probeOptions, helloOptions],
    disconnectOptions,
  ],
  [Pull, receiveOptions, conflateOptions],
  [Push, sendOptions, conflateOptions],
  [XPublisher, sendOptions, receiveOptions, publishOptions, xpublisherOptions, matchOptions],
  [XSubscriber, sendOptions, receiveOptions, xsubscriberOptions],
  [Stream, sendOptions, receiveOptions, streamOptions],
]);
for (const { prototype } of [Publisher, Subscriber, XPublisher, XSubscriber]) {
  defineOptions(prototype, topicOptions, coreOf);
  if (capability.norm) defineOptions(prototype, normOptions, coreOf);
  defineMulticast(prototype);
}
