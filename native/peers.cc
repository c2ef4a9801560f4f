// Lists the connections of a socket and reports their changes, for which libzmq has no function
// (vendor/patches/libzmq/peers/list.patch). Used on the environment's thread.

// libzmq's internal headers. Their classes have the right layout only after the platform header in precompiled.hpp.
#include <zmq.h>

#include <cerrno>
#include <vector>
#ifndef ZMQ_NATIVE_SYSTEM_LIBZMQ
#include <precompiled.hpp>
#include <socket_base.hpp>
#endif

#include "arguments.h"
#include "exports.h"
#include "notifier.h"
#include "peers.h"

namespace zmq_native {

// Contexts have positive numbers.
void PeerWatch::notify(void* watch) {
  const auto* const self = static_cast<PeerWatch*>(watch);
  self->notifier_->notify(-self->handle_);
}

#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
void Socket::unwatchPeers() {}
#else
namespace {

zmq::socket_base_t* baseOf(const Socket& socket) { return static_cast<zmq::socket_base_t*>(socket.get()); }

using Rows = zmq::connections_t::rows_t;

/** Creates one flat array of JavaScript. Null if Node-API fails. */
class Flat {
 public:
  explicit Flat(napi_env env) : env_(env) {
    if (napi_create_array(env, &array_) != napi_ok) array_ = nullptr;
  }

  void number(double value) {
    napi_value element = nullptr;
    if (array_ != nullptr && napi_create_double(env_, value, &element) != napi_ok) array_ = nullptr;
    push(element);
  }

  void text(const std::string& value) {
    napi_value element = nullptr;
    if (array_ != nullptr && napi_create_string_utf8(env_, value.data(), value.size(), &element) != napi_ok) {
      array_ = nullptr;
    }
    push(element);
  }

  /** One character for each byte. */
  void bytes(const std::string& value) {
    napi_value element = nullptr;
    if (array_ != nullptr && napi_create_string_latin1(env_, value.data(), value.size(), &element) != napi_ok) {
      array_ = nullptr;
    }
    push(element);
  }

  Napi::Value answer(const Arguments& arguments) const {
    if (array_ != nullptr) return {env_, array_};
    clearException(env_);
    return arguments.answer(-ENOMEM);
  }

 private:
  void push(napi_value element) {
    if (array_ != nullptr && napi_set_element(env_, array_, count_++, element) != napi_ok) array_ = nullptr;
  }

  napi_env env_;
  napi_value array_ = nullptr;
  uint32_t count_ = 0;
};

/** The fields of a row, in the order that lib/socket/peers/rows.ts expects. */
void append(Flat& to, const zmq::connection_row_t& row) {
  to.number(row.event);
  to.number(static_cast<double>(row.id));
  to.number(row.endpoints.local_type == zmq::endpoint_type_bind ? 1 : 0);
  to.text(row.endpoints.local);
  to.text(row.endpoints.remote);
  to.number(static_cast<double>(row.since));
  to.number(row.mechanism);
  to.number(row.reason);
  to.number(row.detail);
  for (const uint64_t count :
       {row.messages_received, row.messages_sent, row.bytes_received, row.bytes_sent, row.queued_in, row.queued_out}) {
    to.number(static_cast<double>(count));
  }
  for (const uint64_t count : row.drops) to.number(static_cast<double>(count));
  to.bytes(row.routing_id);
  to.number(row.server_routing_id);
  to.number(static_cast<double>(row.properties.size()));
  for (const auto& property : row.properties) {
    to.text(property.first);
    to.text(property.second);
  }
}

/** Nothing refers to the socket any more: setting an element of an array may run a setter of Array.prototype. */
Napi::Value answerRows(const Arguments& arguments, const Rows& rows, bool complete) {
  Flat flat(arguments.env());
  flat.number(complete ? 1 : 0);
  for (const zmq::connection_row_t& row : rows) append(flat, row);
  return flat.answer(arguments);
}

}  // namespace

void Socket::unwatchPeers() {
  if (peerWatch == nullptr) return;
  baseOf(*this)->connections().watch(nullptr, nullptr);
  peerWatch.reset();
}

#endif

namespace {

// watchPeers(handle) -> 0, or -errno: from now on changes are kept for takePeerChanges, and reported as a notice
Napi::Value watchPeers(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t handle = arguments.integer(0);
  if (!arguments.ok()) return {};
  Environment& environment = arguments.environment();
  Socket* const socket = environment.sockets.find(handle);
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  return arguments.answer(-ENOTSUP);
#else
  socket->unwatchPeers();
  environment.repeatCalls();
  auto watch = std::make_unique<PeerWatch>(environment.notifier, handle);
  baseOf(*socket)->connections().watch(PeerWatch::notify, watch.get());
  if (!baseOf(*socket)->connections().is_watched()) return arguments.answer(-ENOMEM);
  socket->peerWatch = std::move(watch);
  return arguments.answer(0);
#endif
}

// takePeerChanges(handle) -> an array of rows, or -errno
Napi::Value takePeerChanges(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* const socket = arguments.socket(0);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  return arguments.answer(-ENOTSUP);
#else
  Rows rows;
  bool complete = true;
  {
    const auto lock = socket->guard();
    if (baseOf(*socket)->take_connections(&rows, &complete) != 0) return arguments.answer(-zmq_errno());
  }
  return answerRows(arguments, rows, complete);
#endif
}

// listPeers(handle, id) -> an array of rows, or -errno: the connection with that id; or all that are ready, with their
// properties if the id is 0, and without if it is -1
Napi::Value listPeers(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* const socket = arguments.socket(0);
  const double id = arguments.number(1);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  static_cast<void>(id);
  return arguments.answer(-ENOTSUP);
#else
  if (!(id >= -1 && id < kMostIds)) return arguments.answer(-EINVAL);
  const uint64_t only = id > 0 ? static_cast<uint64_t>(id) : 0;
  Rows rows;
  {
    const auto lock = socket->guard();
    if (baseOf(*socket)->list_connections(&rows, only, id == 0) != 0) return arguments.answer(-zmq_errno());
  }
  return answerRows(arguments, rows, true);
#endif
}

// listEndpoints(handle) -> a flat array: endpoint, state, retries, last error, and time of the next attempt; or -errno
Napi::Value listEndpoints(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* const socket = arguments.socket(0);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  return arguments.answer(-ENOTSUP);
#else
  std::vector<zmq::endpoint_row_t> rows;
  {
    const auto lock = socket->guard();
    if (baseOf(*socket)->list_endpoints(&rows) != 0) return arguments.answer(-zmq_errno());
  }
  Flat flat(arguments.env());
  for (const zmq::endpoint_row_t& row : rows) {
    flat.text(row.endpoint);
    flat.number(row.state);
    flat.number(static_cast<double>(row.retries));
    flat.number(row.last_error);
    flat.number(static_cast<double>(row.next_retry));
  }
  return flat.answer(arguments);
#endif
}

// retryEndpoint(handle, endpoint) -> 0, or -errno: makes the attempt at once that connections to the endpoint wait for
Napi::Value retryEndpoint(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* const socket = arguments.socket(0);
  const std::string endpoint = arguments.string(1);
  if (!arguments.ok()) return {};
  if (socket == nullptr || socket->get() == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  return arguments.answer(-ENOTSUP);
#else
  const auto lock = socket->guard();
  return arguments.answer(baseOf(*socket)->retry_endpoint(endpoint.c_str()) == 0 ? 0 : -zmq_errno());
#endif
}

// keepAlive(on) -> 0: adds or removes a reason to keep the process alive
Napi::Value keepAlive(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const bool on = arguments.boolean(0);
  if (!arguments.ok()) return {};
  if (on) {
    arguments.environment().notifier->expect();
  } else {
    arguments.environment().notifier->release();
  }
  return arguments.answer(0);
}

}  // namespace

void exportPeers(Exports& exports) {
  exports.add<watchPeers>("watchPeers");
  exports.add<takePeerChanges>("takePeerChanges");
  exports.add<listPeers>("listPeers");
  exports.add<listEndpoints>("listEndpoints");
  exports.add<retryEndpoint>("retryEndpoint");
  exports.add<keepAlive>("keepAlive");
}

}  // namespace zmq_native
