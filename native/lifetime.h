// The lifetime of one `napi_env`: a thread (the main thread or a worker) has one for each copy of the library that
// loads the addon with `process.dlopen`; copies that `require` it share one. Used on that thread.
#pragma once

#include <set>

#include "napi_setup.h"

namespace zmq_native {

class Environment;

/**
 * Node must not unload an environment before the polls of its sockets are closed. A lifetime waits for that. It may
 * belong to several copies of the library. The last one of the process also waits for
 * queued messages.
 */
class Lifetime {
 public:
  /** The lifetime of `env`, created by the first call. Null if the environment is ending or Node-API fails. */
  static Lifetime* of(napi_env env, bool hasPolls);

  void add(Environment& environment) { environments_.insert(&environment); }
  /** Called when an environment has closed everything and is about to be deleted. `finishIfDone` follows. */
  void remove(Environment& environment) { environments_.erase(&environment); }
  /** Ends the lifetime if its thread is ending and all its environments have ended. */
  void finishIfDone();
  /** Whether JavaScript can no longer run. */
  bool ending() const { return ending_; }

 private:
  explicit Lifetime(napi_env env) : env_(env) {}
  ~Lifetime() = default;
  static void end(napi_async_cleanup_hook_handle, void* self);

  napi_env env_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  std::set<Environment*> environments_;
  bool ending_ = false;
  /** Whether all environments have been told to close. */
  bool told_ = false;
};

}  // namespace zmq_native
