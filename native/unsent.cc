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

// unsent(handle, id) -> number of queued messages that have not been handed to the network, or -errno. With an id other
// than 0, only those of the connection with that id: none if it has ended. Unless it is 0, the socket signals when that
// has changed. Does not process libzmq's commands, as `events` does.
Napi::Value unsent(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  const double id = arguments.number(1);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  static_cast<void>(id);
  return arguments.answer(-ENOTSUP);
#else
  if (!(id >= 0 && id < kMostIds)) return arguments.answer(-EINVAL);
  auto* const base = static_cast<zmq::socket_base_t*>(socket->get());
  const auto lock = socket->guard();
  return arguments.answer(static_cast<int64_t>(base->count_unsent(static_cast<uint64_t>(id))));
#endif
}

}  // namespace

void exportUnsent(Exports& exports) { exports.add<unsent>("unsent"); }

}  // namespace zmq_native
