#include "notifier.h"

#include "environment.h"
#include "thread_safe_function.h"

namespace zmq_native {

bool Notifier::start(const std::shared_ptr<Notifier>& notifier) {
  const napi_threadsafe_function function = threadSafeFunction(notifier->environment_->env, notifier, call);
  const std::lock_guard<std::mutex> lock(notifier->mutex_);
  notifier->function_ = function;
  return function != nullptr;
}

void Notifier::expect() {
  if (expected_++ > 0 || function_ == nullptr) return;
  environment_->pin();
  napi_ref_threadsafe_function(environment_->env, function_);
}

void Notifier::release() {
  if (expected_ == 0 || --expected_ > 0 || function_ == nullptr) return;
  napi_unref_threadsafe_function(environment_->env, function_);
  environment_->unpin();
}

void Notifier::notify(int32_t notice) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  napi_call_threadsafe_function(function_, reinterpret_cast<void*>(static_cast<intptr_t>(notice)),
                                napi_tsfn_nonblocking);
}

void Notifier::close(bool release) {
  const std::lock_guard<std::mutex> lock(mutex_);
  environment_ = nullptr;
  if (release && function_ != nullptr) napi_release_threadsafe_function(function_, napi_tsfn_abort);
  function_ = nullptr;
}

void Notifier::call(napi_env env, napi_value, void* context, void* notice) {
  auto* self = static_cast<Notifier*>(context);
  if (env == nullptr || self->environment_ == nullptr) return;
  Environment& environment = *self->environment_;
  const auto number = static_cast<int32_t>(reinterpret_cast<intptr_t>(notice));
  const bool last = number > 0 && --self->expected_ == 0;
  if (last) napi_unref_threadsafe_function(env, self->function_);
  environment.callNotice(number);
  // Last, since the unpinned object may be destroyed.
  if (last) environment.unpin();
}

}  // namespace zmq_native
