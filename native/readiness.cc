#include "readiness.h"

#include <zmq.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "environment.h"
#include "uv.h"

namespace zmq_native {
namespace {

/**
 * Makes libzmq process the socket's pending commands, without taking a message out of a pipe: an unread message must
 * disappear with its peer, and with `conflate` it must be the newest one. Returns false if the context has ended.
 */
bool processCommands(void* socket) {
#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ
  // Without vendor/patches/libzmq/peers/peek-before-read.patch, reading ZMQ_EVENTS consumes a message. zmq_disconnect
  // with an endpoint that cannot be parsed processes the commands and does nothing else. The pipe of a disconnected
  // peer then stays until the next receive.
  return zmq_disconnect(socket, "") == 0 || zmq_errno() != ETERM;
#else
  // Also releases the pipes of disconnected peers.
  int events;
  size_t size = sizeof events;
  return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0;
#endif
}

}  // namespace

int Readiness::open() {
  size_t size = sizeof descriptor_;
  if (zmq_getsockopt(socket_, ZMQ_FD, &descriptor_, &size) != 0) {
    const int error = openPoller();
    if (error != 0) return error;
  }
  if (environment_.runtime.hasPolls && uv().available) return openPoll();
  pollThread_ = environment_.pollThread();
  return pollThread_ == nullptr ? -EMFILE : 0;
}

int Readiness::openPoll() {
  const int error = environment_.wakeups.start();
  if (error != 0) return error;
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(environment_.env, &loop) != napi_ok) return -ENOSYS;
  auto* poll = static_cast<uv_poll_s*>(std::calloc(1, uv().handle_size(Uv::kPoll)));
  if (poll == nullptr) return -ENOMEM;
  if (uv().poll_init_socket(loop, poll, descriptor_) != 0) {
    std::free(poll);
    return -EMFILE;
  }
  uv().handle_set_data(poll, this);
  uv().unref(poll);
  poll_ = poll;
  return 0;
}

int Readiness::openPoller() {
  if (poller_ == nullptr) {
    void* poller = zmq_poller_new();
    if (poller == nullptr) return -ENOMEM;
    if (zmq_poller_add(poller, socket_, nullptr, ZMQ_POLLIN) != 0) {
      const int error = zmq_errno();
      zmq_poller_destroy(&poller);
      return -error;
    }
    poller_ = poller;
  }
  return zmq_poller_fd(poller_, &descriptor_) == 0 ? 0 : -zmq_errno();
}

void Readiness::attend() {
  attentive_ = true;
  if (arm() == 0 && unheard_) takeIn();
}

int Readiness::hold(bool alive) {
  const int error = arm();
  if (error != 0) return error;
  keepAlive(alive);
  if (!std::exchange(held_, true)) environment_.pin();
  return std::exchange(unheard_, false) ? 1 : 0;
}

int Readiness::arm() {
  if (armed_) return 0;
  if (poll_ == nullptr && pollThread_ == nullptr) {
    const int error = open();
    if (error != 0) return error;
    // A thread-safe socket signals its poller, which has just been created. Earlier signals were lost.
    unheard_ = poller_ != nullptr;
  }
  if (pollThread_ != nullptr) {
    const int error = pollThread_->arm(descriptor_, handle_);
    if (error != 0) return error;
  } else {
    const auto onPoll = [](uv_poll_s* poll, int, int) {
      auto* self = static_cast<Readiness*>(uv().handle_get_data(poll));
      if (self->held_) {
        self->environment_.wakeups.add(*self);
        return;
      }
      if (self->attentive_) self->takeIn();
      if (self->attentive_) return;
      uv().poll_stop(poll);
      self->armed_ = false;
    };
    if (uv().poll_start(poll_, Uv::kReadable, onPoll) != 0) return -EMFILE;
  }
  armed_ = true;
  return 0;
}

void Readiness::release() {
  keepAlive(false);
  if (std::exchange(held_, false)) environment_.unpin();
}

void Readiness::keepAlive(bool on) {
  if (on == alive_) return;
  alive_ = on;
  if (pollThread_ != nullptr) {
    pollThread_->keepAlive(on);
  } else if (on) {
    uv().ref(poll_);
  } else {
    uv().unref(poll_);
  }
}

void Readiness::woken() {
  armed_ = false;
  if (awaited()) environment_.callReady(&handle_, 1);
}

bool Readiness::awaited() {
  if (held_) {
    drain();
  } else if (attentive_) {
    takeIn();
  }
  return held_;
}

void Readiness::rearm() {
  // A failure is not expected: the wait has been started before with the same descriptor.
  if (held_ || attentive_) arm();
}

void Readiness::drain() {
  if (poller_ == nullptr) return;
  zmq_poller_event_t event;
  zmq_poller_wait_all(poller_, &event, 1, 0);
}

void Readiness::takeIn() {
  drain();
  // If the context has ended, the signal stays pending.
  if (!processCommands(socket_)) attentive_ = false;
  unheard_ = true;
}

void Readiness::close() {
  if (std::exchange(held_, false)) environment_.unpin();
  environment_.wakeups.remove(*this);
  if (pollThread_ != nullptr) {
    keepAlive(false);
    pollThread_->remove(descriptor_);
    pollThread_ = nullptr;
  }
  if (poll_ != nullptr) {
    environment_.handleClosing();
    uv().poll_stop(poll_);
    uv().handle_set_data(poll_, &environment_);
    uv().close(std::exchange(poll_, nullptr), Environment::handleClosed);
  }
  if (poller_ != nullptr) {
    zmq_poller_remove(poller_, socket_);
    zmq_poller_destroy(&poller_);
  }
}

}  // namespace zmq_native
