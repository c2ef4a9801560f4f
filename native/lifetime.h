// The life of one JavaScript environment (the main thread, or a worker): the Environments of all copies of the library
// that it has loaded, and its end. Used on that environment's thread.
#pragma once

#include <set>

#include "napi_setup.h"

namespace zmq_native {

class Environment;

/**
 * Node unloads an environment only after all of its sockets' polls are closed, so its end is waited for here, once,
 * however many copies of the library were loaded. The last lifetime of the process also waits for queued messages.
 */
class Lifetime {
 public:
  /** That of `env`, made by the first call. Null when the environment is ending or Node-API fails. */
  static Lifetime* of(napi_env env, bool hasPolls);

  void add(Environment& environment) { environments_.insert(&environment); }
  /** The environment has closed everything and is about to be deleted; `finishIfDone` comes next. */
  void remove(Environment& environment) { environments_.erase(&environment); }
  /** Ends once all environments have, if its thread is ending. */
  void finishIfDone();
  /** JavaScript cannot run any more. */
  bool ending() const { return ending_; }

 private:
  explicit Lifetime(napi_env env) : env_(env) {}
  ~Lifetime() = default;
  static void end(napi_async_cleanup_hook_handle, void* self);

  napi_env env_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  std::set<Environment*> environments_;
  bool ending_ = false;
  /** All environments have been told to close. */
  bool told_ = false;
};

}  // namespace zmq_native
