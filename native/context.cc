#include "context.h"

#include <zmq.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <thread>

#include "arguments.h"
#include "block_pool.h"
#include "exports.h"

#ifdef _WIN32
#include <process.h>
#define getpid _getpid
#else
#include <unistd.h>
#endif

namespace zmq_native {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(500);

struct Entry {
  void* context;
  int references;
};

struct Registry {
  std::mutex mutex;
  std::condition_variable terminated;
  std::map<int32_t, Entry> entries;
  int32_t nextToken = 1;
  int32_t defaultToken = 0;
  int environments = 0;
  int terminating = 0;
  bool blocky = false;  // whether a context that is terminating waits because of ZMQ_BLOCKY
};

// Never destroyed, since threads that terminate contexts may outlive static destructors.
Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

/** Creates a context. Returns its token or -errno. `defaults`: it becomes the one that all environments share. */
int32_t create(bool defaults) {
  Registry& all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  if (defaults && all.defaultToken != 0) {
    ++all.entries[all.defaultToken].references;
    return all.defaultToken;
  }
  const int32_t token = all.nextToken++;
  Entry& entry = all.entries[token];
  entry = {zmq_ctx_new(), 1};
  if (entry.context == nullptr) {
    const int error = zmq_errno();
    all.entries.erase(token);
    return -error;
  }
  if (defaults) all.defaultToken = token;
  return token;
}

bool attach(int32_t token) {
  Registry& all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.entries.find(token);
  if (found == all.entries.end()) return false;
  ++found->second.references;
  return true;
}

}  // namespace

void* Context::get(const Environment& environment, int32_t token) {
  if (environment.contexts.count(token) == 0) return nullptr;
  Registry& all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.entries.find(token);
  return found == all.entries.end() ? nullptr : found->second.context;
}

bool Context::release(int32_t token, std::function<void()> ended) {
  Registry& all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.entries.find(token);
  if (found == all.entries.end() || --found->second.references > 0) return false;
  void* context = found->second.context;
  all.entries.erase(found);
  if (token == all.defaultToken) all.defaultToken = 0;
  ++all.terminating;
  if (zmq_ctx_get(context, ZMQ_BLOCKY) != 0) all.blocky = true;
  try {
    std::thread([context, &all, ended] {
      while (zmq_ctx_term(context) != 0 && zmq_errno() == EINTR) {
      }
      if (ended) ended();
      const std::lock_guard<std::mutex> done(all.mutex);
      --all.terminating;
      all.terminated.notify_all();
    }).detach();
  } catch (const std::exception&) {
    // No thread or memory is available for waiting. The sockets end all the same; the context is never terminated.
    --all.terminating;
    zmq_ctx_shutdown(context);
    if (ended) ended();
  }
  return true;
}

void Context::environmentOpened() {
  Registry& all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  if (++all.environments == 1) BlockPool::instance().open();
}

void Context::environmentClosed() {
  Registry& all = registry();
  std::unique_lock<std::mutex> lock(all.mutex);
  if (--all.environments > 0) return;
  const auto done = [&all] { return all.terminating == 0; };
  if (!all.terminated.wait_for(lock, kPatience, done)) {
    std::fprintf(stderr, "(node:%d) WARNING: Waiting for queued ZeroMQ messages to be delivered.%s\n",
                 static_cast<int>(getpid()),
                 all.blocky ? " Set 'context.blocky = false' to change this behaviour." : "");
    all.terminated.wait(lock, done);
  }
  // Another environment may have opened meanwhile.
  if (all.environments == 0) BlockPool::instance().close();
}

namespace {

/** Counts a reference of the environment. If the environment held one already, the new one is released. */
int32_t keep(Environment& environment, int32_t token) {
  try {
    if (token > 0 && !environment.contexts.insert(token).second) Context::release(token);
  } catch (const std::bad_alloc&) {
    Context::release(token);
    return -ENOMEM;
  }
  return token;
}

// createContext() -> token, or -errno
Napi::Value createContext(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  return arguments.answer(keep(arguments.environment(), create(false)));
}

// defaultContext() -> token of the context that all environments share, or -errno
Napi::Value defaultContext(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  return arguments.answer(keep(arguments.environment(), create(true)));
}

// attachContext(token) -> token, or -EFAULT if no environment has such a context open
Napi::Value attachContext(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t token = arguments.integer(0);
  if (!arguments.ok()) return {};
  return arguments.answer(attach(token) ? keep(arguments.environment(), token) : -EFAULT);
}

// releaseContext(token) -> 0, or -EFAULT
Napi::Value releaseContext(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t token = arguments.integer(0);
  if (!arguments.ok()) return {};
  if (arguments.environment().contexts.erase(token) == 0) return arguments.answer(-EFAULT);
  Context::release(token);
  return arguments.answer(0);
}

// closeContext(token) -> 1 if the context now ends, which a notice with its token reports; 0 if other threads still use
// it; or -EFAULT. Its sockets must be closed first.
Napi::Value closeContext(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t token = arguments.integer(0);
  if (!arguments.ok()) return {};
  Environment& environment = arguments.environment();
  std::function<void()> ended = [notifier = environment.notifier, token] { notifier->notify(token); };
  if (environment.contexts.erase(token) == 0) return arguments.answer(-EFAULT);
  const bool ends = Context::release(token, std::move(ended));
  if (ends) environment.notifier->expect();
  return arguments.answer(ends ? 1 : 0);
}

// onNotice(callback: (notice) => void): called for each notice
Napi::Value onNotice(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const napi_value callback = arguments.function(0);
  if (!arguments.ok()) return {};
  return arguments.answer(arguments.environment().onNotice(callback) ? 0 : -ENOMEM);
}

// getContextOption(token, option) -> value, or -errno
Napi::Value getContextOption(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t token = arguments.integer(0);
  const int32_t option = arguments.integer(1);
  if (!arguments.ok()) return {};
  const int value = zmq_ctx_get(Context::get(arguments.environment(), token), option);
  return arguments.answer(value < 0 ? -zmq_errno() : value);
}

// setContextOption(token, option, value) -> 0, or -errno
Napi::Value setContextOption(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t token = arguments.integer(0);
  const int32_t option = arguments.integer(1);
  const int32_t value = arguments.integer(2);
  if (!arguments.ok()) return {};
  void* context = Context::get(arguments.environment(), token);
  return arguments.answer(zmq_ctx_set(context, option, value) == 0 ? 0 : -zmq_errno());
}

}  // namespace

void exportContext(Exports& exports) {
  exports.add<createContext>("createContext");
  exports.add<defaultContext>("defaultContext");
  exports.add<attachContext>("attachContext");
  exports.add<releaseContext>("releaseContext");
  exports.add<closeContext>("closeContext");
  exports.add<onNotice>("onNotice");
  exports.add<getContextOption>("getContextOption");
  exports.add<setContextOption>("setContextOption");
}

}  // namespace zmq_native
