// Counts the messages that libzmq has not handed to the network, for which it has no option
// (vendor/patches/libzmq/peers/count-unsent.patch). Used on the environment's thread.

// libzmq's internal headers. Their classes have the right layout only after the platform header in precompiled.hpp.
#include <zmq.h>

#include <cerrno>
#ifndef ZMQ_NATIVE_SYSTEM_LIBZMQ
#include <precompiled.hpp>
#include <socket_base.hpp>
#endif

#include "arguments.h"
#include "exports.h"

namespace zmq_native {
namespace {

// unsent(handle) -> number of queued messages that have not been handed to the network, or -errno. Unless it is 0, the
// socket signals when that has changed. Does not process libzmq's commands, as `events` does.
Napi::Value unsent(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  return arguments.answer(-ENOTSUP);
#else
  const auto lock = socket->guard();
  return arguments.answer(static_cast<int64_t>(static_cast<zmq::socket_base_t*>(socket->get())->count_unsent()));
#endif
}

}  // namespace

void exportUnsent(Exports& exports) { exports.add<unsent>("unsent"); }

}  // namespace zmq_native
