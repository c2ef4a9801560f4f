// Memory of large frames that ArrayBuffers and messages use without a copy: received frames, and Buffers of `allocate`.
// Each user holds a reference, and the last one frees the memory. Any thread, except where noted.
#pragma once

#include <atomic>
#include <cstddef>

#include "lent.h"
#include "message.h"
#include "napi_setup.h"
#include "send_arena.h"

namespace zmq_native {

class Environment;

class FrameMemory {
 public:
  /**
   * Moves the memory of a large frame, which no other message shares, out of the frame. Returns it with one reference.
   * Null, and the frame keeps its memory, if there is no memory or an ArrayBuffer still uses the bytes: the caller
   * copies.
   */
  static FrameMemory* of(Message& frame);
  /**
   * The memory of these bytes, with one more reference. Null if they are not memory of this class. The caller's
   * ArrayBuffer has the bytes, so they cannot be freed meanwhile.
   */
  static FrameMemory* find(const void* data, size_t size);

  void* data() { return frame_.data(); }
  size_t size() { return frame_.size(); }
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release();

  /**
   * Makes the empty `message` one of this memory, whose bytes are added to `held` until libzmq or the receiver closes
   * it. False, and still empty, if memory runs out.
   */
  bool lendTo(Message& message, SendArena::Held& held);

  /**
   * Whether the memory was sent, but the ArrayBuffer could not be detached. From then on it is copied, since two
   * ArrayBuffers would have the same bytes. Node detaches each ArrayBuffer that `wrap` creates.
   */
  bool contested() const { return contested_; }
  void contest() { contested_ = true; }
  /**
   * The reference of the ArrayBuffer that was created last, if the thread of `env` has created it. Valid as long as
   * that ArrayBuffer is attached.
   */
  Lent* lentBy(napi_env env);

 private:
  friend class Lent;
  friend napi_value wrap(const Environment& environment, FrameMemory& memory);
  FrameMemory() = default;
  /** The reference is about to be deleted. */
  void forget(const Lent& lent);

  ~FrameMemory() = default;

  Message frame_;
  std::atomic<size_t> references_{1};
  std::atomic<bool> contested_{false};
  /**
   * The reference of the ArrayBuffer that was created last. Null if it was freed. Guarded by the lock of all memory,
   * since another thread may get the memory and free its reference.
   */
  Lent* lent_ = nullptr;
};

/**
 * Creates a Buffer over the memory, with a reference of its own until the garbage collector frees the ArrayBuffer. Null
 * if the runtime does not support it. On the environment's thread.
 */
napi_value wrap(const Environment& environment, FrameMemory& memory);

}  // namespace zmq_native
