#include "lifetime.h"

#include <memory>
#include <vector>

#include "context.h"
#include "environment.h"

namespace zmq_native {

Lifetime* Lifetime::of(napi_env env, bool hasPolls) {
  void* known = nullptr;
  if (napi_get_instance_data(env, &known) != napi_ok) return nullptr;
  if (known != nullptr) return static_cast<Lifetime*>(known)->ending_ ? nullptr : static_cast<Lifetime*>(known);
  std::unique_ptr<Lifetime, void (*)(Lifetime*)> made(new Lifetime(env), [](Lifetime* unused) { delete unused; });
  if (napi_set_instance_data(env, made.get(), nullptr, nullptr) != napi_ok) return nullptr;
  // The event loop must run to close polls, so the end of the environment waits for it. Without polls a plain hook is
  // enough, and Deno frees the handle of an asynchronous hook twice.
  const napi_status status = hasPolls ? napi_add_async_cleanup_hook(env, end, made.get(), &made->hook_)
                                      : napi_add_env_cleanup_hook(
                                            env, [](void* self) { end(nullptr, self); }, made.get());
  if (status != napi_ok) {
    napi_set_instance_data(env, nullptr, nullptr, nullptr);
    return nullptr;
  }
  Context::environmentOpened();
  return made.release();
}

// Sockets are closed with their own linger. Only the last environment of the process waits for it
// (Context::environmentClosed).
void Lifetime::end(napi_async_cleanup_hook_handle, void* self) {
  auto* const lifetime = static_cast<Lifetime*>(self);
  lifetime->ending_ = true;
  const auto nextOpen = [lifetime]() -> Environment* {
    for (Environment* environment : lifetime->environments_) {
      if (!environment->closing()) return environment;
    }
    return nullptr;
  };
  // An environment without polls is removed while it closes.
  while (Environment* environment = nextOpen()) environment->close();
  lifetime->told_ = true;
  lifetime->finishIfDone();
}

void Lifetime::finishIfDone() {
  if (!told_ || !environments_.empty()) return;
  Context::environmentClosed();
  const napi_async_cleanup_hook_handle hook = hook_;
  delete this;
  // Called last, since Node may then tear down the environment, which the references above needed.
  if (hook != nullptr) napi_remove_async_cleanup_hook(hook);
}

}  // namespace zmq_native
