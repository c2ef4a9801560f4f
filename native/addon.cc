// The module's entry, which runs each time that the addon is loaded. It exports one function, which each loaded copy of
// the library calls once: instantiate(hasPolls, hasExternalMemory, longestBuffer) -> the functions of
// lib/binding/index.ts.

#include <new>

#include "exports.h"

namespace zmq_native {

bool exportAll(Environment& environment, napi_value object) {
  Exports exports(environment);
  exportEnvironment(exports);
  exportContext(exports);
  exportSocket(exports);
  exportFrameMemory(exports);
  exportSender(exports);
  exportReceiver(exports);
  exportSubscribers(exports);
  exportPeers(exports);
  exportStatistics(exports);
  exportUnsent(exports);
  exportProxy(exports);
  exportMulticastLog(exports);
  exportLibrary(exports);
  return exports.define(object);
}

namespace {

napi_value instantiate(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  Runtime runtime;
  double longestBuffer = 0;
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok) return nullptr;
  if (napi_get_value_bool(env, arguments[0], &runtime.hasPolls) != napi_ok ||
      napi_get_value_bool(env, arguments[1], &runtime.hasExternalMemory) != napi_ok ||
      napi_get_value_double(env, arguments[2], &longestBuffer) != napi_ok || !(longestBuffer >= 1)) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "instantiate takes two booleans and a number above 0");
    return nullptr;
  }
  runtime.longestBuffer = static_cast<size_t>(longestBuffer);
  napi_value binding = nullptr;
  try {
    binding = Environment::open(env, runtime);
  } catch (const std::bad_alloc&) {
    // Leaves nothing behind, as after any other failure.
  }
  bool thrown = true;
  if (binding == nullptr && napi_is_exception_pending(env, &thrown) == napi_ok && !thrown) {
    napi_throw_error(env, "ERR_INIT_FAILED", "the thread is ending, or is out of memory");
  }
  return binding;
}

}  // namespace
}  // namespace zmq_native

// Not NODE_API_MODULE with Napi::Object: in a thread that is being terminated every call fails, and a failure must
// never become a fatal error.
NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  if (napi_create_function(env, "instantiate", NAPI_AUTO_LENGTH, zmq_native::instantiate, nullptr, &function) ==
      napi_ok) {
    napi_set_named_property(env, exports, "instantiate", function);
  }
#ifdef ZMQ_NATIVE_FAILING
  napi_set_named_property(env, exports, "failAt", zmq_native::failing::control(env));
#endif
  return exports;
}
