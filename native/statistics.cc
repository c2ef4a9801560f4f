// Reads what has become of a socket's messages, for which libzmq has no function
// (vendor/patches/libzmq/peers/count-drops.patch). Used on the environment's thread.

// libzmq's internal headers. Their classes have the right layout only after the platform header in precompiled.hpp.
#include <zmq.h>

#include <cerrno>
#include <cstring>
#ifndef ZMQ_NATIVE_SYSTEM_LIBZMQ
#include <precompiled.hpp>
#include <socket_base.hpp>
#endif

#include "arguments.h"
#include "exports.h"

namespace zmq_native {
namespace {

// readStatistics(handle, into: ArrayBuffer) -> 0, or -errno: writes doubles, in the order that lib/socket/statistics.ts
// expects
Napi::Value readStatistics(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* const socket = arguments.socket(0);
  const Bytes into = arguments.memory(1);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  static_cast<void>(into);
  return arguments.answer(-ENOTSUP);
#else
  constexpr size_t kCounts = 6;
  double values[kCounts + zmq::drop_reasons];
  if (into.size < sizeof values) return arguments.answer(-EINVAL);
  zmq::statistics_t statistics;
  {
    const auto lock = socket->guard();
    auto* const base = static_cast<zmq::socket_base_t*>(socket->get());
    if (base->get_statistics(&statistics) != 0) return arguments.answer(-zmq_errno());
  }
  const uint64_t counts[kCounts] = {statistics.messages_received, statistics.messages_sent, statistics.bytes_received,
                                    statistics.bytes_sent,        statistics.queued_in,     statistics.queued_out};
  for (size_t index = 0; index < kCounts; ++index) values[index] = static_cast<double>(counts[index]);
  for (int reason = 0; reason < zmq::drop_reasons; ++reason) {
    values[kCounts + reason] = static_cast<double>(statistics.drops.get(reason));
  }
  std::memcpy(into.data, values, sizeof values);
  return arguments.answer(0);
#endif
}

}  // namespace

void exportStatistics(Exports& exports) { exports.add<readStatistics>("readStatistics"); }

}  // namespace zmq_native
