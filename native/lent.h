// The ArrayBuffers over frame memory that one copy of the library has created, and what becomes of the memory when
// their thread ends. Used on the environment's thread, except where noted.
//
// Node runs the finalizers of all external memory when a thread ends. By then, the program may have given the memory to
// another thread: Node's mark that forbids a transfer is lost when ArrayBuffer.prototype.transfer or a stream of bytes
// moves the memory to a new ArrayBuffer. To free it would let the other thread read freed memory. It is leaked instead.
//
// Node runs the finalizer of the newest external memory first. The library therefore keeps a guard: an external Buffer
// that is newer than all others. Its finalizer sees the other ArrayBuffers as the program has left them, before Node
// detaches them.
#pragma once

#include <cstdint>
#include <memory>

#include "external.h"

namespace zmq_native {

class FrameMemory;
class Lents;

/** The reference of an ArrayBuffer to frame memory. */
class Lent : public External {
 public:
  Lent(napi_env env, FrameMemory& memory, std::shared_ptr<Lents> all);
  ~Lent() override;

  /** On any thread that holds the lock of FrameMemory. */
  napi_env env() const { return env_; }

  /** Remembers the ArrayBuffer of the new Buffer. False if Node-API fails: the Buffer must not reach the program. */
  bool watch(napi_value buffer);

  /**
   * The ArrayBuffer is about to be detached and its memory sent. V8 stops counting the memory: the finalizer runs only
   * in a later turn of the event loop. Until then V8 would collect garbage to free memory that it does not have: in a
   * loop that forwards messages of 1 MiB, after every 140th message.
   */
  void give();

 private:
  friend class Lents;
  void freed() override;
  void count(int64_t bytes);
  /** Whether the program may have moved the memory to an ArrayBuffer of another thread. */
  bool mayBeMoved() const;

  const napi_env env_;
  FrameMemory* const memory_;
  const std::shared_ptr<Lents> all_;
  Lent* previous_ = nullptr;
  Lent* next_ = nullptr;
  /** A weak reference to the ArrayBuffer. */
  napi_ref buffer_ = nullptr;
  bool given_ = false;
  bool leaked_ = false;
  /** The bytes that V8 counts. */
  int64_t counted_ = 0;
};

class Lents {
 public:
  /** Without a guard on the main thread: it ends after all others. */
  Lents(napi_env env, bool guarded) : env_(env), guarded_(guarded) {}
  ~Lents() { setGuard(nullptr, nullptr); }
  Lents(const Lents&) = delete;
  Lents& operator=(const Lents&) = delete;

  /** Creates a guard that is newer than all ArrayBuffers so far. False if Node-API fails. */
  bool renewGuard();

 private:
  friend class Lent;
  class Guard;
  void setGuard(Guard* guard, napi_ref buffer);
  /** Leaks all memory that the program may have moved. */
  void threadEnds();

  const napi_env env_;
  const bool guarded_;
  Lent* first_ = nullptr;
  Guard* guard_ = nullptr;
  napi_ref guardBuffer_ = nullptr;
};

}  // namespace zmq_native
