// Options of Publisher, Subscriber, XPublisher and XSubscriber.

import * as zmq from "../../binding/constants.js";
import { rows } from "../kinds.js";

const { int32, boolean, string } = rows;

/** Options of Publisher and XPublisher. */
export const publishOptions = {
  /**
   * Whether `send` waits while the queue of a subscriber is full, instead of dropping its messages. One subscriber that
   * stops reading then stops the publisher.
   *
   * Default false. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_XPUB_NODROP`.
   */
  noDrop: boolean(zmq.ZMQ_XPUB_NODROP, { access: "w" }),
};

/** Options of XPublisher. */
export const xpublisherOptions = {
  /**
   * Whether the program decides which subscriptions take effect: it receives each subscription message, and applies it
   * by setting the options `ZMQ_SUBSCRIBE` and `ZMQ_UNSUBSCRIBE`.
   *
   * Default false. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_XPUB_MANUAL`.
   */
  manual: boolean(zmq.ZMQ_XPUB_MANUAL, { access: "w" }),
  /**
   * The message that each new subscriber receives first. Null sends none.
   *
   * Default null. Can only be set. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_XPUB_WELCOME_MSG`.
   */
  welcomeMessage: string(zmq.ZMQ_XPUB_WELCOME_MSG, { access: "w" }),
};

/** Options of Publisher, Subscriber, XPublisher. */
export const matchOptions = {
  /**
   * When true, a subscriber receives the messages that match none of its subscriptions, instead of those that match
   * one. Publisher and subscriber need the same value.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_INVERT_MATCHING`.
   */
  invertMatching: boolean(zmq.ZMQ_INVERT_MATCHING),
};

/** Options of XSubscriber. */
export const xsubscriberOptions = {
  /**
   * Whether every unsubscription is sent to publishers. When false, libzmq sends only the last unsubscription of each
   * topic.
   *
   * Default false. Since libzmq 4.3.5. Can only be set. Takes effect at once. libzmq: `ZMQ_XSUB_VERBOSE_UNSUBSCRIBE`.
   */
  verboseUnsubscribe: boolean(zmq.ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, { access: "w", live: true }),
};

/** Read-only options of Publisher, XPublisher, Subscriber and XSubscriber. */
export const topicOptions = {
  /**
   * The number of different topics that the socket has subscribed to. On a publisher: that all its subscribers together
   * have subscribed to. Since libzmq 4.3.5.
   *
   * Can only be read. libzmq: `ZMQ_TOPICS_COUNT`.
   */
  topicsCount: int32(zmq.ZMQ_TOPICS_COUNT, { access: "r" }),
};
