#include "notifier.h"

namespace zmq_native {

void Notifier::onNotice(napi_value callback) {
  napi_value name;
  napi_create_string_utf8(env_, "zmq-native", NAPI_AUTO_LENGTH, &name);
  napi_threadsafe_function function = nullptr;
  if (napi_create_threadsafe_function(env_, callback, nullptr, name, 0, 1, nullptr, nullptr, this, call, &function) !=
      napi_ok) {
    return;
  }
  napi_unref_threadsafe_function(env_, function);
  const std::lock_guard<std::mutex> lock(mutex_);
  function_ = function;
}

void Notifier::expect() {
  if (expected_++ == 0 && function_ != nullptr) napi_ref_threadsafe_function(env_, function_);
}

void Notifier::notify(int32_t notice) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  napi_call_threadsafe_function(function_, reinterpret_cast<void*>(static_cast<intptr_t>(notice)),
                                napi_tsfn_nonblocking);
}

// Node deletes the function only after all cleanup hooks have run; nobody uses it from here on.
void Notifier::close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  function_ = nullptr;
}

void Notifier::call(napi_env env, napi_value callback, void* context, void* notice) {
  if (env == nullptr) return;
  auto* self = static_cast<Notifier*>(context);
  if (--self->expected_ == 0) napi_unref_threadsafe_function(env, self->function_);
  napi_value global;
  napi_value argument;
  napi_get_global(env, &global);
  napi_create_int32(env, static_cast<int32_t>(reinterpret_cast<intptr_t>(notice)), &argument);
  napi_call_function(env, global, callback, 1, &argument, nullptr);
}

}  // namespace zmq_native
