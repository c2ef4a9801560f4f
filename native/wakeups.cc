#include "wakeups.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "environment.h"
#include "uv.h"

namespace zmq_native {
namespace {

/** The most sockets of one call. Their messages are all in memory before the program sees the first. */
constexpr size_t kMost = 64;

}  // namespace

int Wakeups::start() {
  if (check_ != nullptr) return 0;
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(environment_.env, &loop) != napi_ok) return -ENOSYS;
  auto* check = static_cast<uv_check_s*>(std::calloc(1, uv().handle_size(Uv::kCheck)));
  if (check == nullptr) return -ENOMEM;
  // These two cannot fail.
  uv().check_init(loop, check);
  uv().handle_set_data(check, this);
  uv().check_start(check, [](uv_check_s* handle) {
    auto* self = static_cast<Wakeups*>(uv().handle_get_data(handle));
    if (self->first_ != nullptr) self->report();
  });
  uv().unref(check);
  check_ = check;
  return 0;
}

void Wakeups::add(Readiness& socket) {
  if (socket.queued_) return;
  socket.queued_ = true;
  (last_ == nullptr ? first_ : last_->nextReady_) = &socket;
  socket.previousReady_ = std::exchange(last_, &socket);
}

void Wakeups::remove(Readiness& socket) {
  if (!std::exchange(socket.queued_, false)) return;
  (socket.previousReady_ == nullptr ? first_ : socket.previousReady_->nextReady_) = socket.nextReady_;
  (socket.nextReady_ == nullptr ? last_ : socket.nextReady_->previousReady_) = socket.previousReady_;
  socket.previousReady_ = socket.nextReady_ = nullptr;
}

void Wakeups::report() {
  // JavaScript may close all sockets. The environment must last until the end of the loop.
  environment_.pin();
  while (first_ != nullptr) {
    int32_t handles[kMost];
    size_t count = 0;
    while (first_ != nullptr && count < kMost) {
      Readiness& socket = *first_;
      remove(socket);
      if (socket.awaited()) handles[count++] = socket.handle();
    }
    if (count > 0) environment_.callReady(handles, count);
  }
  environment_.unpin();
}

void Wakeups::close() {
  if (check_ == nullptr) return;
  environment_.handleClosing();
  uv().handle_set_data(check_, &environment_);
  uv().close(std::exchange(check_, nullptr), Environment::handleClosed);
}

}  // namespace zmq_native
