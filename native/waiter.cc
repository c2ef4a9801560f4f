#include "waiter.h"

#include <exception>
#include <utility>

#include "environment.h"
#include "thread_safe_function.h"

namespace zmq_native {

std::shared_ptr<Waiter> Waiter::start(Environment& environment) {
  std::shared_ptr<Waiter> waiter(new Waiter(environment));
  if (!waiter->poller_.ok()) return nullptr;
  waiter->function_ = threadSafeFunction(environment.env, waiter, call);
  if (waiter->function_ == nullptr) return nullptr;
  try {
    waiter->thread_ = std::thread([raw = waiter.get()] { raw->run(); });
  } catch (const std::exception&) {
    // The system cannot create another thread.
    waiter->stop(true);
    return nullptr;
  }
  return waiter;
}

Waiter::~Waiter() { stop(false); }

void Waiter::run() {
  constexpr size_t kMost = 64;
  int32_t handles[kMost];
  while (const size_t count = poller_.wait(handles, kMost)) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = 0; i < count && function_ != nullptr; ++i) {
      auto* const handle = reinterpret_cast<void*>(static_cast<intptr_t>(handles[i]));
      // After a rejection it must not be called again: the runtime is about to delete it.
      if (napi_call_threadsafe_function(function_, handle, napi_tsfn_nonblocking) != napi_ok) function_ = nullptr;
    }
  }
}

void Waiter::call(napi_env env, napi_value, void* context, void* data) {
  auto* const self = static_cast<Waiter*>(context);
  if (env == nullptr || self->environment_ == nullptr) return;
  Environment& environment = *self->environment_;
  const auto handle = static_cast<int32_t>(reinterpret_cast<intptr_t>(data));
  // Looked up each time: a callback may close this or another socket.
  if (Socket* socket = environment.sockets.find(handle)) socket->readiness.woken();
  if (Socket* socket = environment.sockets.find(handle)) socket->readiness.rearm();
}

void Waiter::keepAlive(bool on) {
  wanted_ += on ? 1 : -1;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  if (on && wanted_ == 1) napi_ref_threadsafe_function(environment_->env, function_);
  if (!on && wanted_ == 0) napi_unref_threadsafe_function(environment_->env, function_);
}

void Waiter::stop(bool release) {
  environment_ = nullptr;
  napi_threadsafe_function function = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::swap(function, function_);
  }
  if (thread_.joinable()) {
    poller_.interrupt();
    thread_.join();
  }
  // Last, since the function holds the last reference to this object.
  if (release && function != nullptr) napi_release_threadsafe_function(function, napi_tsfn_abort);
}

}  // namespace zmq_native
