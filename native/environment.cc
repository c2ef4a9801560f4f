#include "environment.h"

#include <atomic>
#include <cstdlib>

#include "arguments.h"
#include "context.h"
#include "exports.h"
#include "lifetime.h"
#include "uv.h"

namespace zmq_native {

namespace {

std::atomic<int32_t> environments{0};

/** Whether this is Node's main thread. It ends after all workers. */
bool isMainThread(napi_env env, const Runtime& runtime) {
  uv_loop_s* loop = nullptr;
  return runtime.hasPolls && uv().available && napi_get_uv_event_loop(env, &loop) == napi_ok &&
         loop == uv().default_loop();
}

}  // namespace

Environment::Environment(napi_env env, Lifetime& lifetime, const Runtime& runtime)
    : env(env),
      id(++environments),
      runtime(runtime),
      wakeups(*this),
      lents(std::make_shared<Lents>(env, !isMainThread(env, runtime))),
      unanswered(std::make_shared<std::atomic<int>>(0)),
      notifier(std::make_shared<Notifier>(*this)),
      lifetime_(lifetime) {}

napi_value Environment::open(napi_env env, const Runtime& runtime) {
  Lifetime* const lifetime = Lifetime::of(env, runtime.hasPolls);
  if (lifetime == nullptr) return nullptr;
  struct Discard {
    void operator()(Environment* unused) const { delete unused; }
  };
  std::unique_ptr<Environment, Discard> made(new Environment(env, *lifetime, runtime));
  napi_value binding = nullptr;
  if (napi_create_object(env, &binding) != napi_ok || !exportAll(*made, binding)) return nullptr;
  lifetime->add(*made);
  const auto collected = [](napi_env, void* environment, void*) { static_cast<Environment*>(environment)->close(); };
  // The reference starts weak.
  if (napi_add_finalizer(env, binding, made.get(), collected, nullptr, &made->binding_) != napi_ok) {
    lifetime->remove(*made);
    return nullptr;
  }
  // From here on only `close` deletes it.
  Environment* const environment = made.release();
  if (Notifier::start(environment->notifier)) return binding;
  environment->close();
  return nullptr;
}

bool Environment::keep(Kept what, napi_value value) {
  napi_value binding = nullptr;
  if (napi_get_reference_value(env, binding_, &binding) != napi_ok || binding == nullptr) return false;
  static constexpr const char* kNames[kKeptCount] = {"onReadyCallback", "onNoticeCallback", "table", "largeFrames"};
  // Defined instead of set, so that no setter of Object.prototype runs.
  const napi_property_descriptor property = {kNames[what], nullptr, nullptr,           nullptr,
                                             nullptr,      value,   napi_configurable, nullptr};
  if (napi_define_properties(env, binding, 1, &property) != napi_ok) return false;
  if (kept_[what] != nullptr) napi_delete_reference(env, kept_[what]);
  kept_[what] = nullptr;
  return napi_create_reference(env, value, 0, &kept_[what]) == napi_ok;
}

napi_value Environment::kept(Kept what) const {
  napi_value value = nullptr;
  if (kept_[what] == nullptr || napi_get_reference_value(env, kept_[what], &value) != napi_ok) return nullptr;
  return value;
}

bool Environment::setReceiveArea(napi_value table, napi_value largeFrames) {
  Bytes rows;
  if (!Arguments::bytesOf(env, table, &rows) || !keep(kTable, table) || !keep(kLargeFrames, largeFrames)) return false;
  area.table = reinterpret_cast<int32_t*>(rows.data);
  area.tableSize = rows.size / sizeof(int32_t);
  return true;
}

// Any of these calls fails when the thread is being terminated. The failure cannot be reported then.
void Environment::call(Kept function, const int32_t* numbers, size_t count) {
  napi_handle_scope scope = nullptr;
  if (closing_ || napi_open_handle_scope(env, &scope) != napi_ok) return;
  const napi_value callback = kept(function);
  napi_value arguments[64];
  size_t created = 0;
  while (created < count && napi_create_int32(env, numbers[created], &arguments[created]) == napi_ok) ++created;
  napi_value global = nullptr;
  napi_status status = napi_generic_failure;
  if (callback != nullptr && created == count && napi_get_global(env, &global) == napi_ok) {
    // A thread-safe function has opened a callback scope already, and Deno crashes on a second one without a context.
    // Not Napi::Function::MakeCallback: it aborts when JavaScript throws null or undefined.
    status = pollThread_ != nullptr || function == kOnNotice
                 ? napi_call_function(env, global, callback, count, arguments, nullptr)
                 : napi_make_callback(env, nullptr, global, callback, count, arguments, nullptr);
  }
  napi_value error = nullptr;
  bool thrown = false;
  if (status != napi_ok && napi_is_exception_pending(env, &thrown) == napi_ok && thrown &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok && error != nullptr) {
    napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

PollThread* Environment::pollThread() {
  if (pollThread_ == nullptr && !closing_) {
    pollThread_ = PollThread::start(*this);
    if (pollThread_ != nullptr) notifier->repeatWith(pollThread_);
  }
  return pollThread_.get();
}

void Environment::pin() {
  if (pins_++ == 0 && !closing_) napi_reference_ref(env, binding_, nullptr);
}

void Environment::unpin() {
  if (--pins_ == 0 && !closing_) napi_reference_unref(env, binding_, nullptr);
}

void Environment::handleClosed(void* handle) {
  auto* environment = static_cast<Environment*>(uv().handle_get_data(handle));
  std::free(handle);
  --environment->closingHandles_;
  if (environment->closing_) environment->finishIfDone();
}

void Environment::close() {
  if (closing_) return;
  closing_ = true;
  // Node deletes thread-safe functions itself when the thread ends.
  const bool threadEnds = lifetime_.ending();
  notifier->close(!threadEnds);
  if (pollThread_ != nullptr) pollThread_->stop(!threadEnds);
  proxies.clear();
  sockets.each([](Socket& socket) { socket.close(); });
  wakeups.close();
  for (napi_ref& reference : kept_) {
    if (reference != nullptr) napi_delete_reference(env, reference);
    reference = nullptr;
  }
  if (binding_ != nullptr) napi_delete_reference(env, binding_);
  binding_ = nullptr;
  finishIfDone();
}

void Environment::finishIfDone() {
  if (closingHandles_ > 0) return;
  for (const int32_t context : contexts) Context::release(context);
  Lifetime& lifetime = lifetime_;
  lifetime.remove(*this);
  delete this;
  lifetime.finishIfDone();
}

namespace {

// instance() -> a number that no other environment of the process has
Napi::Value instance(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  return arguments.answer(arguments.environment().id);
}

}  // namespace

void exportEnvironment(Exports& exports) { exports.add<instance>("instance"); }

}  // namespace zmq_native
