#include "readiness.h"

#include <zmq.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "environment.h"

#ifdef _WIN32
#include <windows.h>
#include <winsock2.h>
#else
#include <dlfcn.h>
#endif

struct uv_loop_s;

namespace zmq_native {
namespace {

#ifdef _WIN32
using Descriptor = SOCKET;
void* symbol(const char* name) { return reinterpret_cast<void*>(GetProcAddress(GetModuleHandle(nullptr), name)); }
#else
using Descriptor = int;
void* symbol(const char* name) { return dlsym(RTLD_DEFAULT, name); }
#endif

// The part of libuv 1.x's stable ABI that is used here, bound by name: no header to match against the runtime's
// version, and no import that a runtime without libuv would fail on.
struct Uv {
  static constexpr int kPoll = 8;  // UV_POLL of enum uv_handle_type
  static constexpr int kReadable = 1;

  const char* (*handle_type_name)(int type);
  size_t (*handle_size)(int type);
  void (*handle_set_data)(uv_poll_s* handle, void* data);
  void* (*handle_get_data)(const uv_poll_s* handle);
  void (*ref)(uv_poll_s* handle);
  void (*unref)(uv_poll_s* handle);
  void (*close)(uv_poll_s* handle, void (*done)(uv_poll_s* handle));
  int (*poll_init_socket)(uv_loop_s* loop, uv_poll_s* handle, Descriptor socket);
  int (*poll_start)(uv_poll_s* handle, int events, void (*callback)(uv_poll_s*, int, int));
  int (*poll_stop)(uv_poll_s* handle);
  bool available = false;

  Uv() {
    available = bind(handle_type_name, "uv_handle_type_name") && bind(handle_size, "uv_handle_size") &&
                bind(handle_set_data, "uv_handle_set_data") && bind(handle_get_data, "uv_handle_get_data") &&
                bind(ref, "uv_ref") && bind(unref, "uv_unref") && bind(close, "uv_close") &&
                bind(poll_init_socket, "uv_poll_init_socket") && bind(poll_start, "uv_poll_start") &&
                bind(poll_stop, "uv_poll_stop") && std::strcmp(handle_type_name(kPoll), "poll") == 0;
  }

 private:
  template <typename Function>
  static bool bind(Function& function, const char* name) {
    function = reinterpret_cast<Function>(symbol(name));
    return function != nullptr;
  }
};

const Uv& uv() {
  static const Uv instance;
  return instance;
}

}  // namespace

int Readiness::open() {
  if (!uv().available) return -ENOSYS;
  Descriptor descriptor;
  size_t size = sizeof descriptor;
  if (zmq_getsockopt(socket_, ZMQ_FD, &descriptor, &size) != 0) {
    const int error = watchThreadSafe();
    if (error != 0) return error;
    zmq_poller_fd(poller_, &descriptor);
  }
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(environment_.env, &loop) != napi_ok) return -ENOSYS;
  auto* poll = static_cast<uv_poll_s*>(std::calloc(1, uv().handle_size(Uv::kPoll)));
  if (poll == nullptr) return -ENOMEM;
  if (uv().poll_init_socket(loop, poll, descriptor) != 0) {
    std::free(poll);
    return -EMFILE;
  }
  uv().handle_set_data(poll, this);
  uv().unref(poll);
  poll_ = poll;
  return 0;
}

int Readiness::watchThreadSafe() {
  if (poller_ != nullptr) return 0;
  void* poller = zmq_poller_new();
  if (poller == nullptr) return -ENOMEM;
  if (zmq_poller_add(poller, socket_, nullptr, ZMQ_POLLIN) != 0) {
    const int error = zmq_errno();
    zmq_poller_destroy(&poller);
    return -error;
  }
  poller_ = poller;
  return 0;
}

int Readiness::hold(int32_t handle, bool alive) {
  bool mayHaveMissed = false;
  if (poll_ == nullptr) {
    const int error = open();
    if (error != 0) return error;
    // A thread-safe socket has just got the poller that its news is signalled to: what came before was to nobody.
    mayHaveMissed = poller_ != nullptr;
  }
  if (!armed_) {
    if (uv().poll_start(poll_, Uv::kReadable, onPoll) != 0) return -EMFILE;
    armed_ = true;
  }
  keepAlive(alive);
  held_ = true;
  handle_ = handle;
  return mayHaveMissed ? 1 : 0;
}

void Readiness::release() {
  keepAlive(false);
  held_ = false;
}

void Readiness::keepAlive(bool on) {
  if (on == alive_) return;
  alive_ = on;
  if (on) {
    uv().ref(poll_);
  } else {
    uv().unref(poll_);
  }
}

void Readiness::onPoll(uv_poll_s* poll, int, int) {
  auto* self = static_cast<Readiness*>(uv().handle_get_data(poll));
  if (!self->held_) {
    uv().poll_stop(poll);
    self->armed_ = false;
    return;
  }
  if (self->poller_ != nullptr) {
    // Only waiting takes the signal off the poller's descriptor; undrained it would wake the loop for ever. Not before
    // somebody hears of it: the signal is all that tells of the news.
    zmq_poller_event_t event;
    zmq_poller_wait_all(self->poller_, &event, 1, 0);
  }
  self->environment_.callReady(self->handle_);
}

void Readiness::close() {
  if (poll_ != nullptr) {
    environment_.pollClosing();
    uv().poll_stop(poll_);
    uv().handle_set_data(poll_, &environment_);
    uv().close(poll_, [](uv_poll_s* poll) {
      auto* environment = static_cast<Environment*>(uv().handle_get_data(poll));
      std::free(poll);
      environment->pollClosed();
    });
    poll_ = nullptr;
  }
  if (poller_ != nullptr) {
    zmq_poller_remove(poller_, socket_);
    zmq_poller_destroy(&poller_);
  }
}

}  // namespace zmq_native
