// Counts the subscribers of a publisher, for which libzmq has no option
// (vendor/patches/libzmq/pubsub/count-subscribers.patch). Used on the environment's thread.

// libzmq's internal headers. Their classes have the right layout only after the platform header in precompiled.hpp.
#include <zmq.h>

#include <cerrno>
#ifndef ZMQ_NATIVE_SYSTEM_LIBZMQ
#include <precompiled.hpp>
#include <xpub.hpp>
#endif

#include "arguments.h"
#include "exports.h"

namespace zmq_native {
namespace {

// subscribers(handle, any, topic: Uint8Array) -> number of peers with any subscription, or that would receive a message
// with this topic; or -errno. Counts only subscriptions that libzmq has processed, as `events` makes it do.
Napi::Value subscribers(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  const bool any = arguments.boolean(1);
  const Bytes topic = arguments.bytes(2);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
  if (!socket->publishes()) return arguments.answer(-ENOTSUP);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  return arguments.answer(-ENOTSUP);
#else
  const auto lock = socket->guard();
  static const unsigned char empty = 0;
  const unsigned char* const prefix = any ? nullptr : topic.size == 0 ? &empty : topic.data;
  auto* const publisher = static_cast<zmq::xpub_t*>(static_cast<zmq::socket_base_t*>(socket->get()));
  return arguments.answer(static_cast<int64_t>(publisher->subscribers(prefix, topic.size)));
#endif
}

}  // namespace

void exportSubscribers(Exports& exports) { exports.add<subscribers>("subscribers"); }

}  // namespace zmq_native
