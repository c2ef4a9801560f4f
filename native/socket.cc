#include "socket.h"

#include <zmq.h>

#include <cerrno>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "arguments.h"
#include "context.h"
#include "descriptor.h"
#include "exports.h"

namespace zmq_native {
namespace {

/**
 * The memory that V8 assumes an open socket to use, in bytes. It is more than the actual size, since unreachable
 * sockets must be garbage-collected before maxSockets is reached: V8 collects garbage after 64 MiB, and so before 1023
 * sockets.
 */
constexpr int64_t kWeight = 128 * 1024;

void weigh(napi_env env, int64_t change) {
  int64_t sum;
  napi_adjust_external_memory(env, change, &sum);
}

}  // namespace

bool Socket::balancesLoad() const {
  switch (type_) {
    case ZMQ_PUSH:
    case ZMQ_DEALER:
      return true;
    default:
      return false;
  }
}

bool Socket::publishes() const { return type_ == ZMQ_PUB || type_ == ZMQ_XPUB; }

bool Socket::tagsWithRoutingId() const { return type_ == ZMQ_SERVER || type_ == ZMQ_PEER; }

bool Socket::tagsWithGroup() const { return type_ == ZMQ_RADIO || type_ == ZMQ_DISH; }

std::unique_lock<std::mutex> Socket::guard() const {
  return proxy_ == nullptr ? std::unique_lock<std::mutex>() : std::unique_lock<std::mutex>(proxy_->mutex());
}

// Not a FinalizationRegistry: it is called only after a full garbage collection, and a thousand unreachable sockets
// would reach maxSockets before the first.
bool Socket::belongTo(napi_value owner, int32_t handle) {
  readiness.reportAs(handle);
  const auto collected = [](napi_env, void* handle, void* environment) {
    static_cast<Environment*>(environment)->sockets.remove(static_cast<int32_t>(reinterpret_cast<intptr_t>(handle)));
  };
  if (napi_add_finalizer(environment_.env, owner, reinterpret_cast<void*>(static_cast<intptr_t>(handle)), collected,
                         &environment_, &owner_) != napi_ok) {
    return false;
  }
  weigh(environment_.env, kWeight);
  return true;
}

void Socket::lend(Proxy* proxy) {
  proxy_ = proxy;
  if (lent()) {
    readiness.ignore();
  } else {
    attend();
  }
}

void Socket::attend() {
  if (socket_ != nullptr && !lent()) readiness.attend();
}

napi_value Socket::owner() const {
  napi_value value = nullptr;
  if (owner_ != nullptr) napi_get_reference_value(environment_.env, owner_, &value);
  return value;
}

void Socket::close() {
  if (owner_ != nullptr) {
    napi_delete_reference(environment_.env, owner_);
    weigh(environment_.env, -kWeight);
  }
  owner_ = nullptr;
  if (socket_ == nullptr) return;
  readiness.close();
  unwatchPeers();
  zmq_close(socket_);
  socket_ = nullptr;
}

namespace {

// openSocket(context, type, owner) -> handle, or -errno. The socket is closed when the object `owner` is
// garbage-collected.
Napi::Value openSocket(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t context = arguments.integer(0);
  const int32_t type = arguments.integer(1);
  const napi_value owner = arguments.object(2);
  if (!arguments.ok()) return {};
  Environment& environment = arguments.environment();
  void* zmqContext = Context::get(environment, context);
  if (zmqContext == nullptr) return arguments.answer(-EFAULT);
  void* socket = zmq_socket(zmqContext, type);
  if (socket == nullptr) return arguments.answer(-zmq_errno());
  std::unique_ptr<Socket> made(new (std::nothrow) Socket(environment, socket, type, context));
  if (made == nullptr) {
    zmq_close(socket);
    return arguments.answer(-ENOMEM);
  }
  const int32_t handle = environment.sockets.add(std::move(made));
  if (!environment.sockets.find(handle)->belongTo(owner, handle)) {
    environment.sockets.remove(handle);
    return arguments.answer(-ENOMEM);
  }
  return arguments.answer(handle);
}

// ownersOf(context) -> the owners of the sockets that this thread has open in the context
Napi::Value ownersOf(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t context = arguments.integer(0);
  if (!arguments.ok()) return {};
  // Collects the owners first, since setting an element of an array may run a setter of Array.prototype.
  std::vector<napi_value> owners;
  arguments.environment().sockets.each([&](const Socket& socket) {
    const napi_value owner = socket.context() == context ? socket.owner() : nullptr;
    if (owner != nullptr) owners.push_back(owner);
  });
  napi_value array = nullptr;
  if (napi_create_array(info.Env(), &array) != napi_ok) return {};
  for (uint32_t index = 0; index < owners.size(); ++index) napi_set_element(info.Env(), array, index, owners[index]);
  return {info.Env(), array};
}

// closeSocket(handle) -> 0, -ENOTSOCK, or -EBUSY while a proxy has the socket
Napi::Value closeSocket(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t handle = arguments.integer(0);
  if (!arguments.ok()) return {};
  const Socket* socket = arguments.environment().sockets.find(handle);
  if (socket != nullptr && socket->lent()) return arguments.answer(-EBUSY);
  return arguments.answer(arguments.environment().sockets.remove(handle) ? 0 : -ENOTSOCK);
}

/** Whether the descriptor belongs to a socket that accepts connections. */
bool isListening(int descriptor) {
  int listening = 0;
  SocketLength size = sizeof listening;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, reinterpret_cast<char*>(&listening), &size) == 0 &&
         listening != 0;
}

/**
 * Calls zmq_bind, but checks ZMQ_USE_FD first: zmq_bind aborts in an I/O thread if that descriptor accepts no
 * connections.
 */
int bindSocket(void* socket, const char* endpoint) {
  int descriptor = -1;
  size_t size = sizeof descriptor;
  if (zmq_getsockopt(socket, ZMQ_USE_FD, &descriptor, &size) == 0 && descriptor != -1 && !isListening(descriptor)) {
    errno = EINVAL;
    return -1;
  }
  return zmq_bind(socket, endpoint);
}

// bind | unbind | connect | disconnect(handle, endpoint) -> 0, or -errno
template <int (*call)(void* socket, const char* endpoint)>
Napi::Value onEndpoint(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  const std::string endpoint = arguments.string(1);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  {
    // A connection may be made while a proxy uses the socket, when its host name has been resolved.
    const auto lock = socket->guard();
    if (call(socket->get(), endpoint.c_str()) != 0) return arguments.answer(-zmq_errno());
  }
  socket->attend();
  return arguments.answer(0);
}

// join | leave(handle, group: Uint8Array) -> 0, or -errno
template <int (*call)(void* socket, const char* group)>
Napi::Value onGroup(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  const Bytes group = arguments.bytes(1);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const std::string name(reinterpret_cast<const char*>(group.data), group.size);
  const auto lock = socket->guard();
  return arguments.answer(call(socket->get(), name.c_str()) == 0 ? 0 : -zmq_errno());
}

// connectPeer(handle, endpoint) -> the peer's routing id, or -errno
Napi::Value connectPeer(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  const std::string endpoint = arguments.string(1);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const uint32_t id = zmq_connect_peer(socket->get(), endpoint.c_str());
  if (id == 0) return arguments.answer(-static_cast<int64_t>(zmq_errno()));
  socket->attend();
  return arguments.answer(id);
}

// disconnectPeer(handle, routingId) -> 0, or -errno
Napi::Value disconnectPeer(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  // An integer of more than 31 bits arrives as its lower 32 bits.
  const auto routingId = static_cast<uint32_t>(arguments.integer(1));
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  static_cast<void>(routingId);
  return arguments.answer(-ENOTSUP);
#else
  const auto lock = socket->guard();
  return arguments.answer(zmq_disconnect_peer(socket->get(), routingId) == 0 ? 0 : -zmq_errno());
#endif
}

// monitor(handle, endpoint, events) -> 0, or -errno: sends events to a PAIR socket that connects to the inproc
// endpoint, in version 2 of the format (frames: event, count, values, local, remote). An empty endpoint stops it.
Napi::Value monitor(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  const std::string endpoint = arguments.string(1);
  const int32_t events = arguments.integer(2);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const char* const to = endpoint.empty() ? nullptr : endpoint.c_str();
  const auto lock = socket->guard();
  const int result = zmq_socket_monitor_versioned(socket->get(), to, static_cast<uint32_t>(events), 2, ZMQ_PAIR);
  return arguments.answer(result == 0 ? 0 : -zmq_errno());
}

// reportPipes(handle) -> 0, or -errno: the monitor receives an event for each of the socket's pipes
Napi::Value reportPipes(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const auto lock = socket->guard();
  return arguments.answer(zmq_socket_monitor_pipes_stats(socket->get()) == 0 ? 0 : -zmq_errno());
}

// getOption(handle, option, into: Uint8Array) -> bytes written, or -errno
Napi::Value getOption(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  const int32_t option = arguments.integer(1);
  const Bytes into = arguments.bytes(2);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  size_t size = into.size;
  const auto lock = socket->guard();
  if (zmq_getsockopt(socket->get(), option, into.data, &size) != 0) return arguments.answer(-zmq_errno());
  return arguments.answer(static_cast<int64_t>(size));
}

// setOption(handle, option, value: Uint8Array) -> 0, or -errno
Napi::Value setOption(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  const int32_t option = arguments.integer(1);
  const Bytes value = arguments.bytes(2);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const auto lock = socket->guard();
  // Null if the value is empty: libzmq distinguishes them, and runtimes differ in the pointer of an empty array.
  const void* const data = value.size == 0 ? nullptr : value.data;
  return arguments.answer(zmq_setsockopt(socket->get(), option, data, value.size) == 0 ? 0 : -zmq_errno());
}

// events(handle) -> bits of ZMQ_POLLIN and ZMQ_POLLOUT for both directions at one moment, or -errno
Napi::Value events(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  int bits = 0;
  size_t size = sizeof bits;
  const auto lock = socket->guard();
  return arguments.answer(zmq_getsockopt(socket->get(), ZMQ_EVENTS, &bits, &size) == 0 ? bits : -zmq_errno());
}

// hold(handle, on, alive) -> 0, 1 if the socket must be tried once more, or -errno: sets whether wake-ups are reported,
// and whether they keep the process alive
Napi::Value hold(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t handle = arguments.integer(0);
  const bool on = arguments.boolean(1);
  const bool alive = arguments.boolean(2);
  if (!arguments.ok()) return {};
  Socket* socket = arguments.environment().sockets.find(handle);
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  if (on) return arguments.answer(socket->readiness.hold(alive));
  socket->readiness.release();
  return arguments.answer(0);
}

// onReady(callback: (...handles) => void): called when held sockets may have become ready
Napi::Value onReady(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const napi_value callback = arguments.function(0);
  if (!arguments.ok()) return {};
  return arguments.answer(arguments.environment().onReady(callback) ? 0 : -ENOMEM);
}

}  // namespace

void exportSocket(Exports& exports) {
  exports.add<openSocket>("openSocket");
  exports.add<ownersOf>("ownersOf");
  exports.add<closeSocket>("closeSocket");
  exports.add<onEndpoint<bindSocket>>("bind");
  exports.add<onEndpoint<zmq_unbind>>("unbind");
  exports.add<onEndpoint<zmq_connect>>("connect");
  exports.add<onEndpoint<zmq_disconnect>>("disconnect");
  exports.add<onGroup<zmq_join>>("join");
  exports.add<onGroup<zmq_leave>>("leave");
  exports.add<connectPeer>("connectPeer");
  exports.add<disconnectPeer>("disconnectPeer");
  exports.add<monitor>("monitor");
  exports.add<reportPipes>("reportPipes");
  exports.add<getOption>("getOption");
  exports.add<setOption>("setOption");
  exports.add<events>("events");
  exports.add<hold>("hold");
  exports.add<onReady>("onReady");
}

}  // namespace zmq_native
