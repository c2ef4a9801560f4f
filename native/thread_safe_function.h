// A thread-safe function of Node-API that holds its target by shared_ptr: a call may arrive after the environment has
// ended.
#pragma once

#include <atomic>
#include <memory>
#include <new>

#include "napi_setup.h"

namespace zmq_native {

/** The number of calls of an environment's thread-safe functions that have not arrived. */
using UnansweredCalls = std::shared_ptr<std::atomic<int>>;

/** Null if Node-API fails. The function does not keep the event loop alive until it is referenced. */
template <typename Target>
napi_threadsafe_function threadSafeFunction(napi_env env, const std::shared_ptr<Target>& target,
                                            napi_threadsafe_function_call_js call) {
  napi_value name = nullptr;
  if (napi_create_string_utf8(env, "zmq-native", NAPI_AUTO_LENGTH, &name) != napi_ok) return nullptr;
  auto* const held = new (std::nothrow) std::shared_ptr<Target>(target);
  if (held == nullptr) return nullptr;
  const auto finalize = [](napi_env, void* held, void*) { delete static_cast<std::shared_ptr<Target>*>(held); };
  napi_threadsafe_function function = nullptr;
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, held, finalize, target.get(), call,
                                      &function) != napi_ok) {
    delete held;
    return nullptr;
  }
  napi_unref_threadsafe_function(env, function);
  return function;
}

}  // namespace zmq_native
