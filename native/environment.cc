#include "environment.h"

#include "arguments.h"
#include "context.h"
#include "exports.h"

namespace zmq_native {

Environment::Environment(napi_env env) : env(env), notifier(std::make_shared<Notifier>(env)) {}

void Environment::adapt(bool hasPolls, bool hasExternalMemory) {
  this->hasPolls = hasPolls;
  this->hasExternalMemory = hasExternalMemory;
  if (adapted_) return;
  adapted_ = true;
  Context::environmentOpened();
  if (hasPolls) {
    // Polls are closed only as the loop turns, so the environment's end has to wait.
    napi_add_async_cleanup_hook(env, teardown, this, &hook_);
  } else {
    // Deno frees the handle of an asynchronous hook twice.
    napi_add_env_cleanup_hook(
        env, [](void* self) { teardown(nullptr, self); }, this);
  }
}

void Environment::onReady(Napi::Function callback) { onReady_ = Napi::Persistent(callback); }

void Environment::callReady(int32_t handle) {
  if (tearingDown_ || onReady_.IsEmpty()) return;
  const Napi::HandleScope scope(env);
  napi_value argument;
  napi_create_int32(env, handle, &argument);
  const napi_value global = Napi::Env(env).Global();
  // The waiter's thread-safe function has opened a scope already, and Deno dies of a second one without a context. Not
  // Napi::Function::MakeCallback: it aborts when JavaScript throws null or undefined.
  const napi_status status = waiter_ != nullptr
                                 ? napi_call_function(env, global, onReady_.Value(), 1, &argument, nullptr)
                                 : napi_make_callback(env, nullptr, global, onReady_.Value(), 1, &argument, nullptr);
  if (status == napi_pending_exception) {
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
  }
}

Waiter* Environment::waiter() {
  if (waiter_ == nullptr) waiter_ = Waiter::start(*this);
  return waiter_.get();
}

void Environment::pollClosed() {
  --closingPolls_;
  if (tearingDown_) finishTeardown();
}

// JavaScript cannot run any more: nothing is settled. Sockets close with the linger that they were given; only the
// last environment of the process waits for that linger (Context::environmentClosed).
void Environment::teardown(napi_async_cleanup_hook_handle, void* self) {
  auto* environment = static_cast<Environment*>(self);
  environment->tearingDown_ = true;
  environment->notifier->close();
  if (environment->waiter_ != nullptr) environment->waiter_->stop();
  environment->proxies.clear();
  environment->sockets.each([](Socket& socket) { socket.close(); });
  environment->finishTeardown();
}

void Environment::finishTeardown() {
  if (closingPolls_ > 0) return;
  for (const int32_t context : contexts) Context::release(context);
  Context::environmentClosed();
  const napi_async_cleanup_hook_handle hook = hook_;
  delete this;
  // Only now may Node go on to take the environment down: the references above needed it.
  if (hook != nullptr) napi_remove_async_cleanup_hook(hook);
}

namespace {

// adapt(hasPolls, hasExternalMemory): what the runtime has; before anything else
Napi::Value adapt(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const bool hasPolls = arguments.boolean(0);
  const bool hasExternalMemory = arguments.boolean(1);
  if (!arguments.ok()) return {};
  arguments.environment().adapt(hasPolls, hasExternalMemory);
  return {};
}

}  // namespace

void exportEnvironment(Environment& environment, Napi::Object exports) {
  exportFunction<adapt>(environment, exports, "adapt");
}

}  // namespace zmq_native
