#include "notifier.h"

#include <utility>

#include "environment.h"

namespace zmq_native {

Notifier::Notifier(Environment& environment) : environment_(&environment), unanswered_(environment.unanswered) {}

bool Notifier::start(const std::shared_ptr<Notifier>& notifier) {
  const napi_threadsafe_function function = threadSafeFunction(notifier->environment_->env, notifier, call);
  const std::lock_guard<std::mutex> lock(notifier->mutex_);
  notifier->function_ = function;
  return function != nullptr;
}

void Notifier::expect() {
  if (environment_ != nullptr) environment_->repeatCalls();
  if (expected_++ > 0 || environment_ == nullptr) return;
  environment_->pin();
  keepAlive(environment_->env, true);
}

void Notifier::release() {
  if (expected_ == 0 || --expected_ > 0 || environment_ == nullptr) return;
  keepAlive(environment_->env, false);
  environment_->unpin();
}

void Notifier::keepAlive(napi_env env, bool on) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  if (on) {
    napi_ref_threadsafe_function(env, function_);
  } else {
    napi_unref_threadsafe_function(env, function_);
  }
}

void Notifier::notify(int32_t notice) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  auto* const data = reinterpret_cast<void*>(static_cast<intptr_t>(notice));
  ++*unanswered_;
  if (pollThread_ != nullptr) pollThread_->attend();
  const napi_status status = napi_call_threadsafe_function(function_, data, napi_tsfn_nonblocking);
  if (status != napi_ok) --*unanswered_;
  // After that rejection it must not be called again: the runtime is about to delete it.
  if (status == napi_closing) function_ = nullptr;
}

void Notifier::close(bool release) {
  const std::lock_guard<std::mutex> lock(mutex_);
  environment_ = nullptr;
  if (release && function_ != nullptr) napi_release_threadsafe_function(function_, napi_tsfn_abort);
  function_ = nullptr;
  pollThread_ = nullptr;
}

void Notifier::repeatWith(std::shared_ptr<PollThread> pollThread) {
  const std::lock_guard<std::mutex> lock(mutex_);
  pollThread_ = std::move(pollThread);
  // A call since its thread has started.
  if (pollThread_ != nullptr && *unanswered_ > 0) pollThread_->attend();
}

void Notifier::call(napi_env env, napi_value, void* context, void* notice) {
  auto* self = static_cast<Notifier*>(context);
  if (env == nullptr || self->environment_ == nullptr) return;
  --*self->unanswered_;
  Environment& environment = *self->environment_;
  const auto number = static_cast<int32_t>(reinterpret_cast<intptr_t>(notice));
  const bool last = number > 0 && --self->expected_ == 0;
  if (last) self->keepAlive(env, false);
  environment.callNotice(number);
  // Last, since the unpinned object may be destroyed.
  if (last) environment.unpin();
}

}  // namespace zmq_native
