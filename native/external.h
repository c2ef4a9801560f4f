// External Buffers: ArrayBuffers over memory of native code. Used on the environment's thread.
#pragma once

#include <cstddef>
#include <memory>

#include "napi_setup.h"

namespace zmq_native {

/** The owner of the memory of an external Buffer. Deleted after `freed`. */
class External {
 public:
  virtual ~External() = default;
  External(const External&) = delete;
  External& operator=(const External&) = delete;

  /**
   * Creates a Buffer that owns `owner`. Null if that fails: then `freed` is not called, and the caller must not use
   * `owner` any more.
   */
  static napi_value create(napi_env env, void* data, size_t size, std::unique_ptr<External> owner);

 protected:
  External() = default;

 private:
  /**
   * Called in a later turn of the event loop after V8 has freed the ArrayBuffer's backing store, or while the thread
   * ends. Must not throw.
   */
  virtual void freed() = 0;
  static void finalize(napi_env env, void* data, void* owner);

  enum class State { kCreating, kFreedEarly, kAbandoned, kCreated };
  State state_ = State::kCreating;
};

}  // namespace zmq_native
